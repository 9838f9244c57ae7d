/** A server of a test's own, as its commands are counted, and stores of several processes, as far as one can play them. */
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { connectRedisStore } from "../../src/streams/redis/redis-store.ts";
import type { StreamStore } from "../../src/streams/store.ts";
import { RedisServer } from "./redis.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface CountedServer {
  readonly url: string;
  readonly client: Redis;
  /** @param leaseMs of the store; long by default, so that nothing is renewed or taken back meanwhile. */
  connect(leaseMs?: number): Promise<StreamStore>;
  /** How often a command was performed so far, by its name in the server's statistics. */
  calls(command: string): Promise<number>;
}

/** It ends with the test. */
export async function countedServer(): Promise<CountedServer> {
  const server = await RedisServer.start();
  onTestFinished(() => server.stop());
  const client = new Redis(server.url);
  onTestFinished(() => client.disconnect());
  return {
    url: server.url,
    client,
    async connect(leaseMs = 60_000) {
      const store = await connectRedisStore({ url: server.url, log, leaseMs });
      onTestFinished(() => store.close());
      return store;
    },
    async calls(command) {
      return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await client.info("commandstats"))?.[1] ?? 0);
    },
  };
}
