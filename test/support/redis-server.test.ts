import { existsSync } from "node:fs";
import { Redis } from "ioredis";
import { afterEach, expect, inject, test } from "vitest";
import { TcpProxy } from "../../src/testing/faults/tcp-proxy.ts";
import { fresh } from "./fresh.ts";
import { RedisServer, type RedisServerOptions } from "./redis.ts";

const cleanups: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  cleanups.push(() => server.stop());
  return server;
}

function client(url: string, options: object = {}): Redis {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => 10, ...options });
  redis.on("error", () => {});
  cleanups.push(() => redis.disconnect());
  return redis;
}

test("the run's own Redis answers", async () => {
  const key = fresh();
  const redis = client(inject("redisUrl"));
  await redis.set(key, "here", "PX", 10_000);
  expect(await redis.get(key)).toBe("here");
});

test("restarts on its port with what it had made durable", async () => {
  const server = await start({ appendonly: "always" });
  const redis = client(server.url);
  await redis.set("kept", "yes");
  const { pid, port } = server;
  await server.kill();
  await server.restart();
  expect(await redis.get("kept")).toBe("yes");
  expect(server.port).toBe(port);
  expect(server.pid).not.toBe(pid);
});

test("forgets everything with its process when nothing is durable", async () => {
  const server = await start();
  const redis = client(server.url);
  await redis.set("kept", "no");
  await server.restart();
  expect(await redis.get("kept")).toBeNull();
});

test("pauses without closing connections", async () => {
  const server = await start();
  const redis = client(server.url);
  await redis.set("n", 1);
  server.pause();
  let answered = false;
  const answer = redis.incr("n").finally(() => (answered = true));
  // That nothing comes can only be seen by waiting for a while.
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(answered).toBe(false);
  server.resume();
  expect(await answer).toBe(2);
});

test("asks for its password, limits its memory, takes other directives", async () => {
  const server = await start({ requirepass: "p@ss:/word", maxmemory: "20mb", policy: "allkeys-lru", directives: { hz: "50" } });
  const redis = client(server.url);
  expect(await redis.config("GET", "maxmemory")).toEqual(["maxmemory", String(20 * 2 ** 20)]);
  expect(await redis.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "allkeys-lru"]);
  expect(await redis.config("GET", "hz")).toEqual(["hz", "50"]);
  const stranger = client(`redis://127.0.0.1:${server.port}`);
  await expect(stranger.get("x")).rejects.toThrow("NOAUTH");
});

test("speaks TLS with a certificate that clients can trust", async () => {
  const server = await start({ tls: true });
  const redis = client(server.url, { tls: { ca: server.ca } });
  expect(await redis.ping()).toBe("PONG");
});

test("says why it cannot start", async () => {
  await expect(RedisServer.start({ directives: { "no-such-setting": "1" } })).rejects.toThrow(/Bad directive/);
  const server = await start();
  await expect(RedisServer.start({ port: server.port })).rejects.toThrow(/in use/i);
});

test("ends in any order, and twice, and leaves no folder", async () => {
  const server = await RedisServer.start();
  const redis = client(server.url);
  const [, folder = ""] = (await redis.config("GET", "dir")) as string[];
  expect(existsSync(folder)).toBe(true);
  await server.kill();
  await server.kill();
  await server.stop();
  await server.stop();
  expect(existsSync(folder)).toBe(false);
});

test("stops while paused", async () => {
  const server = await start();
  server.pause();
  await server.stop();
});

test("through the proxy, a command is performed although its reply is lost", async () => {
  const server = await start();
  const proxy = await TcpProxy.start(server.url);
  cleanups.push(() => proxy.close());
  const redis = client(proxy.url, { maxRetriesPerRequest: 0 });
  await redis.set("n", 1);
  const dropped = proxy.resetAfterRequest(1, (bytes) => bytes.includes("incr"));
  await expect(redis.incr("n")).rejects.toThrow();
  await dropped;
  expect(await client(server.url).get("n")).toBe("2");
});
