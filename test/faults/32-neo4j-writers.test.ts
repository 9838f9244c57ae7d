import { writeBatch } from "datagraph/graph";
import { describe, expect, test } from "vitest";
import { fresh } from "../support/fresh.ts";
import { askNeo4j, context, node, openNeo4j, relationship, writeNodes, writeRelationships } from "../support/neo4j/graph.ts";
import { sharedNeo4j } from "../support/neo4j.ts";
import { fc } from "../support/random.ts";

const address = await sharedNeo4j();
const nodes = 100;
const writers = 8;
const links = 300;
const rounds = 5;

describe.each([true, false])("eight writers on 100 shared nodes, with APOC: %s", (useApoc) => {
  test("give exact counts: what deadlocks is tried again", async () => {
    const [Item, LINK] = [fresh("Item"), fresh("LINK")];
    const items = Array.from({ length: nodes }, (_, id) => node(Item, { id }));
    const numbers = fc.sample(fc.nat(nodes - 1), 2 * links * writers * rounds);
    const pick = () => items[numbers.pop() ?? 0] ?? never();
    const expected = new Set<string>();
    let retries = 0;

    const connections = await Promise.all(
      Array.from({ length: writers }, () => openNeo4j(address, { useApoc, onRetry: () => void retries++ })),
    );
    await Promise.all(
      connections.map(async (connection, writer) => {
        for (let round = 0; round < rounds; round++) {
          // Everyone writes all nodes, and links some of them, of which others write the same.
          await writeNodes(
            connection,
            items.map(({ node: { key } }) => node(Item, key, { [`w${writer}`]: round })),
          );
          const chosen = new Map(
            Array.from({ length: links }, () => [pick(), pick()] as const).map(([from, to]) => [
              `${from.node.key.id}>${to.node.key.id}`,
              { from, to },
            ]),
          );
          for (const link of chosen.keys()) expected.add(link);
          await writeRelationships(
            connection,
            [...chosen.values()].map(({ from, to }) => relationship(from, LINK, to, { [`w${writer}`]: round })),
          );
        }
      }),
    );

    expect(await askNeo4j(address, `MATCH (n:\`${Item}\`) RETURN count(n) AS count, min(size(keys(n))) AS least`)).toEqual([
      { count: nodes, least: 2 + writers },
    ]);
    const found = await askNeo4j(address, `MATCH (a)-[r:\`${LINK}\`]->(b) RETURN toString(a.id) + '>' + toString(b.id) AS link`);
    expect(found).toHaveLength(expected.size);
    expect(new Set(found.map(({ link }) => link))).toEqual(expected);
    // Else this test has not shown what it is for.
    expect(retries).toBeGreaterThan(0);
  }, 120_000);
});

test("writers at the same time that write their nodes in parts give exact counts", async () => {
  const [Item, Shelf, ON] = [fresh("Item"), fresh("Shelf"), fresh("ON")];
  const shelves = Array.from({ length: 30 }, (_, id) => node(Shelf, { id }));
  const items = Array.from({ length: 1100 }, (_, id) => node(Item, { id }, { size: id % 7 }));
  const connections = await Promise.all(Array.from({ length: 4 }, () => openNeo4j(address)));
  const refused = await Promise.all(
    connections.map(async (connection, writer) => {
      const ingestions = fc
        .sample(fc.shuffledSubarray(items, { minLength: items.length }), 1)
        .flat()
        .map((item) => ({
          nodes: [{ ...item, node: { ...item.node, properties: { ...item.node.properties, [`w${writer}`]: writer } } }],
          relationships: [relationship(item, ON, shelves[Number(item.node.key.id) % shelves.length] ?? never())],
          hooks: [],
        }));
      const { refused } = await writeBatch(ingestions, { connection, context: context(), flushLanes: 4 });
      return refused.size;
    }),
  );
  expect(refused).toEqual(connections.map(() => 0));
  const counts = `MATCH (n:\`${Item}\`) RETURN count(n) AS count, count(DISTINCT n.id) AS ids, min(size(keys(n))) AS least`;
  expect(await askNeo4j(address, counts)).toEqual([{ count: items.length, ids: items.length, least: 3 + connections.length }]);
  expect(await askNeo4j(address, `MATCH ()-[r:\`${ON}\`]->() RETURN count(r) AS count`)).toEqual([{ count: items.length }]);
}, 120_000);

function never(): never {
  throw new Error("There is a node for every number");
}
