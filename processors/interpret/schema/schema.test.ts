import { DeclarationError } from "datagraph";
import { describe, expect, test } from "vitest";
import {
  type Interpretation,
  type InterpreterDeclaration,
  properties,
  relationship,
  sourceNode,
  switchOn,
} from "../interpretations/declaration.ts";
import { path, value } from "../providers/provider.ts";
import { inferSchema, inferSchemaOf } from "./infer.ts";
import { mergeSchemas, overrideSchema, type SchemaOverrides } from "./merge.ts";
import { type GraphSchema, SchemaConflictError } from "./model.ts";

const person = sourceNode({
  nodeType: "Person",
  key: { id: path("id") },
  properties: { name: path("name"), age: path("age") },
  additionalIndexes: ["name", "mail"],
});
const worksAt = relationship({
  nodeType: "Company",
  relationshipType: "WORKS_AT",
  nodeKey: { id: path("employer.id") },
  nodeProperties: { name: path("employer.name") },
  relationshipKey: { since: path("since") },
  relationshipProperties: { role: path("role") },
});

const of = (...interpretations: readonly Interpretation[]) => inferSchema({ interpretations });

/** `Type(key!, indexed+, other:INTEGER)`, without the stamp, for tables. */
function short({ nodes, relationships, adjacencies }: GraphSchema): string[] {
  const all = [...nodes, ...relationships].map(({ name, properties: own }) => {
    const shown = own
      .filter((property) => property.name !== "last_ingested_at")
      .map(
        (one) => `${one.name}${one.isKey ? "!" : ""}${one.isIndexed ? "+" : ""}${one.type === "STRING" ? "" : `:${one.type}`}`,
      );
    return `${name}(${shown.join(", ")})`;
  });
  return [
    ...all,
    ...adjacencies.map(({ from, relationship: type, to, fromMany, toMany }) => `${from} ${fromMany} ${type} ${toMany} ${to}`),
  ];
}

