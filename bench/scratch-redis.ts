import type { RedisOptions } from "datagraph";
import { Redis } from "ioredis";
import { findRedisExecutable } from "../test/support/redis/executable.ts";
import { RedisServer } from "../test/support/redis/server.ts";

export interface ScratchRedis {
  readonly url: string;
  readonly description: string;
  stop(): Promise<void>;
}

/** A server of our own where this machine has one to start, else the one that `REDIS_URL` names. */
export async function scratchRedis(): Promise<ScratchRedis> {
  const executable = findRedisExecutable();
  if (executable !== undefined) {
    const server = await RedisServer.start();
    return { url: server.url, description: `${executable} on port ${server.port}`, stop: () => server.stop() };
  }
  const url = process.env.REDIS_URL;
  if (url) return { url, description: "the server of REDIS_URL", stop: async () => {} };
  throw new Error("The benchmarks need a Redis: put redis-server or valkey-server on the PATH, or set REDIS_URL");
}

/** Runs something with a prefix of its own on the server and removes its keys afterwards. */
export async function inRedis<T>(url: string, use: (options: RedisOptions) => Promise<T>): Promise<T> {
  const prefix = `bench:${process.pid}:`;
  try {
    return await use({ url, prefix });
  } finally {
    await withRedis(url, (redis) => removeKeys(redis, prefix));
  }
}

/** Runs something with a plain connection. */
export async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { protocol: 2, lazyConnect: true });
  await redis.connect();
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function removeKeys(redis: Redis, prefix: string): Promise<void> {
  for (let cursor = "0", first = true; first || cursor !== "0"; first = false) {
    const [next, keys] = await redis.scan(cursor, "MATCH", `${prefix}*`, "COUNT", 1000);
    // Not UNLINK: what is freed in the background would slow down the next measurement.
    if (keys.length > 0) await redis.del(...keys);
    cursor = next;
  }
}
