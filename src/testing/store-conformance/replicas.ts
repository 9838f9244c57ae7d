import { describe, expect, it } from "vitest";
import { FencedError, StreamFailedError } from "../../errors.ts";
import type { Share, SharedPart, SharedValue, ShareOrder, ShareSettings } from "../../streams/share.ts";
import type { Claim, RunStore } from "../../streams/store.ts";
import { eventually, within } from "../eventually.ts";
import {
  COMPLETED,
  claimed,
  EventLog,
  failed,
  Kit,
  numbers,
  readAll,
  readError,
  readerOf,
  readSome,
  type Suite,
  writerOf,
  writeToEnd,
} from "./kit.ts";

const PLAIN = { tasks: [{ processor: "works", inputs: ["in"], outputs: ["out"] }], durable: true };
const OUT = 1;

/** One attempt at one replica. */
interface Replica {
  readonly claim: Claim;
  readonly share: Share;
}

interface Sharing extends Partial<Pick<ShareSettings, "replicas" | "hashOf">> {
  readonly order?: ShareOrder;
}

/** Claims a replica, the first or another one, and opens its share of the input. */
async function replicaOf(run: RunStore, task: number, { replicas = 2, order = "none", ...rest }: Sharing = {}): Promise<Replica> {
  const claim = await eventually(async () => {
    const found = await run.claim(task);
    if (!found) throw new Error(`Task ${task} cannot be claimed`);
    return found;
  });
  const share = await claim.share({ input: 0, replicas, order, ...rest });
  if (!share) throw new Error("The task is not shared");
  return { claim, share };
}

async function take({ share }: Replica, max: number): Promise<SharedValue[]> {
  const parts = await within(share.take({ max }), `${max} values to take`);
  return valuesOf(parts);
}

function valuesOf(parts: readonly SharedPart[] | undefined): SharedValue[] {
  return (parts ?? []).flatMap(({ values }) => values);
}

/** Says that values are done, and stores them as what came of them. */
async function done({ share }: Replica, values: readonly SharedValue[]): Promise<void> {
  for (const value of values) share.done(value, new Map([[OUT, [value.value]]]));
  await within(share.flush(), "what is done to be stored");
}

const inputs = (values: readonly SharedValue[]) => values.map(({ value }) => value);

/** Several replicas of one task take the values of its input, each of them once. */
export function testReplicas(suite: Suite): void {
  describe("replicas", () => {
    testMaking(suite);
    testTaking(suite);
    testOrder(suite);
    testKeys(suite);
  });
}

function testMaking(suite: Suite): void {
  const kit = new Kit(suite);

  it("are made by the first who shares the input, and are ready at once", async () => {
    const run = await kit.create(PLAIN);
    const log = new EventLog(run);
    const first = await replicaOf(run, 0, { replicas: 3 });
    expect(first.share.sharing).toEqual({ replicas: 3, order: "none" });
    expect(log.events.filter(({ type }) => type === "ready")).toEqual([
      expect.objectContaining({ task: 0 }),
      { type: "ready", task: 1, attempt: 1, here: true, of: 0 },
      { type: "ready", task: 2, attempt: 1, here: true, of: 0 },
    ]);
    log.close();
    const { tasks } = await run.snapshot();
    expect(tasks).toEqual([{ state: "running", attempt: 1, replicas: 3 }]);
    // What a second one wishes decides nothing.
    const second = await replicaOf(run, 1, { replicas: 7, order: "input" });
    expect(second.share.sharing).toEqual({ replicas: 3, order: "none" });
    expect(await run.claim(3)).toBeUndefined();
  });

  it("are not made where nobody asks for several, nor where an attempt has followed the input alone", async () => {
    const run = await kit.create(PLAIN);
    const alone = await claimed(run, "works");
    expect(await alone.share({ input: 0, replicas: 1, order: "input" })).toBeUndefined();
    await writeToEnd(writerOf(run, "in"), numbers(3));
    const following = alone.follow(0);
    writerOf(run, "out", alone).write(0);
    following.reached(1);
    await run.release(alone);
    const again = await claimed(run, "works");
    expect(await again.share({ input: 0, replicas: 4, order: "input" })).toBeUndefined();
    expect(again.follow(0).from).toBe(1);
  });

  it("complete their outputs together, and those that never began with them", async () => {
    const run = await kit.create(PLAIN);
    await writeToEnd(writerOf(run, "in"), numbers(4));
    const [first, second] = [await replicaOf(run, 0, { replicas: 4 }), await replicaOf(run, 1)];
    await done(first, await take(first, 4));
    await done(second, await take(second, 4));
    expect(await within(first.share.take({ max: 1 }), "the end")).toBeUndefined();
    await run.settle(first.claim, COMPLETED);
    expect((await run.snapshot()).streams[OUT]?.state).toBe("open");
    expect(await within(second.share.take({ max: 1 }), "the end")).toBeUndefined();
    await run.settle(second.claim, COMPLETED);
    const { state, tasks } = await run.snapshot();
    expect({ state, task: tasks[0]?.state }).toEqual({ state: "completed", task: "completed" });
    expect(new Set(await readAll(readerOf(run, "out")))).toEqual(new Set(numbers(4)));
  });

  it("fail together", async () => {
    const run = await kit.create(PLAIN);
    const log = new EventLog(run);
    const first = await replicaOf(run, 0, { replicas: 3 });
    const second = await replicaOf(run, 1);
    await run.settle(second.claim, failed(run, "of a replica"));
    expect(await readError(readerOf(run, "out"))).toBeInstanceOf(StreamFailedError);
    expect((await log.first("stopped")).tasks).toContain(0);
    await run.settle(first.claim, { state: "cancelled", reason: "stopped" });
    const { state, tasks } = await run.snapshot();
    expect({ state, task: tasks[0]?.state }).toEqual({ state: "failed", task: "failed" });
  });
}

