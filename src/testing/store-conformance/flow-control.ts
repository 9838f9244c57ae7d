import { describe, expect, it } from "vitest";
import type { RunStore, StreamSnapshot } from "../../streams/store.ts";
import { eventually, within } from "../eventually.ts";
import {
  claimed,
  Kit,
  numbers,
  readAll,
  readerOf,
  readSome,
  type Suite,
  writeAll,
  writerOf,
  writeToEnd,
  writeUntilFull,
} from "./kit.ts";

const PLAIN = { tasks: [{ processor: "reads", inputs: ["in"] }] };

/** A writer runs at most its bounds ahead of its slowest attached reader. */
export function testFlowControl(suite: Suite): void {
  describe("flow control", () => {
    testHighWater(suite);
    testWaiting(suite);
    testBacklog(suite);
    testLeaving(suite);
  });
}

function testHighWater(suite: Suite): void {
  const kit = new Kit(suite);

  it("is full when it is a high water mark of values ahead", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { highWaterValues: 8 } });
    const writer = writerOf(run, "in");
    await attached(run);
    expect(writer.full).toBe(false);
    expect(await writeUntilFull(writer, "value", 100)).toBe(8);
  });

  it("is full when it is a high water mark of bytes ahead", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { highWaterBytes: 10_000 } });
    await attached(run);
    const count = await writeUntilFull(writerOf(run, "in"), "x".repeat(1000), 100);
    expect(count).toBeGreaterThanOrEqual(5);
    expect(count).toBeLessThanOrEqual(10);
    const { bytes } = await streamOf(run);
    // A text of 1000 ASCII characters takes at least that, and a few more to say what it is.
    if (suite.capabilities.bytes === "exact") expect(bytes).toBeLessThan(count * 1010);
    expect(bytes).toBeGreaterThanOrEqual(count * 1000);
  });

  it("accepts a value that is larger than its bounds", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { highWaterBytes: 10, maxBacklogBytes: 10 } });
    const large = numbers(5).map((i) => `${i}`.repeat(1000));
    const [values] = await Promise.all([readAll(readerOf(run, "in", { as: "reads" })), writeToEnd(writerOf(run, "in"), large)]);
    expect(values).toEqual(large);
  });
}

function testWaiting(suite: Suite): void {
  const kit = new Kit(suite);

  it("waits when it is full, says for whom, and goes on when that one has read", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { highWaterValues: 4 } });
    const reader = await attached(run);
    const writer = writerOf(run, "in");
    await writeUntilFull(writer, "value", 100);
    let hasRoom = false;
    const room = writer.room().then(() => {
      hasRoom = true;
    });
    await eventually(async () => {
      expect(await streamOf(run)).toMatchObject({ values: 4, backlog: 4, waitsFor: [0] });
    });
    expect(hasRoom).toBe(false);
    await readSome(reader, 4);
    expect(reader.take(1)).toBeUndefined();
    await within(room, "room");
    expect(writer.full).toBe(false);
    await eventually(async () => {
      expect(await streamOf(run)).toMatchObject({ backlog: 0, waitsFor: [] });
    });
  });

  it("has room at once where there is room", async () => {
    const run = await kit.create(PLAIN);
    const writer = writerOf(run, "in");
    await within(writer.room(), "room in an empty stream");
    writer.write(1);
    expect(writer.full).toBe(false);
    await within(writer.room(), "room in a stream with one value");
  });

  it("never passes its bounds while a slow and a quick reader read", async () => {
    const bounds = { highWaterValues: 8 };
    const run = await kit.create({
      tasks: [
        { processor: "slow", inputs: ["in"] },
        { processor: "quick", inputs: ["in"] },
      ],
      bounds,
    });
    const slow = readerOf(run, "in", { as: "slow" });
    const quick = readerOf(run, "in", { as: "quick" });
    const seen: number[] = [];
    const reading = (async () => {
      const all: unknown[] = [];
      while (await within(slow.wait(), "values for the slow reader")) {
        const values = slow.take(3) ?? [];
        seen.push((await streamOf(run)).values - all.length);
        all.push(...values);
      }
      return all;
    })();
    await Promise.all([slow.wait(), quick.wait(), writeAll(writerOf(run, "in"), [0])]);
    const quickly = readAll(quick);
    await writeToEnd(writerOf(run, "in"), numbers(199, 1));
    expect(await reading).toEqual(numbers(200));
    expect(await quickly).toEqual(numbers(200));
    expect(Math.max(...seen)).toBeLessThanOrEqual(bounds.highWaterValues);
  });
}

