import { describe, expect, it } from "vitest";
import { DeterminismError } from "../../errors.ts";
import type { Claim, Following, RunStore, StreamWriter } from "../../streams/store.ts";
import { eventually, within } from "../eventually.ts";
import {
  COMPLETED,
  claimed,
  Kit,
  numbers,
  readAll,
  readerOf,
  readSome,
  type Suite,
  streamIndex,
  writeAll,
  writerOf,
  writeToEnd,
} from "./kit.ts";

const PLAIN = { tasks: [{ processor: "works", inputs: ["in"], outputs: ["out"] }], durable: true };

/** An attempt at the task "works", which follows its input. */
interface Attempt {
  readonly claim: Claim;
  readonly following: Following;
  readonly out: StreamWriter;
}

async function attemptAt(run: RunStore): Promise<Attempt> {
  const claim = await claimed(run, "works");
  const following = claim.follow(streamIndex(run, "in"));
  return { claim, following, out: writerOf(run, "out", claim) };
}

/** A task that is given back, or lost with its process, goes on where it was. */
export function testResuming(suite: Suite): void {
  describe("resuming", () => {
    testPositions(suite);
    testOutputs(suite);
    testDeterminism(suite);
    testTrimming(suite);
  });
}

function testPositions(suite: Suite): void {
  const kit = new Kit(suite);

  it("begins at the first value in a first attempt, and where the last one was in the next", async () => {
    const run = await kit.create(PLAIN);
    const first = await attemptAt(run);
    expect(first.following.from).toBe(0);
    for (const position of [1, 2, 3]) {
      first.out.write(`of ${position}`);
      first.following.reached(position);
    }
    await run.release(first.claim);
    const second = await attemptAt(run);
    expect(second.claim.attempt).toBe(2);
    expect(second.following.from).toBe(3);
    second.out.write("of 4");
    second.following.reached(4);
    await run.settle(second.claim, COMPLETED);
    expect(await readAll(readerOf(run, "out"))).toEqual(["of 1", "of 2", "of 3", "of 4"]);
  });

  it("drops the values again that are written of an input value that is not done", async () => {
    const run = await kit.create(PLAIN);
    const first = await attemptAt(run);
    first.out.write("1a");
    first.following.reached(1);
    first.out.writeMany(["2a", "2b"]);
    await run.release(first.claim);
    const second = await attemptAt(run);
    expect(second.following.from).toBe(1);
    second.out.writeMany(["2a", "2b", "2c"]);
    second.following.reached(2);
    second.out.write("3a");
    second.following.reached(3);
    await run.release(second.claim);
    const third = await attemptAt(run);
    expect(third.following.from).toBe(3);
    await run.settle(third.claim, COMPLETED);
    expect(await readAll(readerOf(run, "out"))).toEqual(["1a", "2a", "2b", "2c", "3a"]);
  });

  it("notes how far a task is of which nothing comes", async () => {
    const run = await kit.create({ tasks: [{ processor: "works", inputs: ["in"] }], durable: true });
    const first = await claimed(run, "works");
    const following = first.follow(0);
    for (const position of numbers(700, 1)) following.reached(position);
    await run.release(first);
    const second = await claimed(run, "works");
    expect(second.follow(0).from).toBe(700);
  });

  it("suspects no value of a task that is given back, whatever it had in hand", async () => {
    const run = await kit.create(PLAIN);
    const first = await attemptAt(run);
    expect(first.claim.suspects).toBeUndefined();
    await first.claim.hold({ from: 0, until: 1 });
    await first.claim.hold({ from: 1, until: 5 });
    await run.release(first.claim);
    const second = await attemptAt(run);
    expect(second.claim.suspects).toBeUndefined();
    // Of one that has it no more this says nothing.
    await first.claim.hold({ from: 5, until: 6 });
    await second.claim.hold(undefined);
    await run.settle(second.claim, COMPLETED);
  });

  it("has the next attempt take a list again of which a part is written", async () => {
    const run = await kit.create(PLAIN);
    const first = await attemptAt(run);
    expect(first.following.listFrom(0)).toBeUndefined();
    first.following.emits(10);
    first.out.write("of 10");
    first.following.reached(10);
    first.following.emits(25);
    first.out.write("some of 15");
    await run.release(first.claim);
    const second = await attemptAt(run);
    expect(second.following.from).toBe(10);
    expect(second.following.listFrom(10)).toEqual({ until: 25, exact: true });
    expect(second.following.listFrom(25)).toBeUndefined();
    second.following.emits(25);
    second.out.writeMany(["some of 15", "the rest of 15"]);
    second.following.reached(25);
    await run.settle(second.claim, COMPLETED);
    expect(await readAll(readerOf(run, "out"))).toEqual(["of 10", "some of 15", "the rest of 15"]);
  });
}

