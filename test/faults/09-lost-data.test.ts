/** Promise 9: data that is gone or is something else gives a typed error within 5 s; nothing restarts or hangs silently. */
import { type DatagraphError, RunLostError, StoreError, StreamFailedError } from "datagraph";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { readAll, readerOf, writerOf } from "../../src/testing/store-conformance/kit.ts";
import { wire } from "../../src/testing/store-conformance/wiring.ts";
import { fresh } from "../support/fresh.ts";
import type { RedisServer } from "../support/redis.ts";
import { Counter, counting, Follower } from "./kit/flows.ts";
import { chainOf, client, errorOf, figure, makeSupervisor, openStore, startServer } from "./kit/scene.ts";

const LIMIT_MS = 5_000;

interface Harm {
  readonly what: string;
  readonly to: (redis: Redis, run: string) => Promise<unknown>;
  readonly error: new (...args: never[]) => DatagraphError;
}

const HARMS: readonly Harm[] = [
  { what: "FLUSHALL", to: (redis) => redis.flushall(), error: RunLostError },
  { what: "a deleted run", to: (redis, run) => redis.del(`dg:{${run}}:run`), error: RunLostError },
  {
    what: "a run that is something else",
    to: (redis, run) => redis.set(`dg:{${run}}:run`, "not a run"),
    error: StoreError,
  },
];

for (const { what, to, error } of HARMS) {
  test(`${what} fails readers, writers and the run, here and elsewhere`, { timeout: 60_000 }, async () => {
    const server = await startServer();
    const { run, waiting, elsewhere, counter } = await goingOn(server);
    const start = performance.now();
    await to(client(server.url), run.id);
    const outcomes = [waiting.done, run.done, elsewhere.reading, elsewhere.run.done];
    for (const outcome of outcomes) {
      const failure = await within(errorOf(outcome), what, { deadlineMs: LIMIT_MS });
      expect(
        chainOf(failure).some((cause) => cause instanceof error),
        chainOf(failure).join(" ← "),
      ).toBe(true);
    }
    figure("9", `${what}: everybody knew after ${Math.round(performance.now() - start)} ms`);
    // The source is not asked for more once nobody takes it.
    const given = counter.given;
    await eventually(() => expect(counter.given - given).toBeLessThan(2));
    await expect(within(run.status(), "the status")).rejects.toThrow(error);
  });
}

test("a run that waits for nothing but a silent source notices, too", async () => {
  const server = await startServer();
  const supervisor = makeSupervisor({ redis: server.url });
  const silent = {
    async *[Symbol.asyncIterator]() {
      await new Promise(() => undefined);
      yield 0;
    },
  };
  const run = await supervisor.startFlow(counting(), { n: silent });
  const reading = run.outputs.out.toArray();
  await client(server.url).flushall();
  for (const outcome of [reading, run.done]) {
    expect(await within(errorOf(outcome), "the failure", { deadlineMs: LIMIT_MS })).toBeInstanceOf(StreamFailedError);
  }
});

const WIRING = { tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }], bounds: { retain: "all" as const } };
const STREAM_HARMS: readonly Harm[] = [
  { what: "a deleted stream", to: (redis, run) => redis.del(`dg:{${run}}:s:0`), error: RunLostError },
  {
    what: "a stream that is something else",
    to: (redis, run) => redis.set(`dg:{${run}}:s:0`, "not a stream"),
    error: StoreError,
  },
];

for (const { what, to, error } of STREAM_HARMS) {
  for (const ended of [false, true]) {
    test(`${what} fails who needs its values${ended ? ", also when it has ended" : ""}`, async () => {
      const server = await startServer();
      const [store, other] = [await openStore({ url: server.url }), await openStore({ url: server.url })];
      const { run } = await store.create(wire({ ...WIRING, id: fresh() }));
      const writer = writerOf(run, "in");
      for (let i = 0; i < 100; i++) writer.write(i);
      await writer.flush();
      if (ended) await writer.end({ state: "completed" });
      const there = await other.open(run.record.id);
      if (!there) throw new Error("The run is there");
      await to(client(server.url), run.record.id);
      const late = readAll(readerOf(there, "in", { as: "reads" }));
      expect(await within(errorOf(late), what, { deadlineMs: LIMIT_MS })).toBeInstanceOf(error);
      if (ended || error === RunLostError) return;
      writer.write("more");
      expect(await within(errorOf(writer.flush()), "the writer to fail", { deadlineMs: LIMIT_MS })).toBeInstanceOf(error);
    });
  }
}

test("a server that went back to an earlier state fails the run instead of going on with a gap", {
  timeout: 60_000,
}, async () => {
  const server = await startServer();
  const redis = client(server.url);
  const { run, waiting } = await goingOn(server);
  const keys = [`dg:{${run.id}}:run`, ...[0, 1, 2].map((i) => `dg:{${run.id}}:s:${i}`)];
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  const before = waiting.next;
  await eventually(() => expect(waiting.next).toBeGreaterThan(before + 200));
  const restore = redis.multi();
  for (const [i, key] of keys.entries()) restore.del(key).restore(key, 60_000, dumps[i] ?? Buffer.alloc(0));
  await restore.exec();
  for (const outcome of [waiting.done, run.done]) {
    const failure = await within(errorOf(outcome), "the failure", { deadlineMs: LIMIT_MS });
    expect(chainOf(failure).join(" ← ")).toMatch(/lacks values that were written|earlier state/);
  }
});

/** A flow that counts, read here and from a second store. */
async function goingOn(server: RedisServer) {
  const counter = new Counter();
  const run = await makeSupervisor({ redis: server.url }).startFlow(counting(), { n: counter });
  const waiting = new Follower(run.outputs.out, 2);
  const second = await makeSupervisor({ redis: server.url }).run(run.id);
  const follower = new Follower(second.outputs.out as AsyncIterable<number>, 2);
  await eventually(() => {
    expect(waiting.next).toBeGreaterThan(20);
    expect(follower.next).toBeGreaterThan(20);
  });
  return { run, counter, waiting, elsewhere: { run: second, reading: follower.done } };
}
