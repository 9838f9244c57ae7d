import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CancelledError, StreamFailedError } from "../../errors.ts";
import type { RunStore, StreamStore } from "../../streams/store.ts";
import { eventually, within } from "../eventually.ts";
import {
  COMPLETED,
  claimed,
  EventLog,
  freshId,
  Kit,
  numbers,
  readAll,
  readError,
  readerOf,
  readSome,
  type Suite,
  writerOf,
  writeToEnd,
  writeUntilFull,
} from "./kit.ts";
import { wire } from "./wiring.ts";

const PLAIN = { tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }] };

/** Two stores on the same server, as two processes have them. */
export function testSharing(suite: Suite): void {
  // Not skipped but left out: a store of one process is complete without it, and a skipped test asks to be mended.
  if (!suite.capabilities.sharedBetweenProcesses) return;
  describe("sharing between processes", () => {
    const kit = new Kit(suite);
    let other: StreamStore | undefined;
    beforeAll(async () => {
      other = await suite.makeStore();
    });
    afterAll(async () => {
      await other?.close();
    });
    /** The same run here and there. */
    const both = async (wiring: Parameters<Kit["create"]>[0]): Promise<[here: RunStore, there: RunStore]> => {
      const here = await kit.create(wiring);
      const there = await other?.open(here.record.id);
      if (!there) throw new Error("The other store does not know the run");
      return [here, there];
    };

    testSharedStreams(both);
    testSharedLifeCycle(both);

    it("creates a run once", async () => {
      const record = wire({ ...PLAIN, id: freshId() });
      const results = await Promise.all([
        kit.store.create(record),
        other?.create(record),
        kit.store.create(record),
        other?.create(record),
      ]);
      expect(results.filter((result) => result?.created)).toHaveLength(1);
      expect((await other?.list())?.map(({ id }) => id)).toContain(record.id);
      await results[0]?.run.stop({ state: "cancelled", reason: "over" });
    });

    it("survives that the store which created a run is closed", async () => {
      const first = await suite.makeStore();
      const { run } = await first.create(wire({ ...PLAIN, id: freshId() }));
      await writeToEnd(writerOf(run, "in"), numbers(10));
      await first.close();
      const there = (await other?.open(run.record.id)) as RunStore;
      expect(await readAll(readerOf(there, "in", { as: "reads" }))).toEqual(numbers(10));
      await there.stop({ state: "cancelled", reason: "over" });
    });
  });
}

type Both = (wiring: Parameters<Kit["create"]>[0]) => Promise<[here: RunStore, there: RunStore]>;

function testSharedStreams(both: Both): void {
  it("reads in one what the other writes, as it comes", async () => {
    const [here, there] = await both(PLAIN);
    const reader = readerOf(there, "in", { as: "reads" });
    const writer = writerOf(here, "in");
    for (const value of numbers(10)) {
      writer.write(value);
      expect(await readSome(reader, 1)).toEqual([value]);
    }
    await writer.end(COMPLETED);
    expect(await reader.wait()).toBe(false);
  });

  it("throttles the writer in one by the reader in the other", async () => {
    const [here, there] = await both({ ...PLAIN, bounds: { highWaterValues: 4 } });
    const reader = readerOf(there, "in", { as: "reads" });
    reader.wait().catch(() => undefined);
    await there.snapshot();
    const writer = writerOf(here, "in");
    expect(await writeUntilFull(writer, "value", 50)).toBe(4);
    const room = writer.room();
    await eventually(async () => {
      expect((await there.snapshot()).streams[0]?.waitsFor).toEqual([0]);
    });
    await readSome(reader, 4);
    reader.take(1);
    await within(room, "room");
    await writeUntilFull(writer, "value", 50);
    const again = writer.room();
    reader.close();
    await within(again, "room, once the reader has left");
  });

  it("tells failures and cancellations of one to readers in the other", async () => {
    const [here, there] = await both({
      tasks: [
        { processor: "a", outputs: ["x"] },
        { processor: "b", outputs: ["y"] },
      ],
      onError: "continue",
    });
    const [x, y] = [readError(readerOf(there, "x")), readError(readerOf(there, "y"))];
    const failure = { name: "Error", message: "broken", stack: "somewhere", processor: "a", attempt: 1, run: here.record.id };
    await here.settle(await claimed(here, "a"), { state: "failed", failure });
    const error = await within(x, "the failure");
    expect(error).toBeInstanceOf(StreamFailedError);
    expect((error as StreamFailedError).failure).toEqual(failure);
    await here.stop({ state: "cancelled", reason: "enough" });
    expect(await within(y, "the cancellation")).toBeInstanceOf(CancelledError);
  });
}

function testSharedLifeCycle(both: Both): void {
  it("gives a task to one of both", async () => {
    const [here, there] = await both(PLAIN);
    const claims = await Promise.all([here.claim(0), there.claim(0), here.claim(0), there.claim(0)]);
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  });

  it("tells who watches in one what happens in the other", async () => {
    const [here, there] = await both({
      tasks: [
        { processor: "first", outputs: ["a"] },
        { processor: "second", inputs: ["a"], wait: true },
      ],
    });
    const log = new EventLog(there);
    await here.settle(await claimed(here, "first"), COMPLETED);
    await eventually(() => {
      expect(log.readies(1)).toBe(1);
    });
    await there.settle(await claimed(there, "second"), COMPLETED);
    const seen = new EventLog(here);
    expect(await log.first("ended")).toEqual({ type: "ended", end: COMPLETED });
    expect(await seen.first("ended")).toEqual({ type: "ended", end: COMPLETED });
    expect(log.count("ended")).toBe(1);
    expect(await here.snapshot()).toEqual(await there.snapshot());
  });

  it("starts a task that waits once, when its inputs complete in both at the same time", async () => {
    const inputs = Array.from({ length: 6 }, (_, i) => `in ${i}`);
    const [here, there] = await both({ tasks: [{ processor: "sums", inputs, wait: true }] });
    const logs = [new EventLog(here), new EventLog(there)];
    await Promise.all(inputs.map((input, i) => writeToEnd(writerOf(i % 2 === 0 ? here : there, input), [i])));
    await there.settle(await claimed(there, "sums"), COMPLETED);
    for (const log of logs) await log.first("ended");
    // Whoever made it ready says so; who hears of it only after it was claimed does not.
    const told = logs.map((log) => log.readies(0)).sort();
    expect([
      [0, 1],
      [1, 1],
    ]).toContainEqual(told);
  });

  it("stops in both what is stopped in one", async () => {
    const [here, there] = await both(PLAIN);
    const log = new EventLog(there);
    const claim = await claimed(there, "reads");
    await here.stop({ state: "cancelled", reason: "enough" });
    expect(await log.first("stopped")).toMatchObject({ tasks: [0], end: { reason: "enough" } });
    await there.settle(claim, { state: "cancelled", reason: "enough" });
    expect(await new EventLog(here).first("ended")).toMatchObject({ end: { state: "cancelled" } });
  });
}
