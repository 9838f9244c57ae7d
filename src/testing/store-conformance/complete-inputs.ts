import { describe, expect, it } from "vitest";
import type { CreatedRun, CreateOptions, RunStore } from "../../streams/store.ts";
import { COMPLETED, claimed, freshId, Kit, numbers, readAll, readerOf, type Suite, writerOf, writeToEnd } from "./kit.ts";
import { type Wiring, wire } from "./wiring.ts";

const TWO: Wiring = {
  tasks: [
    { processor: "reads", inputs: ["in", "other"], outputs: ["out"] },
    { processor: "waits", inputs: ["in"], outputs: ["late"], wait: true },
  ],
};

/** Inputs that are complete when their run is created: a store takes them along, or leaves them to be written. */
export function testCompleteInputs(suite: Suite): void {
  describe("complete inputs", () => {
    const kit = new Kit(suite);

    async function create(wiring: Wiring, inputs: Record<string, readonly unknown[]>, options: CreateOptions = {}) {
      const record = wire({ id: freshId(), ...wiring });
      const indices = new Map(record.streams.map(({ name }, index) => [name, index]));
      const complete = new Map(Object.entries(inputs).map(([name, values]) => [indices.get(name) ?? -1, values]));
      const created = await kit.store.create(record, { ...options, inputs: () => complete });
      // What is not taken is there to be written.
      for (const [stream, values] of complete)
        if (!created.taken?.includes(stream)) await writeToEnd(created.run.writer(stream), values);
      return created;
    }

    async function over({ run }: CreatedRun): Promise<void> {
      await run.stop({ state: "cancelled", reason: "its test is over" });
    }

    it("are read to their ends, by those who have created the run and by those who open it", async () => {
      const created = await create(TWO, { in: [1, "two", { three: 3 }] });
      const opened = (await kit.store.open(created.run.record.id)) as RunStore;
      for (const run of [created.run, opened]) {
        expect(await readAll(readerOf(run, "in", { as: "reads" }))).toEqual([1, "two", { three: 3 }]);
        expect((await run.snapshot()).streams[0]).toMatchObject({ state: "completed", values: 3 });
      }
      await over(created);
    });

    it("end at once where they are empty, and leave the others open", async () => {
      const created = await create(TWO, { in: [] });
      expect(await readAll(readerOf(created.run, "in", { as: "reads" }))).toEqual([]);
      expect((await created.run.snapshot()).streams[1]).toMatchObject({ state: "open" });
      await writeToEnd(writerOf(created.run, "other"), [7]);
      expect(await readAll(readerOf(created.run, "other", { as: "reads" }))).toEqual([7]);
      await over(created);
    });

    it("make ready who has waited for them", async () => {
      const created = await create(TWO, { in: [1] });
      const claim = await claimed(created.run, "waits");
      await created.run.settle(claim, COMPLETED);
      expect((await created.run.snapshot()).tasks[1]?.state).toBe("completed");
      await over(created);
    });

    it("are read by who has claimed the first tasks along with the creation, too", async () => {
      const created = await create(TWO, { in: numbers(100), other: [] }, { claim: true });
      expect(await readAll(readerOf(created.run, "in", { as: "reads" }))).toEqual(numbers(100));
      await over(created);
    });

    it("are refused no more than values that are written: what cannot be taken is left to the writer, with its bounds", async () => {
      const record = wire({ ...TWO, id: freshId(), bounds: { highWaterValues: 2 } });
      const long = await kit.store.create(record, { inputs: () => new Map([[0, numbers(3)]]) });
      expect(long.taken ?? []).toEqual([]);
      expect((await long.run.snapshot()).streams[0]).toMatchObject({ state: "open", values: 0 });
      await over(long);
    });

    it("are those of who has created the run: not of who does so again", async () => {
      const created = await create(TWO, { in: [1] });
      const again = await kit.store.create(created.run.record, { inputs: () => new Map([[0, [1, 2, 3]]]) });
      expect(again).toMatchObject({ created: false });
      expect(await readAll(readerOf(again.run, "in", { as: "reads" }))).toEqual([1]);
      await over(created);
    });
  });
}
