/** Promise 5: a reply that is lost neither loses nor doubles what was asked for. */
import { expect, test } from "vitest";
import { within } from "../../src/testing/eventually.ts";
import { readAll, readerOf, writerOf } from "../../src/testing/store-conformance/kit.ts";
import { wire } from "../../src/testing/store-conformance/wiring.ts";
import { fresh } from "../support/fresh.ts";
import { COMPLETED } from "./kit/flows.ts";
import { client, figure, openStore, startProxy, startServer } from "./kit/scene.ts";

const APPENDS = 1_000;
const RESETS = 50;
const WIRING = { tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }] };

test("1,000 appends through 50 connections that are reset before the reply are exactly 1,000", async () => {
  const server = await startServer();
  const proxy = await startProxy(server.url);
  const store = await openStore({ url: proxy.url });
  const { run } = await store.create(wire({ ...WIRING, id: fresh() }));
  const writer = writerOf(run, "in");
  const isAppend = (bytes: Buffer) => bytes.includes("}:s:0");
  let longest = 0;
  let resets = Promise.resolve();
  for (let i = 0; i < APPENDS; i++) {
    if (i % (APPENDS / RESETS) === 0) resets = proxy.resetAfterRequest(1, isAppend);
    const start = performance.now();
    writer.write(i);
    await within(writer.flush(), `value ${i} to be stored`);
    longest = Math.max(longest, performance.now() - start);
    if (i % (APPENDS / RESETS) === 0) await within(resets, "the connection to be reset");
  }
  await writer.end(COMPLETED);
  const entries = await client(server.url).xrange(`dg:{${run.record.id}}:s:0`, "-", "+");
  expect(entries).toHaveLength(APPENDS);
  expect(await readAll(readerOf(run, "in", { as: "reads" }))).toEqual(Array.from({ length: APPENDS }, (_, i) => i));
  expect(proxy.connections.resets).toBeGreaterThanOrEqual(RESETS);
  expect(longest).toBeLessThan(10_000);
  figure("5", `${entries.length} entries after ${proxy.connections.resets} resets; longest pending ${Math.round(longest)} ms`);
});

test("the same with many appends under way at once", async () => {
  const server = await startServer();
  const proxy = await startProxy(server.url);
  const store = await openStore({ url: proxy.url });
  const { run } = await store.create(wire({ ...WIRING, id: fresh(), bounds: { highWaterValues: 20_000 } }));
  const writer = writerOf(run, "in");
  const total = 100_000;
  const reading = readAll(readerOf(run, "in", { as: "reads" }));
  for (let i = 0; i < total; i++) {
    if (i % 10_000 === 0) void proxy.resetAfterRequest(1, (bytes) => bytes.includes("}:s:0"));
    writer.write(i);
    if (writer.full) await within(writer.room(), `room after ${i}`);
    if (i % 10_000 === 5_000) await within(writer.flush(), `values up to ${i}`);
  }
  await within(writer.end(COMPLETED), "the end");
  expect(await reading).toEqual(Array.from({ length: total }, (_, i) => i));
  expect(proxy.connections.resets).toBeGreaterThanOrEqual(10);
});

test("a run whose creation was not answered was created by who asked, once", async () => {
  const server = await startServer();
  const proxy = await startProxy(server.url);
  const store = await openStore({ url: proxy.url });
  const record = wire({ ...WIRING, id: fresh() });
  const reset = proxy.resetAfterRequest(1, (bytes) => bytes.includes(record.id));
  const { run, created, taken } = await within(store.create(record, { inputs: () => new Map([[0, [1, 2]]]) }), "the run");
  await reset;
  expect([created, taken]).toEqual([true, [0]]);
  expect(await readAll(readerOf(run, "in", { as: "reads" }))).toEqual([1, 2]);
  expect((await (await openStore({ url: server.url })).create(record)).created).toBe(false);
});

test("claims, ends and settlements converge when their replies are lost", async () => {
  const server = await startServer();
  const proxy = await startProxy(server.url);
  const [store, other] = [await openStore({ url: proxy.url }), await openStore({ url: server.url })];
  const { run } = await store.create(wire({ ...WIRING, id: fresh() }));
  // A claim sends the line of its task, all others a whole ledger.
  const loseReply = () => proxy.resetAfterRequest(1, (bytes) => bytes.includes('"tasks":[') || bytes.includes('"token":"'));
  const steps: Promise<void>[] = [];
  steps.push(loseReply());
  const claim = await within(run.claim(0), "the claim");
  expect(claim).toMatchObject({ task: 0, attempt: 1 });
  await within(steps[0] ?? Promise.resolve(), "the reset");
  if (!claim) return;
  const writer = writerOf(run, "out", claim);
  writer.write("only");
  await writer.flush();
  const ended = loseReply();
  await within(writer.end(COMPLETED), "the end");
  await within(ended, "the reset");
  const settled = loseReply();
  await within(run.settle(claim, COMPLETED), "the settlement");
  await within(settled, "the reset");
  const there = await other.open(run.record.id);
  expect(await there?.snapshot()).toMatchObject({ state: "completed", tasks: [{ state: "completed", attempt: 1 }] });
});

test("replicas whose askings and results are sent again handle each value once, and write what came of it once", async () => {
  const server = await startServer();
  const proxy = await startProxy(server.url);
  const store = await openStore({ url: proxy.url });
  const { run } = await store.create(wire({ ...WIRING, id: fresh(), durable: true }));
  const claims = [await run.claim(0)];
  const settings = { input: 0, replicas: 2, order: "input" } as const;
  const shares = [await claims[0]?.share(settings)];
  claims.push(await run.claim(1));
  shares.push(await claims[1]?.share(settings));
  const total = 400;
  const writer = writerOf(run, "in");
  for (let i = 0; i < total; i++) writer.write(i);
  await writer.end(COMPLETED);
  let lost = 0;
  let isArmed = false;
  /** Loses the next reply to an asking or to results, in turn; they are told by what they carry. */
  const loseNext = async () => {
    if (isArmed) return;
    isArmed = true;
    await proxy.resetAfterRequest(1, (bytes) => bytes.includes(lost % 2 === 0 ? '"max":' : '"spans":'));
    lost++;
    isArmed = false;
  };
  const handled: unknown[] = [];
  const work = shares.map(async (share) => {
    for (let turn = 0; ; turn++) {
      if (turn % 5 === 1) void loseNext();
      const parts = await share?.take({ max: 3 });
      if (!parts) return;
      for (const value of parts.flatMap(({ values }) => values)) {
        handled.push(value.value);
        share?.done(value, new Map([[1, [value.value]]]));
      }
      await share?.flush();
    }
  });
  await within(Promise.all(work), "all values", { deadlineMs: 60_000 });
  const numbers = Array.from({ length: total }, (_, i) => i);
  expect([...handled].sort((a, b) => Number(a) - Number(b))).toEqual(numbers);
  for (const claim of claims) if (claim) await run.settle(claim, COMPLETED);
  expect(await readAll(readerOf(run, "out"))).toEqual(numbers);
  expect(lost).toBeGreaterThan(5);
  figure("5", `replicas: ${total} values handled once, after ${lost} lost replies`);
});
