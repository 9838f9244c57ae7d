/** Chunks that are too large for Lua to copy take another way to the server: by a transaction, and without copies for their reader. */
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { fresh } from "../../../test/support/fresh.ts";
import { claimed, readerOf, writerOf } from "../../testing/store-conformance/kit.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import { msgpackCodec } from "../codecs/msgpack.ts";
import { keysOf } from "./keys.ts";
import { RedisLink } from "./link.ts";
import { connectRedisStore } from "./redis-store.ts";
import { type EncodedChunk, RedisStream } from "./redis-stream.ts";
import { StreamCommands } from "./stream-commands.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const LARGE = 100 * 1024;

async function scene() {
  const prefix = `${fresh()}:`;
  const settings = { url: inject("redisUrl"), prefix };
  const store = await connectRedisStore({ ...settings, log, leaseMs: 60_000 });
  const link = await RedisLink.open(settings, { log });
  const redis = new Redis(inject("redisUrl"), { protocol: 2 });
  onTestFinished(async () => {
    link.close();
    redis.disconnect();
    await store.close();
  });
  const record = wire({ id: fresh(), tasks: [{ processor: "only", inputs: ["in"], outputs: ["out"] }] });
  const { run } = await store.create(record);
  const keys = keysOf(prefix, record.id);
  const commands = new StreamCommands({ link, keys, channel: "here", abandonedMs: 60_000 });
  const [input] = record.streams;
  if (!input) throw new Error("A run without streams");
  const stream = new RedisStream(0, input);
  const append = (chunk: EncodedChunk, token = "") => commands.append(stream, token, chunk);
  const entries = async () => (await redis.xrange(keys.stream(0), "-", "+")).map(([id]) => id);
  return { run, redis, keys, append, entries };
}

function chunk(first: number, count: number, bytesAfter = (first + count) * LARGE): EncodedChunk {
  const body = msgpackCodec().encode(Array.from({ length: count }, (_, i) => Buffer.alloc(LARGE, first + i)));
  return { first, count, body, bytesAfter };
}

test("a large chunk is appended once, however often it is sent", async () => {
  const { append, entries, redis, keys } = await scene();
  for (let i = 0; i < 3; i++) expect(await append(chunk(0, 2))).toEqual(["OK"]);
  expect(await append(chunk(2, 1))).toEqual(["OK"]);
  expect(await append(chunk(0, 2))).toEqual(["OK"]);
  expect(await entries()).toEqual(["2-0", "3-0"]);
  expect(await redis.hmget(keys.run, "t0")).toEqual(["3"]);
  expect(await redis.pttl(keys.stream(0))).toBeGreaterThan(0);
});

test("what is refused leaves nothing behind, and what follows is appended", async () => {
  const { append, entries } = await scene();
  expect(await append(chunk(0, 1), "a stranger")).toBe("FENCED");
  expect(await append(chunk(1, 1))).toEqual(["GAP", 0]);
  expect(await entries()).toEqual([]);
  expect(await append(chunk(0, 1))).toEqual(["OK"]);
  expect(await append(chunk(1, 1), "a stranger")).toBe("FENCED");
  expect(await append(chunk(5, 1))).toEqual(["GAP", 1]);
  expect(await entries()).toEqual(["1-0"]);
  expect(await append(chunk(1, 1))).toEqual(["OK"]);
  expect(await entries()).toEqual(["1-0", "2-0"]);
});

test("nothing is added to a stream that has ended, nor for a run that is gone", async () => {
  const { run, append, entries, redis, keys } = await scene();
  expect(await append(chunk(0, 1))).toEqual(["OK"]);
  await writerOf(run, "in").end({ state: "completed" });
  expect(await append(chunk(1, 1))).toBe("ENDED");
  expect(await entries()).toEqual(["1-0"]);
  await redis.del(keys.run, keys.stream(0));
  expect(await append(chunk(1, 1))).toBe("LOST");
  expect(await redis.exists(keys.stream(0))).toBe(0);
});

test("what a reader does to a large value is seen by nobody else", async () => {
  const { run } = await scene();
  const writer = writerOf(run, "in");
  writer.write(Buffer.alloc(LARGE, 1));
  await writer.flush();
  await claimed(run, "only");
  for (let i = 0; i < 3; i++) {
    const reader = readerOf(run, "in", { as: "only" });
    expect(await reader.wait()).toBe(true);
    const [value] = reader.take(1) as [Buffer];
    expect(value.every((byte) => byte === 1)).toBe(true);
    value.fill(9);
  }
});
