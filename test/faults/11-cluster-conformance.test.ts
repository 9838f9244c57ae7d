/** Promise 11: what every store must do, on a cluster of three masters. */
import { afterAll, beforeAll } from "vitest";
import { connectRedisStore } from "../../src/streams/redis/redis-store.ts";
import { testStore } from "../../src/testing/store-conformance/index.ts";
import { RedisCluster } from "../support/redis.ts";
import { MemoryLog } from "./kit/scene.ts";

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
});

afterAll(() => cluster.stop());

testStore("redis cluster", () => connectRedisStore({ cluster: cluster.urls, log: new MemoryLog() }), {
  bytes: "exact",
  sharedBetweenProcesses: true,
});
