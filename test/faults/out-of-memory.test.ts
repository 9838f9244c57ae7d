/** Promise 10: maxmemory reached, with noeviction. Writers wait; what frees memory gets through; then they go on. */
import { StoreError } from "datagraph";
import { expect, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { readAll, readerOf, readSome, writeAll, writerOf } from "../../src/testing/store-conformance/kit.ts";
import { wire } from "../../src/testing/store-conformance/wiring.ts";
import { fresh } from "../support/fresh.ts";
import type { RedisServer } from "../support/redis.ts";
import { COMPLETED } from "./kit/flows.ts";
import { client, errorOf, figure, openStore, startServer } from "./kit/scene.ts";

const BOUNDS = { highWaterValues: 1e6, highWaterBytes: 1e9, maxBacklogBytes: 1e9 };
const WIRING = { tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }], bounds: BOUNDS };
const VALUE = "x".repeat(10_000);

/** Lets the server have this much more than it has. */
async function limit(server: RedisServer, more: number): Promise<void> {
  const redis = client(server.url);
  const used = Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
  await redis.config("SET", "maxmemory", used + more);
}

test("a writer waits while there is no memory; reading frees it; everything arrives in order", async () => {
  const server = await startServer();
  const store = await openStore({ url: server.url });
  const { run } = await store.create(wire({ ...WIRING, id: fresh() }));
  const reader = readerOf(run, "in", { as: "reads" });
  const writer = writerOf(run, "in");
  await limit(server, 3_000_000);
  const total = 1_000;
  const writing = writeAll(
    writer,
    Array.from({ length: total }, (_, i) => `${i}:${VALUE}`),
  ).then(() => writer.end(COMPLETED));
  writing.catch(() => undefined);
  const stuck = await eventually(async () => {
    const { errorstats = "" } = { errorstats: await client(server.url).info("errorstats") };
    expect(errorstats).toMatch(/errorstat_OOM/);
    return (await run.snapshot()).streams[0]?.values ?? 0;
  });
  expect(stuck).toBeLessThan(total);
  const values = [...(await readSome(reader, Math.max(1, stuck - 1))), ...(await readAll(reader))];
  await within(writing, "the writer to end");
  expect(values.map((value) => Number.parseInt(String(value), 10))).toEqual(Array.from({ length: total }, (_, i) => i));
  figure("10", `stuck after ${stuck} of ${total} values, all of them arrived`);
});

test("a run without memory can be cancelled", async () => {
  const server = await startServer();
  const store = await openStore({ url: server.url });
  const { run } = await store.create(wire({ ...WIRING, id: fresh() }));
  const writer = writerOf(run, "in");
  await limit(server, 1);
  writer.write(VALUE);
  const flushing = errorOf(writer.flush());
  await within(run.stop({ state: "cancelled", reason: "no memory" }), "the cancellation");
  expect((await run.snapshot()).state).toBe("cancelled");
  expect((await within(flushing, "the writer to fail")).message).toMatch(/no memory/);
});

test("memory that stays short fails the writer and says so", async () => {
  const server = await startServer();
  const store = await openStore({ url: server.url, outageMs: 300 });
  const { run } = await store.create(wire({ ...WIRING, id: fresh() }));
  const writer = writerOf(run, "in");
  await limit(server, 1);
  writer.write(VALUE);
  const error = await within(errorOf(writer.flush()), "the writer to fail");
  expect(error).toBeInstanceOf(StoreError);
  expect(error.message).toMatch(/out of memory \(maxmemory\) and stayed so/);
});