describe("inferred", () => {
  test("whole, as plain data: relationships before their source node, stamps on everything", () => {
    const text = (name: string, isKey = false, isIndexed = false) => ({ name, type: "STRING", isKey, isIndexed });
    const stamp = { name: "last_ingested_at", type: "DATETIME", isKey: false, isIndexed: true };
    expect(of(person, worksAt)).toEqual({
      nodes: [
        { name: "Company", properties: [text("id", true), text("name"), stamp] },
        {
          name: "Person",
          properties: [text("id", true), text("name", false, true), text("age"), text("mail", false, true), stamp],
        },
      ],
      relationships: [{ name: "WORKS_AT", properties: [text("since", true), text("role"), stamp] }],
      adjacencies: [{ from: "Person", relationship: "WORKS_AT", to: "Company", fromMany: "MANY", toMany: "SINGLE" }],
    });
  });

  const knows = { nodeType: "Person", relationshipType: "KNOWS", nodeKey: { id: path("x") } };
  const cases: readonly [what: string, schema: () => GraphSchema, result: readonly string[]][] = [
    ["find many", () => of(person, relationship({ ...knows, findMany: true })), ["Person MANY KNOWS MANY Person"]],
    ["iterate on", () => of(person, relationship({ ...knows, iterateOn: path("x") })), ["Person MANY KNOWS MANY Person"]],
    [
      "cardinality as said",
      () => of(person, relationship({ ...knows, findMany: true, cardinality: "SINGLE" })),
      ["Person MANY KNOWS SINGLE Person"],
    ],
    ["inbound", () => of(person, relationship({ ...knows, nodeType: "Dog", outbound: false })), ["Dog SINGLE KNOWS MANY Person"]],
  ];
  test.each(cases)("ends: %s", (_, schema, result) => {
    expect(short(schema()).filter((line) => line.includes(" KNOWS "))).toEqual(result);
  });

  test("additional types, where they count: keys, properties, relationships", () => {
    const player = sourceNode({ nodeType: "Player", key: { id: path("id") }, additionalTypes: ["Person", "Athlete", "Player"] });
    const plays = relationship({
      ...{
        nodeType: "Team",
        relationshipType: "PLAYS_FOR",
        nodeKey: { name: path("team") },
        nodeProperties: { city: path("city") },
      },
      nodeAdditionalTypes: ["Club"],
    });
    const fan = relationship({ nodeType: "Fan", relationshipType: "CHEERS", nodeKey: { id: path("fan") }, outbound: false });
    const dynamic = relationship({ ...knows, nodeType: path("type"), nodeAdditionalTypes: ["Unseen"] });
    const declaration = { interpretations: [player, plays, fan, dynamic, properties({ size: path("size") })] };
    expect(short(inferSchemaOf([declaration], { additionalTypes: true }))).toEqual([
      ...["Team(name!, city)", "Club(name!, city)", "Fan(id!)"],
      ...["Player(id!, size)", "Person(id!, size)", "Athlete(id!, size)", "PLAYS_FOR()", "CHEERS()", "KNOWS()"],
      ...["Player", "Person", "Athlete"].flatMap((one) =>
        ["Team", "Club"].map((other) => `${one} MANY PLAYS_FOR SINGLE ${other}`),
      ),
      ...["Player", "Person", "Athlete"].map((one) => `Fan SINGLE CHEERS MANY ${one}`),
    ]);
    expect(short(inferSchemaOf([declaration]))).toEqual(short(inferSchema(declaration)));
    expect(short(inferSchema(declaration)).filter((line) => /Person|Athlete|Club/.test(line))).toEqual([]);
    const person = sourceNode({ nodeType: "Person", key: { mail: path("mail") } });
    expect(() => inferSchemaOf([declaration, { interpretations: [person] }], { additionalTypes: true })).toThrow(
      'The key of node type "Person" is declared as (id) and as (mail).',
    );
  });

  test("what is only looked for has no key here", () => {
    const looked = relationship({ ...knows, nodeType: "Team", nodeKey: { mail: path("x") }, nodeCreationRule: "MATCH_ONLY" });
    expect(short(of(person, looked))[0]).toBe("Team(mail)");
    const team = sourceNode({ nodeType: "Team", key: { id: path("id") } });
    expect(short(inferSchema({ interpretations: [person, looked] }, { interpretations: [team] }))[0]).toBe("Team(mail, id!)");
    expect(short(of(sourceNode({ nodeType: "Team", key: { mail: 1 }, allowCreate: false })))).toEqual(["Team(mail)"]);
  });

  test("properties, branches and what runs before belong to the source node's type", () => {
    const declaration: InterpreterDeclaration = {
      beforeIteration: [person],
      interpretations: [
        [switchOn(path("k"), { a: [properties({ a: 1 })], b: relationship(knows) }, { default: properties({ c: 1 }) })],
        [sourceNode({ nodeType: "Other", key: { id: 1 } })],
      ],
    };
    expect(short(inferSchema(declaration))).toEqual([
      "Person(id!, name+, age, mail+, a, c)",
      "Other(id!)",
      "KNOWS()",
      "Person MANY KNOWS SINGLE Person",
    ]);
  });

  test("what only records know is left out", () => {
    const dynamic = sourceNode({ nodeType: path("type"), key: { id: 1 } });
    const provided = sourceNode({ nodeType: value("Fixed"), key: path("key"), properties: path("all") });
    expect(short(of(dynamic, relationship({ ...knows, relationshipType: path("t"), nodeProperties: path("p") })))).toEqual([
      "Person(id!)",
    ]);
    expect(short(of(provided))).toEqual(["Fixed()"]);
  });

  test("declarations that disagree on keys are refused", () => {
    const other = sourceNode({ nodeType: "Person", key: { mail: path("mail") } });
    for (const both of [
      () => of(person, other),
      () => inferSchema({ interpretations: [person] }, { interpretations: [other] }),
    ]) {
      expect(both).toThrow(SchemaConflictError);
      expect(both).toThrow('The key of node type "Person" is declared as (id) and as (mail).');
    }
    const again = relationship({
      nodeType: "Company",
      relationshipType: "WORKS_AT",
      nodeKey: { id: 1 },
      relationshipKey: { at: 1 },
    });
    expect(() => of(person, worksAt, again)).toThrow(
      'The key of relationship type "WORKS_AT" is declared as (since) and as (at).',
    );
    const sameParts = (key: Record<string, number>) => ({ interpretations: [sourceNode({ nodeType: "T", key })] });
    expect(short(inferSchema(sameParts({ a: 1, b: 1 }), sameParts({ b: 1, a: 1 })))).toEqual(["T(a!, b!)"]);
  });

  test("names that prototypes have", () => {
    const schema = of(sourceNode({ nodeType: "__proto__", key: { constructor: 1 }, properties: JSON.parse('{"__proto__":1}') }));
    expect(short(schema)).toEqual(["__proto__(constructor!, __proto__)"]);
  });
});

