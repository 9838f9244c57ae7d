import { Redis } from "ioredis";
import { expect } from "vitest";
import { eventually } from "./testing.ts";

/** Looks at a server, or at every master of a cluster, from outside: keys, connections. */
export class RedisView {
  readonly #servers: readonly Redis[];

  constructor(...urls: readonly string[]) {
    this.#servers = urls.map((url) => new Redis(url));
  }

  /** Every key with this prefix. */
  async keys(prefix: string): Promise<string[]> {
    const found = await Promise.all(this.#servers.map((server) => keysOn(server, prefix)));
    return found.flat();
  }

  /** Asserts that every key with this prefix expires by itself, then removes them. */
  async expectOnlyExpiringKeys(prefix: string): Promise<void> {
    for (const server of this.#servers) {
      const keys = await keysOn(server, prefix);
      const lives = await Promise.all(keys.map(async (key) => [key, await server.pttl(key)] as const));
      // -2: it has expired in the meantime.
      expect(
        lives.filter(([, ms]) => ms === -1).map(([key]) => key),
        "keys without expiry",
      ).toEqual([]);
      // One by one: in a cluster they are in many slots.
      await Promise.all(keys.map((key) => server.unlink(key)));
    }
  }

  async connections(name: string): Promise<number> {
    const lists = await Promise.all(this.#servers.map(async (server) => String(await server.client("LIST"))));
    return lists
      .join("\n")
      .split("\n")
      .filter((line) => line.includes(` name=${name} `)).length;
  }

  async expectNoConnections(name: string): Promise<void> {
    await eventually(async () => {
      expect(await this.connections(name), `connections named ${name}`).toBe(0);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.quit()));
  }
}

async function keysOn(server: Redis, prefix: string): Promise<string[]> {
  const found: string[] = [];
  let cursor = "0";
  do {
    const [next, keys] = await server.scan(cursor, "MATCH", `${prefix}*`, "COUNT", 1000);
    found.push(...keys);
    cursor = next;
  } while (cursor !== "0");
  return found;
}