function testOutputs(suite: Suite): void {
  const kit = new Kit(suite);

  it("notes each output's place, also of those that get nothing", async () => {
    const run = await kit.create({ tasks: [{ processor: "works", inputs: ["in"], outputs: ["out", "rare"] }], durable: true });
    const first = await attemptAt(run);
    const rare = writerOf(run, "rare", first.claim);
    for (const position of numbers(40, 1)) {
      first.out.write(position);
      if (position === 20) rare.write(position);
      first.following.reached(position);
    }
    await run.release(first.claim);
    const second = await attemptAt(run);
    expect(second.following.from).toBe(40);
    writerOf(run, "rare", second.claim).write(41);
    second.following.reached(41);
    await run.settle(second.claim, COMPLETED);
    expect(await readAll(readerOf(run, "out"))).toEqual(numbers(40, 1));
    expect(await readAll(readerOf(run, "rare"))).toEqual([20, 41]);
  });

  it("writes everything again that a task made which follows nothing, and keeps it once", async () => {
    const run = await kit.create(PLAIN);
    const first = await claimed(run, "works");
    await writeAll(writerOf(run, "out", first), [1, 2, 3]);
    await run.release(first);
    const second = await claimed(run, "works");
    const writer = writerOf(run, "out", second);
    writer.write(1);
    writer.writeMany([2, 3, 4]);
    writer.write(5);
    await run.settle(second, COMPLETED);
    expect(await readAll(readerOf(run, "out"))).toEqual([1, 2, 3, 4, 5]);
  });
}

function testDeterminism(suite: Suite): void {
  const kit = new Kit(suite);

  /** A task that has written these values, in chunks of these sizes, and was given back. */
  async function attempted(...lists: readonly unknown[][]): Promise<{ run: RunStore; claim: Claim; writer: StreamWriter }> {
    const run = await kit.create(PLAIN);
    const first = await claimed(run, "works");
    for (const list of lists) {
      writerOf(run, "out", first).writeMany(list);
      await writerOf(run, "out", first).flush();
    }
    await run.release(first);
    const claim = await claimed(run, "works");
    return { run, claim, writer: writerOf(run, "out", claim) };
  }

  it("accepts the same values again, however they are put together", async () => {
    const values = [{ a: 1 }, "b", [2.5, null], { a: 3, b: "c".repeat(100) }, 4];
    const { run, claim, writer } = await attempted(values.slice(0, 1), values.slice(1, 4), values.slice(4));
    writer.writeMany(structuredClone(values.slice(0, 3)));
    for (const value of structuredClone(values.slice(3))) writer.write(value);
    writer.write("new");
    claim.finish();
    // And once more: what was written now counts as well.
    await run.release(claim);
    const third = await claimed(run, "works");
    writerOf(run, "out", third).writeMany([...structuredClone(values), "new"]);
    third.finish();
    await run.settle(third, COMPLETED);
    expect(await readAll(readerOf(run, "out"))).toEqual([...values, "new"]);
  });

  it("refuses other values than those that are written, and names processor and stream", async () => {
    const { writer } = await attempted([1, 2], [{ at: "noon" }]);
    writer.writeMany([1, 2]);
    expect(() => writer.write({ at: "one" })).toThrow(DeterminismError);
    const { writer: other } = await attempted([1, 2, 3]);
    expect(() => other.writeMany([1, 3, 2, 4])).toThrow(/"works".*"out".*implementEach/s);
  });

  it("refuses an end before what is written", async () => {
    const { claim, writer } = await attempted([1, 2, 3]);
    writer.writeMany([1, 2]);
    expect(() => claim.finish()).toThrow(/only 2 of the 3/);
    writer.write(3);
    claim.finish();
  });
}

function testTrimming(suite: Suite): void {
  const kit = new Kit(suite);

  it("keeps what is not done for another attempt, and drops what is", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { retain: "unread", highWaterValues: 20 } });
    const input = writerOf(run, "in");
    await writeAll(input, numbers(15));
    await input.flush();
    const first = await attemptAt(run);
    const reader = readerOf(run, "in", { as: "works" });
    await readSome(reader, 15);
    for (const position of numbers(10, 1)) first.following.reached(position);
    // Everything is passed, ten are done.
    const waiting = reader.wait();
    await eventually(async () => {
      input.write("more");
      await readSome(reader, 1);
      expect((await run.snapshot()).streams[0]?.floor).toBe(10);
    });
    reader.close();
    await waiting;
    await run.release(first.claim);
    const second = await attemptAt(run);
    expect(second.following.from).toBe(10);
    expect(await readSome(readerOf(run, "in", { as: "works", from: 10 }), 5)).toEqual(numbers(5, 10));
  });

  it("gives the input's writer room when a task goes on at its end", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { retain: "unread", highWaterValues: 20, highWaterBytes: 500 } });
    const input = writerOf(run, "in");
    await writeAll(input, ["x".repeat(300), "y".repeat(150)]);
    await input.flush();
    const first = await attemptAt(run);
    first.following.reached(2);
    await run.release(first.claim);
    const second = await attemptAt(run);
    const reader = readerOf(run, "in", { as: "works", from: second.following.from });
    const next = readSome(reader, 1);
    await within(input.room(), "room before the reader");
    await writeToEnd(input, ["z".repeat(300), "end"]);
    expect(await next).toEqual(["z".repeat(300)]);
    expect(await readAll(reader)).toEqual(["end"]);
  });
}
