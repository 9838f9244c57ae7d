import { Redis } from "ioredis";
import { expect } from "vitest";
import { eventually } from "./testing.ts";

/** Looks at the server from outside: keys, memory, connections. */
export class RedisView {
  readonly #redis: Redis;

  constructor(url: string) {
    this.#redis = new Redis(url);
  }

  /** Every key with this prefix. */
  async keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    let cursor = "0";
    do {
      const [next, keys] = await this.#redis.scan(cursor, "MATCH", `${prefix}*`, "COUNT", 1000);
      found.push(...keys);
      cursor = next;
    } while (cursor !== "0");
    return found;
  }

  /** Asserts that every key with this prefix expires by itself, then removes them. */
  async expectOnlyExpiringKeys(prefix: string): Promise<void> {
    const keys = await this.keys(prefix);
    const lives = await Promise.all(keys.map(async (key) => [key, await this.#redis.pttl(key)] as const));
    // -2: it has expired in the meantime.
    expect(
      lives.filter(([, ms]) => ms === -1).map(([key]) => key),
      "keys without expiry",
    ).toEqual([]);
    if (keys.length > 0) await this.#redis.unlink(...keys);
  }

  async connections(name: string): Promise<number> {
    const list = String(await this.#redis.client("LIST"));
    return list.split("\n").filter((line) => line.includes(` name=${name} `)).length;
  }

  async expectNoConnections(name: string): Promise<void> {
    await eventually(async () => {
      expect(await this.connections(name), `connections named ${name}`).toBe(0);
    });
  }

  async close(): Promise<void> {
    await this.#redis.quit();
  }
}
