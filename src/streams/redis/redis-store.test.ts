import { inject } from "vitest";
import { testStore } from "../../testing/store-conformance/index.ts";
import { connectRedisStore } from "./redis-store.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

testStore("redis", () => connectRedisStore({ url: inject("redisUrl"), log: silent }), {
  bytes: "exact",
  sharedBetweenProcesses: true,
});
