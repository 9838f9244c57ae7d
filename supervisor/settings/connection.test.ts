import { expect, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { connectionOptions } from "./connection.ts";

test("streams are in memory unless a Redis is named", () => {
  for (const redis of [undefined, false, ""] as const)
    expect(connectionOptions({ ...(redis !== undefined && { redis }) })).toEqual({});
});

test("a Redis and its keys' prefix", () => {
  const redis = "rediss://user:secret@host:6380/1";
  expect(connectionOptions({ redis })).toEqual({ redis: { url: redis } });
  expect(connectionOptions({ redis, redisPrefix: "x:" })).toEqual({ redis: { url: redis, prefix: "x:" } });
});

test("nodes of a cluster", () => {
  const redis = "redis://:a,b@one:7000,redis://:a,b@two:7000";
  expect(connectionOptions({ redis })).toEqual({ redis: { url: redis } });
});

test.each([
  "redis://one,http://:secret@two",
  "redis://one,redis://two:port",
  "localhost",
  "http://:secret@host",
  ":secret@host",
  "redis",
])("%s is refused, without showing it", (redis) => {
  expect(() => connectionOptions({ redis })).toThrow(UsageError);
  expect(() => connectionOptions({ redis })).not.toThrow(/secret/);
});
