/** Clients of a user's own, made of a supervisor's options. */
import type { Cluster, Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { fresh } from "../../../test/support/fresh.ts";
import { RedisCluster, RedisServer } from "../../../test/support/redis.ts";
import { DeclarationError, StoreError } from "../../errors.ts";
import { redisAddress, redisClient } from "./client.ts";

async function works(client: Redis | Cluster): Promise<void> {
  onTestFinished(() => client.disconnect());
  const keys = [fresh("client"), fresh("client"), fresh("client")];
  for (const key of keys) await client.set(key, key, "PX", 10_000);
  for (const key of keys) expect(await client.get(key)).toBe(key);
}

test("one server, with settings of one's own", async () => {
  const client = redisClient({ url: inject("redisUrl") }, { connection: { connectionName: fresh("client") } });
  await works(client);
  expect(client.options).toMatchObject({ connectionName: expect.stringContaining("client-") });
});

test("a cluster of which one node is named, and a server with TLS and a certificate authority of its own", async () => {
  const cluster = await RedisCluster.start();
  onTestFinished(() => cluster.stop());
  await works(redisClient({ cluster: cluster.urls.slice(0, 1) }));
  await works(redisClient({ url: cluster.urls.join(",") }));
  const server = await RedisServer.start({ tls: true });
  onTestFinished(() => server.stop());
  await works(redisClient({ url: server.url, client: { tls: { ca: server.ca } } }));
}, 60_000);

test("addresses and errors hold no secret", () => {
  expect(redisAddress({ url: "redis://user:secret@example.com:7000/3" })).toBe("example.com:7000");
  expect(redisAddress({ cluster: ["redis://:secret@a:1", "redis://b:2"] })).toBe("the cluster at a:1, b:2");
  for (const url of [
    "http://user:secret@example.com",
    "redis://user:%secret@a:1,redis://b:2",
    "redis://:secret@a:1/2,redis://b:2",
  ]) {
    const refused = () => redisClient({ url });
    expect(refused).toThrow(StoreError);
    expect(refused).not.toThrow(/secret/);
  }
  expect(() => redisClient({ url: "redis://a:1", cluster: ["redis://b:2"] })).toThrow(DeclarationError);
});
