import { Flow, Supervisor } from "datagraph";
import { type DesiredIngestion, graphWriter } from "datagraph/graph";
import type { Neo4jOptions } from "datagraph/neo4j";
import { afterAll, expect, inject, onTestFinished, test } from "vitest";
import { fresh } from "../support/fresh.ts";
import { askNeo4j, node } from "../support/neo4j/graph.ts";
import { Neo4jServer } from "../support/neo4j.ts";

const server = await Neo4jServer.start({ apoc: false });
afterAll(() => server.stop());

test("a constraint that forbids what is to be written ends the run; what it says was written is there, and nothing else", async () => {
  const Account = fresh("Account");
  await askNeo4j(server, `CREATE CONSTRAINT FOR (a:\`${Account}\`) REQUIRE a.email IS UNIQUE`);
  const records = accounts(Account, 100, (i) => `${i === 44 ? 3 : i}@example.org`);
  const { written, failure, letters } = await ingest(records);
  expect(failure).toMatchObject({
    code: "GRAPH_WRITE",
    message: expect.stringContaining("has a constraint that forbids this"),
    cause: { code: "Neo.ClientError.Schema.ConstraintValidationFailed", message: expect.stringContaining("already exists") },
  });
  expect([written, letters]).toEqual([40, 0]);
  expect(await idsOf(Account)).toEqual(records.slice(0, 40).map(idIn).sort());
});

test("credentials that are refused end the run before anything is read", async () => {
  const Account = fresh("Account");
  const { written, failure } = await ingest(accounts(Account, 10), { password: "not the password" });
  expect(failure).toMatchObject({
    code: "GRAPH_CONNECTION",
    message: expect.stringContaining("refused the credentials"),
    cause: { code: "Neo.ClientError.Security.Unauthorized" },
  });
  expect(failure.message).not.toContain("not the password");
  expect(written).toBe(0);
});

test("a database that goes away for good ends the run; what it says was written is there", async () => {
  const Account = fresh("Account");
  const { written, failure, letters } = await ingest(accounts(Account, 100_000), { retryMs: 200 }, async (total) => {
    if (total > 200) await server.kill();
  });
  expect(failure).toMatchObject({
    code: "GRAPH_WRITE",
    message: expect.stringContaining("cannot be reached"),
    cause: { name: "Neo4jError" },
  });
  expect(letters).toBe(0);
  await server.restart();
  const ids = await idsOf(Account);
  // At most the batch that was under way is more than it knew of.
  expect(ids.length - written).toBeGreaterThanOrEqual(0);
  expect(ids.length - written).toBeLessThanOrEqual(10);
  expect(new Set(ids)).toEqual(new Set(accounts(Account, ids.length).map(idIn)));
}, 120_000);

test("a database that nobody can reach ends the run", async () => {
  const { failure } = await ingest(accounts("Account", 10), { uri: "bolt://127.0.0.1:1", connectTimeoutMs: 2_000 });
  expect(failure).toMatchObject({ code: "GRAPH_CONNECTION", message: expect.stringContaining("127.0.0.1:1 cannot be reached") });
});

test("a database that is read only ends the run, and sets nothing aside", async () => {
  const Account = fresh("Account");
  await server.restart({ "server.databases.read_only": "neo4j" });
  const { written, failure, letters } = await ingest(accounts(Account, 10), { ensureKeys: false, onWarning: () => {} });
  expect(failure).toMatchObject({
    code: "GRAPH_WRITE",
    message: expect.stringContaining("is read only"),
    cause: { name: "Neo4jError" },
  });
  expect([written, letters]).toEqual([0, 0]);
  expect(await idsOf(Account)).toEqual([]);
}, 60_000);

/** Writes with streams in Redis and dead letters declared, and tells how it ended. */
async function ingest(
  ingestions: Iterable<DesiredIngestion>,
  options: Partial<Neo4jOptions> = {},
  onWritten: (total: number) => Promise<void> | void = () => {},
) {
  const supervisor = new Supervisor({ redis: { url: inject("redisUrl"), prefix: `${fresh()}:` } });
  onTestFinished(() => supervisor.close());
  const { uri, username, password } = server;
  const writer = graphWriter({
    name: "write",
    connector: "neo4j",
    options: { uri, username, password, ...options },
    batchSize: 10,
    deadLetter: "continue",
  });
  const run = await supervisor.startFlow(Flow.fromProcessors(writer).resolve(), { ingestions });
  let written = 0;
  const reading = (async () => {
    for await (const { records } of run.outputs["write.written"]) {
      written += records;
      await onWritten(written);
    }
  })();
  const [end] = await Promise.allSettled([run.done, reading]);
  let letters = 0;
  for await (const _ of supervisor.deadLetters.list({ run: run.id })) letters++;
  return { written, letters, failure: end.status === "rejected" ? end.reason.cause : expect.fail("the run completed") };
}

function accounts(type: string, count: number, emailOf = (i: number) => `${i}@example.org`): DesiredIngestion[] {
  return Array.from({ length: count }, (_, i) => ({
    nodes: [node(type, { id: String(i) }, { email: emailOf(i) })],
    relationships: [],
    hooks: [],
  }));
}

function idIn({ nodes }: DesiredIngestion): unknown {
  return nodes[0]?.node.key.id;
}

async function idsOf(type: string): Promise<unknown[]> {
  return (await askNeo4j(server, `MATCH (a:\`${type}\`) RETURN a.id AS id ORDER BY id`)).map(({ id }) => id);
}