function testTaking(suite: Suite): void {
  const kit = new Kit(suite);

  it("get each value once, whoever asks, also those that come later", async () => {
    const run = await kit.create(PLAIN);
    const writer = writerOf(run, "in");
    const replicas = [await replicaOf(run, 0, { replicas: 3 }), await replicaOf(run, 1), await replicaOf(run, 2)];
    const got: unknown[] = [];
    const work = replicas.map(async (replica, i) => {
      for (let values = await take(replica, i + 2); values.length > 0; values = await take(replica, i + 2)) {
        got.push(...inputs(values));
        await done(replica, values);
      }
    });
    for (const from of numbers(10)) {
      for (const n of numbers(20, from * 20)) writer.write(n);
      await writer.flush();
    }
    await writer.end(COMPLETED);
    await within(Promise.all(work), "all values to be taken");
    expect([...got].sort((a, b) => Number(a) - Number(b))).toEqual(numbers(200));
    for (const { claim } of replicas) await run.settle(claim, COMPLETED);
    const written = await readAll(readerOf(run, "out"));
    expect([...written].sort((a, b) => Number(a) - Number(b))).toEqual(numbers(200));
    // Every reader sees the same.
    expect(await readAll(readerOf(run, "out"), 7)).toEqual(written);
  });

  it("get what a lost one had, and nothing that it has done; what it does later is refused", async () => {
    const run = await kit.create(PLAIN);
    await writeToEnd(writerOf(run, "in"), numbers(10));
    const first = await replicaOf(run, 0);
    const had = await take(first, 6);
    expect(inputs(had)).toEqual(numbers(6));
    await done(first, had.slice(1, 3));
    const second = await replicaOf(run, 1);
    await run.release(first.claim);
    const parts = await within(second.share.take({ max: 3 }), "what was freed");
    expect(parts?.every(({ again }) => again)).toBe(true);
    expect(inputs(valuesOf(parts))).toEqual([0, 3, 4]);
    await done(second, valuesOf(parts));
    const rest = [...(await take(second, 10))];
    if (rest.length < 5) rest.push(...(await take(second, 10)));
    expect(inputs(rest)).toEqual([5, 6, 7, 8, 9]);
    await expect(done(first, had)).rejects.toThrow(FencedError);
    await expect(first.share.take({ max: 1 })).rejects.toThrow(FencedError);
    await done(second, rest);
    expect(await second.share.take({ max: 1 })).toBeUndefined();
    await run.settle(second.claim, COMPLETED);
    // The replica that was lost is ready again, and there is nothing to do for it.
    const third = await replicaOf(run, 0);
    expect(third.claim.attempt).toBe(2);
    expect(await third.share.take({ max: 1 })).toBeUndefined();
    await run.settle(third.claim, COMPLETED);
    expect(await readAll(readerOf(run, "out"))).toEqual([1, 2, 0, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("get what another one gives back, which may have waited for it", async () => {
    const run = await kit.create(PLAIN);
    await writeToEnd(writerOf(run, "in"), numbers(4));
    const [first, second] = [await replicaOf(run, 0), await replicaOf(run, 1)];
    const had = await take(first, 4);
    const waits = take(second, 4);
    first.share.giveBack(had.slice(2));
    const got = await waits;
    expect(inputs(got)).toEqual([2, 3]);
    await done(first, had.slice(0, 2));
    await done(second, got);
    expect(await first.share.take({ max: 1 })).toBeUndefined();
  });

  it("wait for as many as they ask for, but not for longer than they say", async () => {
    const run = await kit.create(PLAIN);
    const writer = writerOf(run, "in");
    const first = await replicaOf(run, 0);
    const list = first.share.take({ max: 5, min: 5 });
    for (const n of numbers(3)) writer.write(n);
    await writer.flush();
    const waited = await Promise.race([list, eventually(() => expect(writer.full).toBe(false)).then(() => "waits")]);
    expect(waited).toBe("waits");
    for (const n of numbers(3, 3)) writer.write(n);
    expect(inputs(valuesOf(await within(list, "five values")))).toEqual(numbers(5));
    const rest = await within(first.share.take({ max: 5, min: 5, maxWaitMs: 20 }), "what there is");
    expect(inputs(valuesOf(rest))).toEqual([5]);
  });

  it("make room as values are done", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { highWaterValues: 10, retain: "unread" } });
    const writer = writerOf(run, "in");
    const first = await replicaOf(run, 0);
    for (const n of numbers(4)) writer.write(n);
    const had = await take(first, 4);
    for (const n of numbers(8, 4)) writer.write(n);
    await writer.flush();
    const room = writer.room();
    expect(await Promise.race([room, Promise.resolve("full")])).toBe("full");
    // The first is not done: nothing before it can be let go.
    await done(first, had.slice(1));
    expect((await run.snapshot()).streams[0]?.floor).toBe(0);
    await done(first, had.slice(0, 1));
    await within(room, "room");
    await eventually(async () => expect((await run.snapshot()).streams[0]?.floor).toBe(4));
  });
}

function testOrder(suite: Suite): void {
  const kit = new Kit(suite);

  it("write in the order of the input where they are asked to, and keep what is done until its turn", async () => {
    const run = await kit.create(PLAIN);
    await writeToEnd(writerOf(run, "in"), numbers(6));
    const first = await replicaOf(run, 0, { order: "input" });
    const early = await take(first, 2);
    const second = await replicaOf(run, 1, { order: "input" });
    const late = await take(second, 1);
    const last = await take(second, 1);
    await done(second, late);
    await done(second, last);
    expect((await run.snapshot()).streams[OUT]?.values).toBe(0);
    // It is kept although its replica is lost, and is not handed out again.
    await run.release(second.claim);
    await done(first, early.slice(0, 1));
    expect(await readSome(readerOf(run, "out"), 1)).toEqual([0]);
    await done(first, early.slice(1));
    expect(await readSome(readerOf(run, "out"), 4)).toEqual(numbers(4));
    const rest = await take(first, 9);
    expect(inputs(rest)).toEqual([4, 5]);
    // Of the last ones nothing comes.
    for (const value of rest) first.share.done(value, new Map());
    await first.share.flush();
    expect(await first.share.take({ max: 1 })).toBeUndefined();
  });
}

function testKeys(suite: Suite): void {
  const kit = new Kit(suite);
  /** Each value's number is its key. */
  const hashOf = (value: unknown): number => Number(value);
  const laneOf = ({ value }: SharedValue) => Number(value) % 8;

  it("keep values of one key together, in order, and give the keys of a lost one to others", async () => {
    const run = await kit.create(PLAIN);
    const writer = writerOf(run, "in");
    for (const n of numbers(80)) writer.write(n);
    const [first, second] = [
      await replicaOf(run, 0, { order: "key", hashOf }),
      await replicaOf(run, 1, { order: "key", hashOf }),
    ];
    // Who is alone has all keys; as soon as somebody else asks, it gets some of them.
    const all = await take(first, 24);
    const waits = take(second, 24);
    await done(first, all);
    const secondHas = await waits;
    const firstHas = await take(first, 24);
    const lanes = [new Set(firstHas.map(laneOf)), new Set(secondHas.map(laneOf))] as const;
    expect([...lanes[0]].filter((lane) => lanes[1].has(lane))).toEqual([]);
    for (const lane of lanes[1]) {
      const ofLane = secondHas.filter((value) => laneOf(value) === lane).map(({ value }) => value);
      const taken = all.filter((value) => laneOf(value) === lane).length;
      expect(ofLane).toEqual(
        numbers(80)
          .filter((n) => n % 8 === lane)
          .slice(taken, taken + ofLane.length),
      );
    }
    await writer.end(COMPLETED);
    await done(second, secondHas);
    await run.release(first.claim);
    const written = [...inputs(all), ...inputs(secondHas)];
    for (let values = await take(second, 16); values.length > 0; values = await take(second, 16)) {
      written.push(...inputs(values));
      await done(second, values);
    }
    expect([...written].sort((a, b) => Number(a) - Number(b))).toEqual(numbers(80));
    for (const lane of numbers(8)) {
      expect(written.filter((n) => Number(n) % 8 === lane)).toEqual(numbers(80).filter((n) => n % 8 === lane));
    }
    await run.settle(second.claim, COMPLETED);
    await run.settle((await replicaOf(run, 0, { order: "key", hashOf })).claim, COMPLETED);
    expect(await readAll(readerOf(run, "out"))).toEqual(written);
  });

  it("refuse who has no keys where the others have", async () => {
    const run = await kit.create(PLAIN);
    await replicaOf(run, 0, { order: "key", hashOf });
    await expect(replicaOf(run, 1, { order: "none" })).rejects.toThrow(/Implement it the same everywhere/);
  });
}
