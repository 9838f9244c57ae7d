/** What readers take from the news themselves, and what they still ask the server for. */
import { Worker } from "node:worker_threads";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { countedServer } from "../../../test/support/counted-server.ts";
import { fresh } from "../../../test/support/fresh.ts";
import { readerOf, writerOf } from "../../testing/store-conformance/kit.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import { initialLedger, type Ledger } from "../ledger.ts";
import { ledgerText } from "../ledger-text.ts";
import { apply } from "../lifecycle.ts";
import type { RunStore, StreamReader } from "../store.ts";
import { keysOf } from "./keys.ts";
import { addressed } from "./news.ts";
import { type LedgerStep, RedisLedger } from "./redis-ledger.ts";

const record = () => ({
  ...wire({ id: fresh(), tasks: [{ processor: "only", inputs: ["in"], outputs: ["out"] }] }),
  durable: true,
});

/** A run as two processes have it. */
async function twoProcesses() {
  const server = await countedServer();
  const { connect } = server;
  const [here, there] = [await connect(), await connect()];
  const { run } = await here.create(record());
  const other = await there.open(run.record.id);
  if (!other) throw new Error("It was just created");
  return { ...server, run, other };
}

async function taken(reader: StreamReader): Promise<readonly unknown[] | undefined> {
  expect(await reader.wait()).toBe(true);
  return reader.take(10);
}

test("a small chunk comes along with the news of it, a larger one is asked for", async () => {
  const { run, other, client, calls } = await twoProcesses();
  const writer = writerOf(run, "in");
  const reader = readerOf(other, "in", { as: "only" });
  const next = async (value: unknown) => {
    const waiting = taken(reader);
    // The server must know that it waits: before, there is nobody to be told.
    await expect.poll(() => client.hexists(keysOf("dg:", run.record.id).run, "w0"), { interval: 1 }).toBe(1);
    writer.write(value);
    expect(await waiting).toEqual([value]);
  };
  await next("first");
  const before = await calls("xread");
  for (let n = 0; n < 5; n++) await next(n);
  expect(await calls("xread")).toBe(before);
  await next("x".repeat(2_000));
  expect(await calls("xread")).toBe(before + 1);
});

test("a ledger that comes along is taken where it follows on the one that is known, and nothing is asked", () => {
  const wired = record();
  const claimed = (ledger: Ledger) => apply(wired, ledger, { type: "claim", task: 0, token: "t" }) ?? ledger;
  const start = initialLedger(wired);
  const steps: LedgerStep[] = [];
  // There is no link: whoever asked the server would fail.
  const ledger = new RedisLedger(
    wired,
    { keys: keysOf("dg:", wired.id), link: undefined as never, channel: "here", leaseMs: 1_000 },
    { ledger: start, revision: 4 },
    (step) => steps.push(step),
  );
  const state = (revision: number) => ({ revision, ledger: ledgerText(claimed(start)), tops: new Map([[1, { values: 0 }]]) });
  expect([ledger.follow(state(4), 3), ledger.follow(state(6), 5), steps]).toEqual([false, false, []]);
  // Between 4 and 6 there was a claim, of which nobody needs to know.
  expect(ledger.follow(state(6), 4)).toBe(true);
  expect(ledger.current.tasks).toEqual(claimed(start).tasks);
  expect([...(steps[0]?.changes.owned ?? [])]).toEqual([[1, "t"]]);
  expect([...(steps[0]?.tops ?? [])]).toEqual([[1, { values: 0 }]]);
  expect([ledger.knows(6), ledger.knows(7)]).toEqual([true, false]);
});

/** What is told to each process that follows a run, from now on: the first letter of the news. */
async function heard(client: Redis, hash: string): Promise<() => string[]> {
  const listener = client.duplicate();
  onTestFinished(() => listener.disconnect());
  const channels = (await client.hget(hash, "m"))?.split("\n") ?? [];
  const news = channels.map(() => "");
  listener.on("smessageBuffer", (channel: Buffer, message: Buffer) => {
    news[channels.indexOf(channel.toString())] += addressed(message).news.toString("latin1", 0, 1);
  });
  await listener.ssubscribe(...channels);
  return () => news;
}

test("values are told to who waits for them alone, and what happens to the run to all but who has done it", async () => {
  const { run, other, client, connect } = await twoProcesses();
  const hash = keysOf("dg:", run.record.id).run;
  const third = (await (await connect()).open(run.record.id)) as RunStore;
  third.watch(() => undefined);
  const told = await heard(client, hash);
  const reader = readerOf(other, "in", { as: "only" });
  const waiting = taken(reader);
  await expect.poll(() => client.hexists(hash, "w0"), { interval: 1 }).toBe(1);
  const writer = writerOf(run, "in");
  writer.write("value");
  expect(await waiting).toEqual(["value"]);
  await writer.end({ state: "completed" });
  // In the order in which they got to know the run: who has created it, who reads, who only watches.
  await expect.poll(told).toEqual(["", "Tl", "l"]);
});

test("news that overtake the reply that a run is known from are made up for", async () => {
  const { run, url, client, connect, calls } = await twoProcesses();
  const hash = keysOf("dg:", run.record.id).run;
  const before = new Set((await client.pubsub("SHARDCHANNELS")) as string[]);
  const store = await connect();
  const [channel = ""] = ((await client.pubsub("SHARDCHANNELS")) as string[]).filter((name) => !before.has(name));
  const scripts = async () => (await calls("evalsha")) + (await calls("eval"));
  const asked = await scripts();
  const opening = store.open(run.record.id);
  // This process reads nothing until both are there, and takes up either first.
  publishMeanwhile(url, channel, `${hash.length}:${hash}l:99:98`);
  await opening;
  // It is opened, and asked for once more.
  await expect.poll(async () => (await scripts()) - asked).toBe(2);
});

test("who is told of small chunks need not ask for each of them, and who has gone away is soon forgotten", async () => {
  const { run, other, client, calls } = await twoProcesses();
  const hash = keysOf("dg:", run.record.id).run;
  const writer = writerOf(run, "in");
  const reader = readerOf(other, "in", { as: "only" });
  const first = taken(reader);
  await expect.poll(() => client.hexists(hash, "w0"), { interval: 1 }).toBe(1);
  writer.write("first");
  expect(await first).toEqual(["first"]);
  const before = await calls("evalsha");
  for (let n = 0; n < 5; n++) {
    const next = taken(reader);
    writer.write(n);
    expect(await next).toEqual([n]);
  }
  // Each value is written, and now and then it is said how far the reader is.
  expect((await calls("evalsha")) - before).toBeLessThan(9);
  reader.close();
  for (let n = 0; n < 8; n++) {
    writer.write(n);
    await writer.flush();
  }
  expect(await client.hexists(hash, "w0")).toBe(0);
});

/** Returns when the message has been published; until then this thread does nothing. */
function publishMeanwhile(url: string, channel: string, message: string): void {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const program = `
    const { workerData } = require("node:worker_threads");
    const { Redis } = require("ioredis");
    const client = new Redis(workerData.url);
    client.spublish(workerData.channel, workerData.message).then(() => {
      client.disconnect();
      Atomics.store(workerData.done, 0, 1);
      Atomics.notify(workerData.done, 0);
    });`;
  new Worker(program, { eval: true, workerData: { url, channel, message, done } });
  expect(Atomics.wait(done, 0, 0, 5_000)).not.toBe("timed-out");
}
