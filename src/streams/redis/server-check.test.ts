import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { RedisServer, type RedisServerOptions } from "../../../test/support/redis.ts";
import { checkServer } from "./server-check.ts";

async function warningsOf(options: RedisServerOptions, durable: boolean, user?: string): Promise<string[]> {
  const server = await RedisServer.start(options);
  onTestFinished(() => server.stop());
  const client = new Redis(server.url);
  onTestFinished(() => client.disconnect());
  if (user !== undefined) {
    await client.call("ACL", "SETUSER", "app", "on", ">secret", "~*", ...user.split(" "));
    await client.auth("app", "secret");
  }
  const warnings: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: (text: string) => void warnings.push(text), error: () => {} };
  await checkServer(client, { address: "here", log, durable, inCluster: false });
  return warnings;
}

test("warns of a server that evicts", async () => {
  expect(await warningsOf({ policy: "allkeys-lru", appendonly: "everysec" }, true)).toEqual([
    expect.stringMatching(/^Redis at here has maxmemory-policy allkeys-lru: .*noeviction/),
  ]);
});

test("warns of a server that keeps nothing on disk, where runs are to outlive processes", async () => {
  const keepsNothing = expect.stringMatching(/^Redis at here keeps nothing on disk .*appendonly to yes/);
  expect(await warningsOf({}, true)).toEqual([keepsNothing]);
  expect(await warningsOf({}, false)).toEqual([]);
  expect(await warningsOf({ directives: { save: "3600 1" } }, true)).toEqual([]);
});

test("says nothing where it may not ask", async () => {
  expect(await warningsOf({ policy: "allkeys-lru" }, true, "+@all -info")).toEqual([]);
  expect(await warningsOf({}, true, "+@all -config")).toEqual([]);
});
