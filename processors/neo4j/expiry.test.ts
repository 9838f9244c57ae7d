import { expect, test } from "vitest";
import { fresh } from "../../test/support/fresh.ts";
import {
  allOf,
  askNeo4j,
  context,
  node,
  openNeo4j,
  relationship,
  writeNodes,
  writeRelationships,
} from "../../test/support/neo4j/graph.ts";
import { sharedNeo4j } from "../../test/support/neo4j.ts";

const address = await sharedNeo4j();
const now = new Date("2026-01-10T00:00:00Z");
const before = (hours: number) => context({ now: new Date(now.getTime() - hours * 3_600_000) });

async function scene() {
  const connection = await openNeo4j(address);
  const [Item, LINK] = [fresh("Item"), fresh("LINK")];
  const old = Array.from({ length: 25 }, (_, id) => node(Item, { id }));
  const young = [node(Item, { id: 100 }), node(Item, { id: 101 })];
  const unstamped = [node(Item, { id: 200 }, {}, { stamp: false })];
  await writeNodes(connection, old, before(48));
  await writeNodes(connection, young, before(1));
  await writeNodes(connection, unstamped, before(48));
  const links = old.slice(1).map((item) => relationship(item, LINK, old[0] ?? item));
  await writeRelationships(connection, links, before(48));
  await writeRelationships(connection, [relationship(young[0] as never, LINK, young[1] as never)], before(1));
  const ids = async () =>
    (await allOf(connection.types.nodes({ type: Item, keys: ["id"] }))).map(({ key }) => Number(key.id)).sort((a, b) => a - b);
  return { connection, Item, LINK, ids };
}

test("deletes old nodes with their relationships, so many at a time; what was never stamped stays", async () => {
  const { connection, Item, ids } = await scene();
  const done = await connection.queries.expire({ on: "node", type: Item, expiryHours: 24, batchSize: 10 }, context({ now }));
  expect(done).toMatchObject({ nodesDeleted: 25, relationshipsDeleted: 24 });
  expect(await ids()).toEqual([100, 101, 200]);
  expect(await connection.queries.expire({ on: "node", type: Item, expiryHours: 24 }, context({ now }))).toMatchObject({
    nodesDeleted: 0,
  });
});

test("deletes old relationships and no nodes", async () => {
  const { connection, LINK, ids } = await scene();
  const done = await connection.queries.expire(
    { on: "relationship", type: LINK, expiryHours: 24, batchSize: 24 },
    context({ now }),
  );
  expect(done).toMatchObject({ nodesDeleted: 0, relationshipsDeleted: 24 });
  expect(await ids()).toHaveLength(28);
  expect(await askNeo4j(address, `MATCH ()-[r:\`${LINK}\`]->() RETURN count(r) AS n`)).toEqual([{ n: 1 }]);
});

test.each(["id(n)", "elementId(n)"])("takes a query of one's own that returns %s", async (id) => {
  const { connection, Item, ids } = await scene();
  const customQuery = `MATCH (n:\`${Item}\`) WHERE n.last_ingested_at <= $earliest_allowed_time AND n.id > 5 RETURN ${id} AS id`;
  const without = connection.queries.expire(
    { on: "node", type: Item, expiryHours: 24, customQuery: customQuery.replace("AS id", "AS x") },
    context({ now }),
  );
  await expect(without).rejects.toThrow(/must return a column "id".*found the columns x/);
  const done = await connection.queries.expire(
    { on: "node", type: Item, expiryHours: 24, batchSize: 4, customQuery },
    context({ now }),
  );
  expect(done).toMatchObject({ nodesDeleted: 19 });
  expect(await ids()).toEqual([0, 1, 2, 3, 4, 5, 100, 101, 200]);
});
