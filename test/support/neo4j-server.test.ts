import neo4j from "neo4j-driver";
import { afterEach, expect, test } from "vitest";
import { fresh } from "./fresh.ts";
import type { Neo4jAddress } from "./neo4j/provide.ts";
import { Neo4jServer, sharedNeo4j } from "./neo4j.ts";
import { demand, offer } from "./on-demand.ts";

const shared = await sharedNeo4j();
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function ask({ uri, username, password }: Neo4jAddress, query: string): Promise<unknown> {
  const driver = neo4j.driver(uri, neo4j.auth.basic(username, password), { disableLosslessIntegers: true });
  try {
    // Not a managed transaction: nothing is tried again.
    const { records } = await driver.session().run(query);
    return records[0]?.get(0);
  } finally {
    await driver.close();
  }
}

test("the run's own Neo4j answers, has APOC, and asks for its password", async () => {
  expect(await ask(shared, "RETURN 1 + 1")).toBe(2);
  expect(await ask(shared, "RETURN apoc.version()")).toMatch(/^5\./);
  await expect(ask({ ...shared, password: fresh() }, "RETURN 1")).rejects.toMatchObject({
    code: "Neo.ClientError.Security.Unauthorized",
  });
});

test("a server of one's own has no APOC if not asked to, keeps its data over a kill, and takes settings", async () => {
  const server = await Neo4jServer.start({ apoc: false });
  cleanups.push(() => server.stop());
  await ask(server, "CREATE (:Kept)");
  await expect(ask(server, "RETURN apoc.version()")).rejects.toThrow(/Unknown function/);
  await server.kill();
  await expect(ask(server, "RETURN 1")).rejects.toMatchObject({ code: "ServiceUnavailable" });
  await server.restart({ "server.databases.read_only": "neo4j" });
  expect(await ask(server, "MATCH (n:Kept) RETURN count(n)")).toBe(1);
  await expect(ask(server, "CREATE (:More)")).rejects.toThrow(/read.only/i);
}, 120_000);

test("what is offered is made once, when somebody asks, and told to all", async () => {
  let made = 0;
  let stopped = 0;
  const offered = await offer(async () => ({ answer: { number: ++made }, stop: async () => void stopped++ }));
  expect(made).toBe(0);
  expect(await Promise.all([demand(offered.path), demand(offered.path)])).toEqual([{ number: 1 }, { number: 1 }]);
  await offered.stop();
  expect(stopped).toBe(1);
});

test("what cannot be made says why to all who ask", async () => {
  const offered = await offer(async () => {
    throw new Error("out of stock");
  });
  await expect(demand(offered.path)).rejects.toThrow("out of stock");
  await expect(demand(offered.path)).rejects.toThrow("out of stock");
  await offered.stop();
});
