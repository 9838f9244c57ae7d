import { describe, expect, test } from "vitest";
import { knows, person, run, shortAll } from "../../test/support/ingestions.ts";
import { fc } from "../../test/support/random.ts";
import { type InterpreterDeclaration, properties, relationship, sourceNode, variables } from "./interpretations/declaration.ts";
import { interpreter } from "./interpreter.ts";
import { cast, path, variable } from "./providers/provider.ts";

describe("passes and iterations", () => {
  test("each pass has an ingestion of its own, from a copy of the state", () => {
    const declaration: InterpreterDeclaration = {
      beforeIteration: [variables({ v: path("v") })],
      interpretations: [
        [variables({ w: 1 }), person({ properties: { v: variable("v"), w: variable("w") } })],
        [sourceNode({ nodeType: "Second", key: { id: path("id") }, properties: { v: variable("v"), w: variable("w") } })],
        [person({ key: { id: path("none") } })],
      ],
    };
    expect(run(declaration, { id: 1, v: "V" }).map(shortAll)).toEqual([
      ['Person{id:1}{v:"V",w:1}'],
      ['Second{id:1}{v:"V",w:null}'],
    ]);
  });

  test("iterateOn: the document is each value; what ran before is kept, in copies", () => {
    const declaration: InterpreterDeclaration = {
      beforeIteration: [
        variables({ team: path("team") }),
        relationship({ nodeType: "T", relationshipType: "IN", nodeKey: { id: path("team") } }),
      ],
      iterateOn: path("members"),
      interpretations: [person({ properties: { team: variable("team") } }), knows()],
    };
    const record = { team: "x", members: [{ id: 1, friend: 2 }, { nobody: 1 }, { id: 3 }] };
    expect(run(declaration, record).map(shortAll)).toEqual([
      ['Person{id:1}{team:"x"}', 'Person{id:1}{team:"x"}-IN->T{id:"x"}', 'Person{id:1}{team:"x"}-KNOWS->Person{id:2}'],
      ['Person{id:3}{team:"x"}', 'Person{id:3}{team:"x"}-IN->T{id:"x"}'],
    ]);
  });

  test("a source node of before belongs to every pass and value", () => {
    const declaration: InterpreterDeclaration = {
      beforeIteration: [person()],
      iterateOn: path("items"),
      interpretations: [[knows({ nodeKey: { id: path("n") } })], [properties({ n: path("n") })]],
    };
    expect(run(declaration, { id: 1, items: [{ n: 2 }, { n: 3 }] }).map(shortAll)).toEqual([
      ["Person{id:1}", "Person{id:1}-KNOWS->Person{id:2}"],
      ["Person{id:1}{n:2}"],
      ["Person{id:1}", "Person{id:1}-KNOWS->Person{id:3}"],
      ["Person{id:1}{n:3}"],
    ]);
  });

  test("passes before the iteration multiply it", () => {
    const declaration: InterpreterDeclaration = {
      beforeIteration: [[variables({ v: 1 })], [variables({ v: 2 })]],
      interpretations: [person({ properties: { v: variable("v") } })],
    };
    expect(run(declaration, { id: 1 }).flatMap(shortAll)).toEqual(["Person{id:1}{v:1}", "Person{id:1}{v:2}"]);
  });

  test("a record that is a list, and one that is none", () => {
    const declaration: InterpreterDeclaration = { iterateOn: path("[*]"), interpretations: [person()] };
    expect(run(declaration, [{ id: 1 }, { id: 2 }]).flatMap(shortAll)).toEqual(["Person{id:1}", "Person{id:2}"]);
    for (const record of [null, undefined, "text", 5, []]) expect(run(declaration, record)).toEqual([]);
  });
});

test("what is made does not depend on how the declaration came about: functions or plain data", () => {
  const functions = [person({ properties: { p: cast("int", path("p")) } }), knows({ findMany: true })];
  const record = { id: "A", p: "5", friend: ["x", "y"] };
  expect(run(JSON.parse(JSON.stringify(functions)), record)).toEqual(run(functions, record));
});

test("beside a plain reference, record by record", () => {
  const interpret = interpreter({
    interpretations: [
      person({ key: { id: path("id"), in: path("at.city") }, properties: { age: path("age"), tags: path("[tags]") } }),
      knows({ findMany: true, nodeKey: { id: path("friends[].id") }, nodeProperties: { age: path("age") } }),
    ],
  });
  const textual = fc.oneof(fc.string(), fc.constantFrom("A", "İ", "ΑΣ", " "));
  const key = fc.oneof(textual, fc.integer(), fc.boolean(), fc.constant(null));
  const records = fc.record(
    {
      id: key,
      at: fc.option(fc.record({ city: key })),
      age: key,
      tags: fc.array(textual),
      friends: fc.array(fc.record({ id: key })),
    },
    { requiredKeys: ["tags"] },
  );
  const lower = (one: unknown) => (typeof one === "string" ? one.toLowerCase() : one);
  fc.assert(
    fc.property(records, (record) => {
      const made = interpret(record);
      const [id, city] = [lower(record.id ?? null), lower(record.at?.city ?? null)];
      if (id === null || city === null) {
        expect(made).toEqual([]);
        return;
      }
      const friends = (record.friends ?? []).map((friend) => lower(friend.id)).filter((friend) => friend !== null);
      expect(made).toHaveLength(1);
      expect(made[0]?.nodes[0]?.node).toStrictEqual({
        type: "Person",
        key: { id, in: city },
        properties: { age: record.age ?? null, tags: record.tags },
        additionalTypes: [],
      });
      expect(made[0]?.relationships.map(({ to }) => to.node.key.id)).toStrictEqual(friends);
      expect(
        made[0]?.relationships.every(
          ({ from, to }) => from === made[0]?.nodes[0] && to.node.properties.age === (record.age ?? null),
        ),
      ).toBe(true);
    }),
  );
});
