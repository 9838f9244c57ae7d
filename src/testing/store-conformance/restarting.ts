import { describe, expect, it } from "vitest";
import { DeterminismError } from "../../errors.ts";
import type { RunStore } from "../../streams/store.ts";
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
  writeToEnd,
} from "./kit.ts";

const RESTARTS = { processor: "works", inputs: ["in", "table"], outputs: ["out", "log"], restarts: true } as const;
const BOUNDS = { retain: "unread", highWaterValues: 100 } as const;

/** A handler that is called again under the same claim makes its values again, in a run that is durable and in one that is not. */
export function testRestarting(suite: Suite): void {
  describe("restarting", () => {
    const kit = new Kit(suite);
    const inEachKind = (name: string, body: (create: () => Promise<RunStore>) => Promise<void>) => {
      for (const durable of [false, true])
        it(`${name} (${durable ? "" : "not "}durable)`, () =>
          body(() => kit.create({ tasks: [RESTARTS], durable, bounds: BOUNDS })));
    };

    inEachKind("keeps what is written once, however often it is made", async (create) => {
      const run = await create();
      let claim = await claimed(run, "works");
      for (const count of [3, 2, 5, 6]) {
        await writeAll(writerOf(run, "out", claim), numbers(count));
        if (count > 3) writerOf(run, "log", claim).write("more than three");
        const next = await claim.again();
        expect([next.task, next.attempt, next.token, next.saved]).toEqual([claim.task, 1, claim.token, undefined]);
        claim = next;
      }
      await writeAll(writerOf(run, "out", claim), numbers(7));
      writerOf(run, "log", claim).write("more than three");
      claim.finish();
      await run.settle(claim, COMPLETED);
      expect(await readAll(readerOf(run, "out"))).toEqual(numbers(7));
      expect(await readAll(readerOf(run, "log"))).toEqual(["more than three"]);
    });

    inEachKind("refuses other values than those that are written, and an end before them", async (create) => {
      const run = await create();
      const first = await claimed(run, "works");
      writerOf(run, "out", first).writeMany([1, 2, 3]);
      const second = await first.again();
      writerOf(run, "out", second).write(1);
      expect(() => second.finish()).toThrow(/only 1 of the 3/);
      const third = await second.again();
      expect(() => writerOf(run, "out", third).writeMany([1, 2, 4])).toThrow(DeterminismError);
    });

    inEachKind("goes on from its last checkpoint", async (create) => {
      const run = await create();
      const positions = new Map([[streamIndex(run, "in"), 4]]);
      const first = await claimed(run, "works");
      writerOf(run, "out", first).writeMany([1, 2]);
      await first.save({ state: { at: "two" }, positions });
      writerOf(run, "out", first).writeMany([3, 4]);
      const second = await first.again();
      expect(second.saved).toEqual({ state: { at: "two" }, positions });
      // 1 and 2 are not made again.
      for (const value of [3, 4, 5]) writerOf(run, "out", second).write(value);
      await second.save({ state: { at: "five" }, positions });
      const third = await (await second.again()).again();
      expect(third.saved?.state).toEqual({ at: "five" });
      writerOf(run, "out", third).write(6);
      third.finish();
      await run.settle(third, COMPLETED);
      expect(await readAll(readerOf(run, "out"))).toEqual(numbers(6, 1));
    });

    inEachKind(
      "reads its inputs again, from their beginning or its checkpoint; they are dropped when it has ended",
      async (create) => {
        const run = await create();
        await Promise.all([writeToEnd(writerOf(run, "in"), numbers(20)), writeToEnd(writerOf(run, "table"), numbers(5))]);
        const first = await claimed(run, "works");
        for (const input of ["in", "table"])
          expect((await readAll(readerOf(run, input, { as: "works" }))).length).toBeGreaterThan(4);
        await first.save({ state: 1, positions: new Map([[streamIndex(run, "in"), 12]]) });
        const second = await first.again();
        const reader = readerOf(run, "in", { as: "works", from: 12 });
        expect(await readSome(reader, 8)).toEqual(numbers(8, 12));
        expect(await readAll(readerOf(run, "table", { as: "works" }))).toEqual(numbers(5));
        reader.close();
        const floors = async () => (await run.snapshot()).streams.slice(0, 2).map(({ floor }) => floor);
        await eventually(async () => expect(await floors()).toEqual([12, 0]));
        await run.settle(second, COMPLETED);
        await eventually(async () => expect(await floors()).toEqual([20, 5]));
      },
    );
  });
}
