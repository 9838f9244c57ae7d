/** Promise 35: what every store must do, over TLS and as the user whom the guide publishes, and no command refused. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectRedisStore } from "../../src/streams/redis/redis-store.ts";
import { eventually } from "../../src/testing/eventually.ts";
import { testStore } from "../../src/testing/store-conformance/index.ts";
import { allow, allowedCommands, refused } from "../support/redis/acl.ts";
import { RedisServer } from "../support/redis.ts";
import { MemoryLog } from "./kit/scene.ts";

let server: RedisServer;
let admin: Redis;

beforeAll(async () => {
  server = await RedisServer.start({ tls: true, requirepass: "admin" });
  admin = new Redis(server.url, { tls: { ca: server.ca } });
  await allow(admin, ["streams"]);
});

afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

const connect = (leaseMs = 10_000) =>
  connectRedisStore({
    leaseMs,
    url: `rediss://datagraph:secret@127.0.0.1:${server.port}/1`,
    client: { tls: { ca: server.ca }, connectionName: "conformance" },
    log: new MemoryLog(),
  });

testStore("redis with TLS and the published ACL", () => connect(), { bytes: "exact", sharedBetweenProcesses: true });

test("nothing is allowed that is not needed", async () => {
  const store = await connect(50);
  try {
    await eventually(async () => {
      // As supervisors do all the time.
      await store.recover();
      const used = new Set([...(await admin.info("commandstats")).matchAll(/^cmdstat_(\S+):/gm)].map(([, command]) => command));
      expect(allowedCommands().filter((command) => !used.has(command))).toEqual([]);
    });
  } finally {
    await store.close();
  }
});

test("nothing was refused, and nobody else was let in", async () => {
  expect(await refused(admin)).toEqual([]);
  const other = new Redis({ port: server.port, tls: { ca: server.ca }, lazyConnect: true, retryStrategy: () => null });
  other.on("error", () => undefined);
  await expect(other.connect().then(() => other.get("dg:runs"))).rejects.toThrow(/NOAUTH|closed/);
  other.disconnect();
});
