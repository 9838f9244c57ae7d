import { describe, expect, test } from "vitest";
import { type Interpretation, relationship, sourceNode } from "../interpretations/declaration.ts";
import { path } from "../providers/provider.ts";
import { inferSchema } from "./infer.ts";
import { mergeSchemas, overrideSchema } from "./merge.ts";
import { renderSchema, type SchemaFormat } from "./render.ts";

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

describe("written", () => {
  const schema = overrideSchema(of(person, worksAt), { nodes: [{ name: "Person", properties: { age: { type: "INTEGER" } } }] });

  test("plain", () => {
    expect(renderSchema(schema)).toMatchInlineSnapshot(`
      "Node Company
        id: STRING, key
        name: STRING
        last_ingested_at: DATETIME, indexed

      Node Person
        id: STRING, key
        name: STRING, indexed
        age: INTEGER
        mail: STRING, indexed
        last_ingested_at: DATETIME, indexed

      Relationship WORKS_AT
        since: STRING, key
        role: STRING
        last_ingested_at: DATETIME, indexed

      many Person WORKS_AT one Company"
    `);
  });
  test("graphql", () => {
    expect(renderSchema(schema, "graphql")).toMatchInlineSnapshot(`
      "type Company @node {
        id: String!
        name: String
        last_ingested_at: DateTime
        WORKS_AT_from_Person: [Person!]! @relationship(type: "WORKS_AT", direction: IN, properties: "WORKS_AT_Properties")
      }

      type Person @node {
        id: String!
        name: String
        age: BigInt
        mail: String
        last_ingested_at: DateTime
        WORKS_AT_to_Company: Company @relationship(type: "WORKS_AT", direction: OUT, properties: "WORKS_AT_Properties")
      }

      type WORKS_AT_Properties @relationshipProperties {
        since: String!
        role: String
        last_ingested_at: DateTime
      }"
    `);
  });
  test("cypheresque", () => {
    expect(renderSchema(schema, "cypheresque")).toMatchInlineSnapshot(`
      "(:Company {id: STRING KEY, name: STRING, last_ingested_at: DATETIME})
      (:Person {id: STRING KEY, name: STRING, age: INTEGER, mail: STRING, last_ingested_at: DATETIME})
      (:Person)-[:WORKS_AT {since: STRING KEY, role: STRING, last_ingested_at: DATETIME}]->(:Company)"
    `);
  });
  test("mermaid", () => {
    expect(renderSchema(schema, "mermaid")).toMatchInlineSnapshot(`
      "erDiagram
        n0["Company"] {
          STRING id PK
          STRING name
          DATETIME last_ingested_at
        }
        n1["Person"] {
          STRING id PK
          STRING name
          INTEGER age
          STRING mail
          DATETIME last_ingested_at
        }
        n1 }o--o| n0 : "WORKS_AT""
    `);
  });
  test("json", () => {
    expect(JSON.parse(renderSchema(schema, "json"))).toEqual(schema);
  });
  test("a format that is not there is refused", () => {
    expect(() => renderSchema(schema, "toString" as SchemaFormat)).toThrow(
      /plain, graphql, cypheresque, mermaid, json; found "toString"/,
    );
  });

  const hostile = 'a"`}\n]-->(x) #; <b> \\';
  const other = "a_x22_`";
  const named = of(
    sourceNode({ nodeType: hostile, key: { [hostile]: 1 }, properties: { [other]: 1, "1st": 1, __x: 1 } }),
    relationship({ nodeType: other, relationshipType: hostile, nodeKey: { id: 1 }, relationshipProperties: { [hostile]: 1 } }),
  );

  test("names cannot break out", () => {
    expect(
      renderSchema(named, "plain")
        .split("\n")
        .filter((line) => line.startsWith("Node ")),
    ).toEqual([`Node ${JSON.stringify(other)}`, `Node ${JSON.stringify(hostile)}`]);
    const cypher = renderSchema(named, "cypheresque");
    expect(cypher.split("\n")).toHaveLength(3);
    expect(cypher.replaceAll(/`(?:[^`]|``)*`/g, "N").replaceAll(/[\w: ,{}]/g, "")).toBe("()\n()\n()-[]->()");
    const mermaid = renderSchema(named, "mermaid").split("\n");
    expect(
      mermaid.every((line) =>
        /^(erDiagram| {2}}| {2}n\d\["[^"]*"\] \{| {4}[A-Z]+ [A-Za-z]\w*( PK)?( "[^"]*")?| {2}n\d \S+ n\d : "[^"]*")$/.test(line),
      ),
    ).toBe(true);
    const graphql = renderSchema(named, "graphql").replaceAll(/"(?:[^"\\]|\\.)*"/g, "T");
    expect(
      graphql
        .split("\n")
        .every((line) =>
          /^(T|}|type \w+ @\w+(\(labels: \[T\]\))? \{| {2}[_A-Za-z]\w*: [[\]\w!]+( @\w+\([\w:, T]*\))?|)$/.test(line),
        ),
    ).toBe(true);
    expect(graphql).not.toMatch(/^ {2}__/m);
  });

  test("types do not take GraphQL's own names", () => {
    const types = ["String", "Query", "DateTime"].map((nodeType) => sourceNode({ nodeType, key: { id: 1 } }));
    expect(renderSchema(of(...types), "graphql").match(/^type .*/gm)).toEqual([
      'type String_ @node(labels: ["String"]) {',
      'type Query_ @node(labels: ["Query"]) {',
      'type DateTime_ @node(labels: ["DateTime"]) {',
    ]);
  });

  test("different names stay different in GraphQL", () => {
    const both = of(sourceNode({ nodeType: "T", key: { 'a"': 1, a_x22_: 1 } }));
    const fields = [...renderSchema(both, "graphql").matchAll(/^ {2}(\w+):/gm)].map(([, field]) => field);
    expect(new Set(fields).size).toBe(fields.length);
  });

  test.each(["plain", "graphql", "cypheresque", "mermaid", "json"] as const)("an empty schema as %s", (format) => {
    expect(renderSchema(mergeSchemas(), format)).toBe(
      { plain: "", graphql: "", cypheresque: "", mermaid: "erDiagram", json: JSON.stringify(mergeSchemas(), undefined, 2) }[
        format
      ],
    );
  });
});