function testBacklog(suite: Suite): void {
  const kit = new Kit(suite);

  it("is not throttled by a consumer that has not started", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { highWaterValues: 2, highWaterBytes: 100 } });
    const writer = writerOf(run, "in");
    expect(await writeUntilFull(writer, "value", 50)).toBe(50);
    expect(await streamOf(run)).toMatchObject({ values: 50, backlog: 50, floor: 0, waitsFor: [] });
  });

  it("is not throttled by who only looks", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { highWaterValues: 2 } });
    const peek = readerOf(run, "in", { as: "reads", peek: true });
    const writer = writerOf(run, "in");
    writer.write("value");
    await readSome(peek, 1);
    expect(await writeUntilFull(writer, "value", 50)).toBe(50);
    expect(await streamOf(run)).toMatchObject({ values: 51, floor: 0, backlog: 51 });
    peek.close();
    expect(await streamOf(run)).toMatchObject({ floor: 0, backlog: 51 });
  });

  it("waits for a consumer that has not started once the backlog is at its limit, and says so", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { maxBacklogBytes: 5000 } });
    const writer = writerOf(run, "in");
    const count = await writeUntilFull(writer, "x".repeat(1000), 100);
    expect(count).toBeGreaterThanOrEqual(3);
    expect(count).toBeLessThanOrEqual(5);
    const room = writer.room();
    await eventually(async () => {
      expect((await streamOf(run)).waitsFor).toEqual([0]);
    });
    await claimed(run, "reads");
    expect(await readSome(readerOf(run, "in", { as: "reads" }), count)).toHaveLength(count);
    await within(room, "room, once the consumer has started");
  });

  it("waits for the caller as for a consumer where values are dropped once they are read", async () => {
    const run = await kit.create({
      tasks: [{ processor: "writes", outputs: ["out"] }],
      bounds: { retain: "unread", maxBacklogBytes: 5000 },
    });
    const writer = writerOf(run, "out", await claimed(run, "writes"));
    const count = await writeUntilFull(writer, "x".repeat(1000), 100);
    expect(count).toBeLessThanOrEqual(5);
    const room = writer.room();
    await eventually(async () => {
      expect((await streamOf(run)).waitsFor).toEqual(["caller"]);
    });
    await readSome(readerOf(run, "out"), count);
    await within(room, "room, once the caller reads");
  });
}

function testLeaving(suite: Suite): void {
  const kit = new Kit(suite);

  it("goes on when the reader it waits for leaves", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { highWaterValues: 4 } });
    const reader = await attached(run);
    const writer = writerOf(run, "in");
    await writeUntilFull(writer, "value", 100);
    const room = writer.room();
    reader.close();
    await within(room, "room, once the reader has left");
    expect(await writeUntilFull(writer, "value", 50)).toBe(50);
  });

  it("goes on when the consumer it waits for settles without having read", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { maxBacklogBytes: 1 } });
    const writer = writerOf(run, "in");
    await writeUntilFull(writer, "value", 100);
    const room = writer.room();
    room.catch(() => undefined);
    const claim = await claimed(run, "reads");
    await run.settle(claim, { state: "completed" });
    // Nobody needs the stream any more: its writer has room, or is told that the run is over.
    await within(Promise.allSettled([room]), "room() to settle");
  });

  it("keeps the pace of the readers that stay", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { highWaterValues: 4, retain: "all" } });
    const leaves = await attached(run);
    const stays = readerOf(run, "in", { as: "reads" });
    const writer = writerOf(run, "in");
    writer.write("first");
    await readSome(stays, 1);
    leaves.close();
    await writeUntilFull(writer, "value", 100);
    expect(await streamOf(run)).toMatchObject({ values: 4 });
    expect(writer.full).toBe(true);
  });
}

/** A reader of `in` that the store is sure to know: it waits. */
async function attached(run: RunStore) {
  const reader = readerOf(run, "in", { as: "reads" });
  const probe = reader.wait();
  probe.catch(() => undefined);
  // Attaching may take a round trip: a snapshot is one, on the same connection.
  await run.snapshot();
  return reader;
}

async function streamOf(run: RunStore): Promise<StreamSnapshot> {
  const [stream] = (await run.snapshot()).streams;
  if (!stream) throw new Error("The run has no stream");
  return stream;
}
