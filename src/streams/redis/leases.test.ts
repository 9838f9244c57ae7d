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

/** A process's store of a prefix, as far as one process can play several. */
async function openStore(prefix: string, leaseMs: number): Promise<StreamStore> {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const store = await connectRedisStore({ url: inject("redisUrl"), prefix, leaseMs, log });
  onTestFinished(() => store.close());
  return store;
}

/** Two processes' stores of one prefix. */
async function twoStores(leaseMs = 60_000): Promise<[StreamStore, StreamStore]> {
  const prefix = `${fresh()}:`;
  return Promise.all([openStore(prefix, leaseMs), openStore(prefix, leaseMs)]);
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
  expect(await here.create(record, { claim: true })).toEqual({ run, created: false });
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

test("what an attempt had in hand when it was lost is known to the next one", async () => {
  const [prefix, leaseMs] = [`${fresh()}:`, 200];
  const survivor = await openStore(prefix, leaseMs);
  const { run } = await survivor.create({ ...wire({ ...CHAIN, id: fresh() }), durable: true });
  const found: unknown[] = [];
  // The values that each attempt has in hand when its process is lost.
  for (const values of [undefined, undefined, { from: 4, until: 8 }, { from: 6, until: 7 }]) {
    const mortal = await openStore(prefix, leaseMs);
    const claim = await claimed((await mortal.open(run.record.id)) as RunStore, "first");
    found.push(claim.suspects);
    if (values) await claim.hold(values);
    await mortal.close();
    await expect
      .poll(async () => (await survivor.recover()) && (await run.snapshot()).tasks[0], { timeout: 10_000 })
      .toMatchObject({ state: "ready", attempt: claim.attempt });
  }
  const last = await claimed(run, "first");
  expect([...found, last.suspects]).toEqual([
    undefined,
    undefined,
    expect.objectContaining({ from: 0, deaths: 2 }),
    { from: 4, until: 8, deaths: 3 },
    { from: 6, until: 7, deaths: 4 },
  ]);
  await last.hold(undefined);
  await run.release(last);
  expect((await claimed(run, "first")).suspects).toBeUndefined();
}, 30_000);
