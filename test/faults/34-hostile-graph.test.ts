import { type GraphNode, type NodeOperation, nodeIdentity } from "datagraph/graph";
import { cypherQuery } from "datagraph/neo4j";
import { describe, expect, test } from "vitest";
import { fresh } from "../support/fresh.ts";
import { allOf, askNeo4j, node, openNeo4j, relationship, writeNodes, writeRelationships } from "../support/neo4j/graph.ts";
import { sharedNeo4j } from "../support/neo4j.ts";
import { fc } from "../support/random.ts";

const address = await sharedNeo4j();

/** Names that would end a quotation, a pattern or a statement, if anything here put them into one as they are. */
const hostile = [
  "a`b",
  "``",
  "\\",
  "a\\`b",
  "\\u0060",
  "\\\\u0060",
  "\\\\\\u0060x",
  "\\u005Cu0060",
  "\\uu0060",
  "\\u",
  "x`) DETACH DELETE n //",
  "x`}) MATCH (m) SET m.owned = true WITH m MATCH (n:`x",
  "\\u0060) MATCH (m) SET m.owned = true //",
  "'; MATCH (m) DETACH DELETE m; //",
  '" OR 1=1 //',
  "$rows",
  "row.key",
  "/* */",
  "a b\tc\nd\r\u2028",
  "😀 ü ﬀ 漢字",
  "__proto__",
  "constructor",
  "x".repeat(1000),
];

describe.each([true, false])("hostile names and values, with APOC: %s", (useApoc) => {
  test("as labels, types, keys and values give exactly the expected graph", async () => {
    const connection = await openNeo4j(address, { useApoc });
    const mark = fresh("mark");
    const bystander = fresh("Bystander");
    await writeNodes(connection, [node(bystander, { id: 1 }, {}, { stamp: false })]);

    for (const name of hostile) {
      // Names of their own, so that tests beside this one do not meet in them.
      const [label, extra, type] = [`${name}${fresh("L")}`, `${name}${fresh("X")}`, `${name}${fresh("R")}`];
      const key = JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(name)}}`);
      const properties = { [`p${name}`]: name, mark };
      const made = node(label, key, properties, { stamp: false });
      const operation: NodeOperation = { ...made, node: { ...made.node, additionalTypes: [extra] } };
      await writeNodes(connection, [operation]);
      await writeNodes(connection, [operation]);
      const link = relationship(operation, type, operation, properties, { key, stamp: false });
      await writeRelationships(connection, [link]);
      await writeRelationships(connection, [link]);

      const found = await allOf(connection.types.nodes({ type: label, keys: [name] }));
      expect(found.map(plain)).toEqual([plain({ type: label, key, properties, additionalTypes: [extra] })]);
      const of = { type: label, keys: [name] };
      const links = await allOf(connection.types.relationships({ type, keys: [name], from: of, to: of }));
      expect(links.map(({ relationship }) => plain(relationship))).toEqual([plain(link.relationship)]);
      expect(links.map(({ from, to }) => [nodeIdentity(from), nodeIdentity(to)])).toEqual([
        [nodeIdentity(made.node), nodeIdentity(made.node)],
      ]);
      expect(
        await connection.queries.expire(
          { on: "node", type: label, expiryHours: 1 },
          { now: new Date(), signal: AbortSignal.timeout(10_000) },
        ),
      ).toMatchObject({ nodesDeleted: 0 });
    }

    expect(await askNeo4j(address, "MATCH (n {mark: $mark}) RETURN count(n) AS n", { mark })).toEqual([{ n: hostile.length }]);
    expect(await allOf(connection.types.nodes({ type: bystander, keys: ["id"] }))).toMatchObject([
      { key: { id: 1 }, properties: {} },
    ]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  }, 60_000);
});

test("any name comes back as it was written", async () => {
  const connection = await openNeo4j(address, { ensureKeys: false, onWarning: () => {} });
  const marker = fresh("Any");
  const name = fc.string({ unit: fc.constantFrom("\\", "`", "u", "0060", "005C", "'", "x"), minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(name, async (text) => {
      const operation = node(marker, { id: text }, { [`k${text}`]: text }, { stamp: false });
      await writeNodes(connection, [{ ...operation, node: { ...operation.node, additionalTypes: [`${marker}${text}`] } }]);
      const query = `MATCH (n:\`${marker}\` {id: $id}) RETURN labels(n) AS labels, n`;
      for await (const row of cypherQuery({ ...address, query, parameters: { id: text } })) {
        expect(row).toEqual({ labels: [marker, `${marker}${text}`], n: { id: text, [`k${text}`]: text } });
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

/** With maps as entries: `__proto__` is a name like any other. */
function plain(thing: Pick<GraphNode, "type" | "key" | "properties"> & Partial<GraphNode>): unknown {
  return { ...thing, key: Object.entries(thing.key), properties: Object.entries(thing.properties).sort() };
}
