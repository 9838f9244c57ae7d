import { describe, expect, it } from "vitest";
import { DeterminismError, EncodingError, FencedError } from "../../errors.ts";
import type { Claim, RunStore } from "../../streams/store.ts";
import { eventually } from "../eventually.ts";
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
} from "./kit.ts";

const PLAIN = { tasks: [{ processor: "works", inputs: ["in", "table"], outputs: ["out", "log"] }], durable: true };

function positions(run: RunStore, of: Readonly<Record<string, number>>): Map<number, number> {
  return new Map(Object.entries(of).map(([name, position]) => [streamIndex(run, name), position]));
}

/** Gives a claim back and takes the task again. */
async function again(run: RunStore, claim: Claim): Promise<Claim> {
  await run.release(claim);
  return claimed(run, "works");
}

/** What a handler saves is there for the next attempt, with what was written by then. */
export function testCheckpoints(suite: Suite): void {
  describe("checkpoints", () => {
    const kit = new Kit(suite);

    it("gives the next attempt what was saved last, and nothing before", async () => {
      const run = await kit.create(PLAIN);
      let claim = await claimed(run, "works");
      expect(claim.saved).toBeUndefined();
      claim = await again(run, claim);
      expect(claim.saved).toBeUndefined();
      const state = { sum: 1, seen: ["a"] };
      await claim.save({ state, positions: positions(run, { in: 3 }) });
      // Another one's hands are not in it.
      state.seen.push("b");
      claim = await again(run, claim);
      expect(claim.saved).toEqual({ state: { sum: 1, seen: ["a"] }, positions: positions(run, { in: 3 }) });
      await claim.save({ state: undefined, positions: positions(run, { in: 7, table: 2 }) });
      claim = await again(run, await again(run, claim));
      expect(claim.saved).toEqual({ state: undefined, positions: positions(run, { in: 7, table: 2 }) });
    });

    it("keeps what was written before, and drops what is made again after it", async () => {
      const run = await kit.create(PLAIN);
      let claim = await claimed(run, "works");
      writerOf(run, "out", claim).writeMany([1, 2]);
      await claim.save({ state: "two", positions: new Map() });
      writerOf(run, "out", claim).writeMany([3, 4]);
      writerOf(run, "log", claim).write("four");
      claim = await again(run, claim);
      // Begins after the checkpoint: 1 and 2 are not made again.
      for (const value of [3, 4, 5]) writerOf(run, "out", claim).write(value);
      writerOf(run, "log", claim).writeMany(["four", "five"]);
      await claim.save({ state: "five", positions: new Map() });
      claim = await again(run, claim);
      writerOf(run, "out", claim).write(6);
      writerOf(run, "log", claim);
      claim.finish();
      await run.settle(claim, COMPLETED);
      expect(await readAll(readerOf(run, "out"))).toEqual(numbers(6, 1));
      expect(await readAll(readerOf(run, "log"))).toEqual(["four", "five"]);
    });

    it("compares what is made again after a checkpoint, from there on", async () => {
      const run = await kit.create(PLAIN);
      const first = await claimed(run, "works");
      writerOf(run, "out", first).writeMany([1, 2]);
      await first.save({ state: 0, positions: new Map() });
      writerOf(run, "out", first).writeMany([3, 4]);
      let claim = await again(run, first);
      expect(() => writerOf(run, "out", claim).writeMany([3, 5])).toThrow(DeterminismError);
      claim = await again(run, claim);
      writerOf(run, "out", claim).write(3);
      expect(() => claim.finish()).toThrow(/only 3 of the 4/);
    });

    it("knows where a checkpoint is that comes before all is made again", async () => {
      const run = await kit.create(PLAIN);
      let claim = await claimed(run, "works");
      writerOf(run, "out", claim).writeMany([1, 2, 3, 4]);
      claim = await again(run, claim);
      writerOf(run, "out", claim).writeMany([1, 2]);
      await claim.save({ state: "two", positions: new Map() });
      claim = await again(run, claim);
      writerOf(run, "out", claim).writeMany([3, 4, 5]);
      claim.finish();
      await run.settle(claim, COMPLETED);
      expect(await readAll(readerOf(run, "out"))).toEqual([1, 2, 3, 4, 5]);
    });

    it("drops input values before a checkpoint, and keeps those after it and of other inputs", async () => {
      const run = await kit.create({ ...PLAIN, bounds: { retain: "unread", highWaterValues: 100 } });
      const [input, table] = [writerOf(run, "in"), writerOf(run, "table")];
      await writeAll(input, numbers(10));
      await writeAll(table, numbers(5));
      await Promise.all([input.flush(), table.flush()]);
      const first = await claimed(run, "works");
      const reader = readerOf(run, "in", { as: "works" });
      await readSome(reader, 10);
      await readSome(readerOf(run, "table", { as: "works" }), 5);
      await first.save({ state: 1, positions: positions(run, { in: 6 }) });
      await eventually(async () => {
        input.write("more");
        await readSome(reader, 1);
        const { streams } = await run.snapshot();
        expect([streams[streamIndex(run, "in")]?.floor, streams[streamIndex(run, "table")]?.floor]).toEqual([6, 0]);
      });
      await run.release(first);
      const second = await claimed(run, "works");
      const [from = 0] = second.saved?.positions.values() ?? [];
      expect(await readSome(readerOf(run, "in", { as: "works", from }), 4)).toEqual(numbers(4, 6));
      expect(await readSome(readerOf(run, "table", { as: "works" }), 5)).toEqual(numbers(5));
    });

    it("refuses a checkpoint of a claim that is lost, and one that cannot be stored", async () => {
      const run = await kit.create(PLAIN);
      const first = await claimed(run, "works");
      const second = await again(run, first);
      await expect(first.save({ state: "late", positions: new Map() })).rejects.toThrow(FencedError);
      await expect(second.save({ state: () => 1, positions: new Map() })).rejects.toThrow(EncodingError);
      await second.save({ state: "in time", positions: new Map() });
      expect((await again(run, second)).saved?.state).toBe("in time");
    });
  });
}