describe("merged", () => {
  test("in the order of first sight; MANY where any says so", () => {
    const many = relationship({ nodeType: "Company", relationshipType: "WORKS_AT", nodeKey: { id: 1 }, findMany: true });
    const merged = mergeSchemas(
      of(person, worksAt),
      of(sourceNode({ nodeType: "Person", key: { id: 1 }, properties: { more: 1 } }), many),
    );
    expect(short(merged)).toEqual([
      "Company(id!, name)",
      "Person(id!, name+, age, mail+, more)",
      "WORKS_AT(since!, role)",
      "Person MANY WORKS_AT MANY Company",
    ]);
  });

  test("with itself it is itself, and nothing with nothing", () => {
    const schema = of(person, worksAt);
    expect(mergeSchemas(schema, schema)).toEqual(schema);
    expect(mergeSchemas()).toEqual({ nodes: [], relationships: [], adjacencies: [] });
  });
});

describe("overridden", () => {
  const schema = of(person, worksAt);

  test("what is mentioned changes, what is not there is added", () => {
    const overrides: SchemaOverrides = {
      nodes: [
        {
          name: "Person",
          properties: { age: { type: "INTEGER" }, name: { isIndexed: false }, tags: { type: "LIST_OF_STRINGS" } },
        },
        { name: "New", properties: { id: { isKey: true } } },
      ],
      relationships: [{ name: "WORKS_AT", properties: { since: { type: "DATETIME", isKey: false } } }],
      cardinalities: [
        { from: "Person", relationship: "WORKS_AT", to: "Company", toMany: "MANY" },
        { from: "New", relationship: "R", to: "New", fromMany: "SINGLE" },
      ],
    };
    expect(short(overrideSchema(schema, overrides))).toEqual([
      "Company(id!, name)",
      "Person(id!, name, age:INTEGER, mail+, tags:LIST_OF_STRINGS)",
      "New(id!)",
      "WORKS_AT(since:DATETIME, role)",
      "Person MANY WORKS_AT MANY Company",
      "New SINGLE R MANY New",
    ]);
    expect(short(schema)[1]).toBe("Person(id!, name+, age, mail+)");
  });

  test.each<[unknown, RegExp]>([
    [{ node: [] }, /^overrides: unknown key "node"/],
    [{ nodes: [{}] }, /^overrides\.nodes\[0\]\.name/],
    [
      { nodes: [{ name: "P", properties: { age: { type: "INT" } } }] },
      /^overrides\.nodes\[0\]\.properties\.age\.type: expected one of STRING/,
    ],
    [{ cardinalities: [{ from: "A", relationship: "R", to: "B", toMany: 2 }] }, /^overrides\.cardinalities\[0\]\.toMany/],
  ])("%# is refused with its place", (overrides, message) => {
    expect(() => overrideSchema(schema, overrides as SchemaOverrides)).toThrow(DeclarationError);
    expect(() => overrideSchema(schema, overrides as SchemaOverrides)).toThrow(message);
  });
});
