import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, expectTypeOf, test } from "vitest";
import { fc } from "../../test/support/random.ts";
import { collect } from "../testing/collect.ts";
import { within } from "../testing/eventually.ts";
import { IOStage } from "../testing/io-stage.ts";

/** References to values that nothing holds lose them. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  await new Promise(setImmediate);
  runInNewContext("gc")();
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

describe("asAvailable()", () => {
  test("gives the values of all streams with where they come from, in order per stream", async () => {
    const stage = await IOStage.of(["a", "b"]);
    await Promise.all([stage.write("a", numbers(1000)), stage.write("b", numbers(1000, 5000))]);
    const found = await collect(stage.io("a").asAvailable(stage.io("b")));
    expectTypeOf(found[0]?.source).toEqualTypeOf<"a" | "b" | undefined>();
    for (const [source, from] of [["a", 0] as const, ["b", 5000] as const]) {
      expect(found.filter((tagged) => tagged.source === source).map(({ value }) => value)).toEqual(numbers(1000, from));
    }
    expect(stage.open.size).toBe(0);
  });

  test("gives values as they come, also while another stream gives none", async () => {
    const stage = await IOStage.of(["quiet", "talks"]);
    const merged = stage.io("quiet").asAvailable(stage.io("talks"));
    const talks = stage.writer("talks");
    for (const value of numbers(5)) {
      const next = merged.next();
      talks.write(value);
      expect((await within(next, "a value")).value).toEqual({ source: "talks", value });
    }
    await talks.end({ state: "completed" });
    const last = merged.next();
    await stage.write("quiet", [9]);
    expect((await within(last, "the quiet one")).value).toEqual({ source: "quiet", value: 9 });
    expect(await merged.next()).toEqual({ done: true, value: undefined });
  });

  test("lets every stream have its turn while all have values", async () => {
    const stage = await IOStage.of(["a", "b", "c"], { highWaterValues: 100_000 });
    for (const name of ["a", "b", "c"]) await stage.write(name, numbers(5000));
    const seen = await collect(stage.io("a").asAvailable(stage.io("b"), stage.io("c")), 3000);
    for (const name of ["a", "b", "c"]) expect(seen.filter(({ source }) => source === name).length).toBeGreaterThan(500);
  });

  test("fails when one of its streams does, however much the others have to give", async () => {
    const stage = await IOStage.of(["a", "b", "broken"]);
    const [a, b] = [stage.writer("a"), stage.writer("b")];
    a.writeMany(numbers(1000));
    b.writeMany(numbers(1000));
    await stage.fail("broken", "too bad");
    let read = 0;
    const reading = (async () => {
      for await (const { source } of stage.io("a").asAvailable(stage.io("b"), stage.io("broken"))) {
        // These two never end, nor let anybody wait.
        (source === "a" ? a : b).writeMany([++read]);
        if (read > 20_000) throw new Error("The failure was never told");
      }
    })();
    await expect(within(reading, "the failure")).rejects.toThrow("too bad");
    expect(stage.open.size).toBe(0);
  });

  test("gives all that a stream has before it tells that it failed", async () => {
    const stage = await IOStage.of(["a", "broken"]);
    stage.writer("broken").writeMany(numbers(600));
    await stage.fail("broken", "too bad");
    const found: unknown[] = [];
    const reading = (async () => {
      for await (const { value } of stage.io("a").asAvailable(stage.io("broken"))) found.push(value);
    })();
    await expect(within(reading, "the failure")).rejects.toThrow("too bad");
    expect(found).toEqual(numbers(600));
  });

  test("of one stream alone, or of empty ones", async () => {
    const stage = await IOStage.of(["a", "b"]);
    await Promise.all([stage.write("a", [1]), stage.write("b", [])]);
    expect(await collect(stage.io("b").asAvailable())).toEqual([]);
    expect(await collect(stage.io("a").asAvailable(stage.io("b")))).toEqual([{ source: "a", value: 1 }]);
  });

  test("loses and doubles nothing, in whatever pieces values come", async () => {
    const pieces = fc.array(fc.record({ to: fc.nat(2), count: fc.nat(5), turn: fc.boolean() }), { maxLength: 30 });
    const property = fc.asyncProperty(pieces, async (written) => {
      const names = ["a", "b", "c"];
      const stage = await IOStage.of(names);
      const reading = collect(stage.io("a").asAvailable(stage.io("b"), stage.io("c")));
      const expected: number[][] = [[], [], []];
      for (const { to, count, turn } of written) {
        const values = numbers(count, expected[to]?.length);
        expected[to]?.push(...values);
        stage.writer(names[to] ?? "").writeMany(values);
        if (turn) await new Promise(setImmediate);
      }
      await Promise.all(names.map((name) => stage.writer(name).end({ state: "completed" })));
      const found = await within(reading, "the end");
      for (const [i, name] of names.entries()) {
        expect(found.filter(({ source }) => source === name).map(({ value }) => value)).toEqual(expected[i]);
      }
    });
    await fc.assert(property, { numRuns: 50 });
  });

  test("holds nothing of a hundred thousand values while another stream never gives one", async () => {
    const stage = await IOStage.of(["quiet", "talks"], { highWaterValues: 100 });
    const merged = stage.io("quiet").asAvailable(stage.io("talks"));
    const talks = stage.writer("talks");
    const given: WeakRef<object>[] = [];
    let read = 0;
    for (let batch = 0; batch < 100; batch++) {
      const values = numbers(1000).map((n) => ({ n }) as unknown as number);
      given.push(new WeakRef(values[500] as unknown as object));
      talks.writeMany(values);
      for (let i = 0; i < 1000; i++) read += (await merged.next()).done ? 0 : 1;
    }
    expect(read).toBe(100_000);
    await collectGarbage();
    expect(given.filter((value) => value.deref() !== undefined).length).toBeLessThan(5);
    expect((await stage.snapshot("talks")).floor).toBeGreaterThan(98_000);
    await merged.return();
    expect(stage.open.size).toBe(0);
  });
});
