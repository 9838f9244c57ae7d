import { describe, expect, expectTypeOf, test } from "vitest";
import { collect } from "../testing/collect.ts";
import { within } from "../testing/eventually.ts";
import { IOStage } from "../testing/io-stage.ts";
import { UnequalStreamsError } from "./zip.ts";

async function stageOf(...lists: readonly (readonly number[])[]) {
  const names = ["a", "b", "c"].slice(0, lists.length);
  const stage = await IOStage.of(names, { retain: "all" });
  await Promise.all(lists.map((values, i) => stage.write(names[i] ?? "", values)));
  return { stage, a: stage.io("a"), b: stage.io("b"), c: stage.io("c") };
}

describe("streamWith()", () => {
  test("gives tuples, in order, to the end of the shortest stream", async () => {
    const { stage, a, b, c } = await stageOf([1, 2, 3], [10, 20], [100, 200, 300, 400]);
    const tuples = await collect(a.streamWith(b, c));
    expectTypeOf(tuples).toEqualTypeOf<[number, number, number][]>();
    expect(tuples).toEqual([
      [1, 10, 100],
      [2, 20, 200],
    ]);
    expect(stage.open.size).toBe(0);
  });

  test("goes on to the end of the longest one with what is given in place of what is missing", async () => {
    const { a, b, c } = await stageOf([1, 2, 3], [10], []);
    expect(await collect(a.streamWith(b, c, { pad: "-" }))).toEqual([
      [1, 10, "-"],
      [2, "-", "-"],
      [3, "-", "-"],
    ]);
    expect(await collect(b.streamWith(a, { pad: undefined }))).toEqual([
      [10, 1],
      [undefined, 2],
      [undefined, 3],
    ]);
  });

  test("throws when streams must be equally long and are not, and says which", async () => {
    const { stage, a, b, c } = await stageOf([1, 2], [10], [100, 200]);
    const tuples: unknown[] = [];
    const reading = (async () => {
      for await (const tuple of a.streamWith(b, c, { strict: true })) tuples.push(tuple);
    })();
    await expect(reading).rejects.toThrow(UnequalStreamsError);
    await expect(reading).rejects.toThrow('"b" ended after 1 values, "a", "c" went on');
    expect(tuples).toEqual([[1, 10, 100]]);
    expect(stage.open.size).toBe(0);
    expect(await collect(a.streamWith(c, { strict: true }))).toHaveLength(2);
  });

  test("of one stream, or of one with itself", async () => {
    const { a } = await stageOf([1, 2]);
    expect(await collect(a.streamWith())).toEqual([[1], [2]]);
    expect(await collect(a.streamWith(a))).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  test("of empty streams gives nothing, however it is asked", async () => {
    const { a, b } = await stageOf([], []);
    for (const options of [{}, { strict: true }, { pad: 0 }] as const)
      expect(await collect(a.streamWith(b, options))).toEqual([]);
  });

  test("fails at once when one of them does, also while it waits for another one", async () => {
    const stage = await IOStage.of(["a", "b"]);
    const reading = collect(stage.io("a").streamWith(stage.io("b")));
    reading.catch(() => undefined);
    stage.writer("a").writeMany([1, 2, 3]);
    await stage.fail("b", "broken");
    await expect(within(reading, "the failure")).rejects.toThrow("broken");
    expect(stage.open.size).toBe(0);
  });

  test("throws no complaint at who leaves while one stream has a value and the other one has not", async () => {
    const stage = await IOStage.of(["a", "b"]);
    const tuples = stage.io("a").streamWith(stage.io("b"), { strict: true });
    stage.writer("a").writeMany([1]);
    const waiting = tuples.next();
    await new Promise(setImmediate);
    await within(tuples.return(), "return()");
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});
