import { afterAll, expect, test, vi } from "vitest";
import { fresh } from "../../test/support/fresh.ts";
import { allOf, context, node, openNeo4j, writeNodes } from "../../test/support/neo4j/graph.ts";
import { Neo4jServer } from "../../test/support/neo4j.ts";

// Without APOC, to see that nothing needs it.
const server = await Neo4jServer.start({ apoc: false });
afterAll(() => server.stop());

test("works without APOC, and says so to who insists on it", async () => {
  const Item = fresh("Item");
  const connection = await openNeo4j(server);
  await writeNodes(connection, [node(Item, { id: 1 })]);
  expect(await allOf(connection.types.nodes({ type: Item, keys: ["id"] }))).toHaveLength(1);
  await expect(openNeo4j(server, { useApoc: true })).rejects.toThrow(/has no APOC procedures.*Install APOC/);
});

test("a write waits for a server that is away, and is made once", async () => {
  const Item = fresh("Item");
  const onRetry = vi.fn();
  const connection = await openNeo4j(server, { retryMs: 60_000, onRetry });
  await writeNodes(connection, [node(Item, { id: 0 })]);
  await server.kill();
  const writing = writeNodes(
    connection,
    Array.from({ length: 10 }, (_, id) => node(Item, { id })),
  );
  await vi.waitFor(() => expect(onRetry).toHaveBeenCalled(), { timeout: 10_000 });
  await server.restart();
  expect(await writing).toMatchObject({ nodesCreated: 9 });
  expect(await allOf(connection.types.nodes({ type: Item, keys: ["id"] }))).toHaveLength(10);
}, 120_000);

test("gives up when it stays away, or at once when the signal says so", async () => {
  const connection = await openNeo4j(server, { retryMs: 300 });
  const Item = fresh("Item");
  await writeNodes(connection, [node(Item, { id: 0 })]);
  const patient = await openNeo4j(server, { retryMs: 600_000 });
  await writeNodes(patient, [node(Item, { id: 0 })]);
  await server.kill();
  await expect(writeNodes(connection, [node(Item, { id: 1 })])).rejects.toMatchObject({
    code: "GRAPH_WRITE",
    kind: "database",
    message: expect.stringContaining("cannot be reached"),
    cause: { name: "Neo4jError" },
  });
  const controller = new AbortController();
  const waiting = writeNodes(patient, [node(Item, { id: 1 })], context({ signal: controller.signal }));
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
}, 60_000);

test("a database that is read only says so, and can be read", async () => {
  const Item = fresh("Item");
  await server.restart();
  await writeNodes(await openNeo4j(server), [node(Item, { id: 1 })]);
  await server.restart({ "server.databases.read_only": "neo4j" });
  const connection = await openNeo4j(server);
  await expect(writeNodes(connection, [node(Item, { id: 2 })])).rejects.toMatchObject({
    code: "GRAPH_WRITE",
    kind: "database",
    message: expect.stringContaining("is read only"),
    cause: { name: "Neo4jError" },
  });
  expect(await allOf(connection.types.nodes({ type: Item, keys: ["id"] }))).toHaveLength(1);
}, 120_000);
