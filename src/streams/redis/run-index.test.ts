import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { fresh } from "../../../test/support/fresh.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import { attentionKey, indexKey } from "./keys.ts";
import { RedisLink } from "./link.ts";
import { RunIndex } from "./run-index.ts";

const ABANDONED_MS = 60 * 60_000;

async function index() {
  const prefix = `${fresh()}:`;
  const redis = new Redis(inject("redisUrl"));
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const link = await RedisLink.open({ url: inject("redisUrl"), prefix }, { log });
  onTestFinished(async () => {
    await redis.unlink(indexKey(prefix), attentionKey(prefix));
    redis.disconnect();
    link.close();
  });
  return { prefix, redis, runs: new RunIndex(link, prefix, ABANDONED_MS) };
}

test("one process tells of more runs than a call takes arguments, and the server does other things meanwhile", async () => {
  const { prefix, redis, runs } = await index();
  const record = wire({ tasks: [], id: fresh() });
  const many = Array.from({ length: 150_000 }, (_, i) => ({ ...record, id: `run${i}` }));
  let longest = 0;
  let done = false;
  const told = Promise.all([
    runs.add(many),
    runs.putOff(
      many.map(({ id }) => id),
      10_000,
    ),
  ]).finally(() => {
    done = true;
  });
  while (!done) {
    const start = performance.now();
    await redis.ping();
    longest = Math.max(longest, performance.now() - start);
  }
  await told;
  expect(await redis.zcard(indexKey(prefix))).toBe(many.length);
  expect(await redis.zcard(attentionKey(prefix))).toBe(many.length);
  expect(longest).toBeLessThan(1_000);
}, 60_000);

test("a run that has ended is listed about as long as it is kept, not as long as one that was abandoned", async () => {
  const { prefix, redis, runs } = await index();
  const record = { ...wire({ tasks: [], id: fresh() }), keepMs: 1_000 };
  await runs.add([record]);
  const livesFor = async () => Number(await redis.zscore(indexKey(prefix), record.id)) - Date.now();
  expect(await livesFor()).toBeGreaterThan(ABANDONED_MS - 60_000);
  await runs.ended(record);
  expect(await livesFor()).toBeLessThan(ABANDONED_MS / 4);
  expect(await livesFor()).toBeGreaterThan(record.keepMs);
  await runs.remove([record.id]);
  await runs.ended(record);
  expect(await redis.zscore(indexKey(prefix), record.id)).toBeNull();
});
