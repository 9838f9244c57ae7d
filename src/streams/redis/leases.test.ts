import { expect, inject, onTestFinished, test } from "vitest";
import { fresh } from "../../../test/support/fresh.ts";
import { claimed, readerOf, writerOf, writeToEnd } from "../../testing/store-conformance/kit.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import type { RunStore, StreamStore } from "../store.ts";
import { connectRedisStore } from "./redis-store.ts";

const CHAIN = {
  tasks: [
    { processor: "first", inputs: ["in"], outputs: ["middle"] },
    { processor: "second", inputs: ["middle"], outputs: ["out"], wait: true },
  ],
};

/** Two processes' stores of one prefix, as far as one process can play two. */
async function twoStores(leaseMs = 60_000): Promise<[StreamStore, StreamStore]> {
  const prefix = `${fresh()}:`;
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const open = () => connectRedisStore({ url: inject("redisUrl"), prefix, leaseMs, log });
  const stores = await Promise.all([open(), open()]);
  onTestFinished(() => Promise.all(stores.map((store) => store.close())).then(() => undefined));
  return stores as [StreamStore, StreamStore];
}

async function durableRun([here, there]: readonly [StreamStore, StreamStore]): Promise<[RunStore, RunStore]> {
  const record = { ...wire({ ...CHAIN, id: fresh() }), durable: true };
  const { run } = await here.create(record);
  return [run, (await there.open(record.id)) as RunStore];
}

test("a task can be claimed before the news that it is ready has come", async () => {
  const [here, there] = await durableRun(await twoStores());
  await writeToEnd(writerOf(here, "in"), [1]);
  const first = await claimed(here, "first");
  await here.settle(first, { state: "completed" });
  expect(await there.claim(1)).toMatchObject({ task: 1, attempt: 1 });
});

test("what an attempt has read is there for the next one, also when it closed its readers", async () => {
  const [here, there] = await durableRun(await twoStores());
  await writeToEnd(writerOf(here, "in"), [1, 2, 3]);
  const first = await claimed(there, "first");
  const reader = readerOf(there, "in", { as: "first" });
  while (await reader.wait()) reader.take(10);
  reader.close();
  // Its report that it reads no more has reached the server.
  await expect.poll(async () => (await there.snapshot()).streams[0]?.backlog).toBe(3);
  await there.release(first);
  const again = await claimed(there, "first");
  expect(again.attempt).toBe(2);
  const values: unknown[] = [];
  // Not in the process that wrote them, which has them at hand.
  const second = readerOf(there, "in", { as: "first" });
  while (await second.wait()) values.push(...(second.take(10) ?? []));
  expect(values).toEqual([1, 2, 3]);
});

test("what is ready can be claimed along with the creation, by whoever creates the run", async () => {
  const [here, there] = await twoStores();
  const record = wire({ ...CHAIN, id: fresh() });
  const { run, claims = [] } = await here.create(record, { claim: true });
  expect(claims).toMatchObject([{ task: 0, attempt: 1 }]);
  expect((await here.create(record, { claim: true })).claims).toEqual([]);
  const elsewhere = (await there.open(record.id)) as RunStore;
  expect(await elsewhere.claim(0)).toBe(undefined);
  expect((await elsewhere.snapshot()).tasks.map(({ state }) => state)).toEqual(["running", "waiting"]);
  const [first] = claims;
  if (!first) throw new Error("Nothing was claimed");
  await writeToEnd(writerOf(run, "in"), [1]);
  await writeToEnd(writerOf(run, "middle", first), [2]);
  await run.settle(first, { state: "completed" });
  expect(await elsewhere.claim(1)).toMatchObject({ task: 1, attempt: 1 });
});

test("the end of an attempt that was lost leaves the next one of the same process alone", async () => {
  const [here, there] = await durableRun(await twoStores());
  await writeToEnd(writerOf(here, "in"), [1]);
  const first = await claimed(here, "first");
  await here.release(first);
  const second = await claimed(here, "first");
  await here.settle(first, { state: "completed" });
  expect((await here.snapshot()).tasks[0]).toEqual({ state: "running", attempt: 2 });
  expect(second.lost.aborted).toBe(false);
  // The next one still hears when it is lost itself.
  // Nobody is told of a claim: who takes one back has asked for it.
  await there.snapshot();
  await there.release(second);
  await expect.poll(() => second.lost.aborted).toBe(true);
});
