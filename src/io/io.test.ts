import { describe, expect, test } from "vitest";
import { DeclarationError, EmptyStreamError, StreamFailedError, TrimmedError } from "../errors.ts";
import { collect } from "../testing/collect.ts";
import { within } from "../testing/eventually.ts";
import { IOStage } from "../testing/io-stage.ts";
import type { IO } from "./io.ts";

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

describe("first()", () => {
  test("waits for the first value, and neither attaches nor trims", async () => {
    const stage = await IOStage.of(["n"], { highWaterValues: 1 });
    const io = stage.io("n");
    const first = io.first();
    const writer = stage.writer("n");
    writer.writeMany([7, 8]);
    expect(await first).toBe(7);
    expect(await io.first()).toBe(7);
    expect(writer.full).toBe(false);
    expect(await stage.snapshot("n")).toMatchObject({ floor: 0, backlog: 2 });
    expect(stage.open.size).toBe(0);
  });

  test("says when there is none, or when there will be none", async () => {
    const stage = await IOStage.of(["empty", "broken"]);
    await stage.write("empty", []);
    await stage.fail("broken", "too bad");
    await expect(stage.io("empty").first()).rejects.toThrow(EmptyStreamError);
    await expect(stage.io("broken").first()).rejects.toThrow("too bad");
    expect(stage.open.size).toBe(0);
  });
});

describe("iterating", () => {
  test("gives every value in order, to every reader", async () => {
    const stage = await IOStage.of(["n"], { retain: "all" });
    const early = collect(stage.io("n"));
    await stage.write("n", numbers(5000));
    expect(await early).toEqual(numbers(5000));
    expect(await collect(stage.io("n").stream())).toEqual(numbers(5000));
    expect(await collect(stage.io("n").stream({ from: 4998 }))).toEqual([4998, 4999]);
    expect(await collect(stage.io("n").stream({ from: 9999 }))).toEqual([]);
    expect(stage.open.size).toBe(0);
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses to start at %s", async (from) => {
    const stage = await IOStage.of(["n"]);
    expect(() => stage.io("n").stream({ from })).toThrow(DeclarationError);
  });

  test("answers calls that overlap in their order", async () => {
    const stage = await IOStage.of(["n"]);
    const iterator = stage.io("n").stream();
    const calls = [1, 2, 3, 4, 5].map(() => iterator.next());
    stage.writer("n").writeMany([1, 2]);
    expect((await calls[1])?.value).toBe(2);
    await stage.write("n", [3]);
    const results = await within(Promise.all(calls), "all calls");
    expect(results.map(({ done, value }) => (done ? "done" : value))).toEqual([1, 2, 3, "done", "done"]);
    expect(stage.open.size).toBe(0);
  });

  test("throws a failure once, after the values; then it is over", async () => {
    const stage = await IOStage.of(["n"]);
    const iterator = stage.io("n").stream();
    const calls = [1, 2, 3].map(() => iterator.next());
    const outcomes = Promise.allSettled(calls);
    stage.writer("n").writeMany([1]);
    await stage.fail("n", "broken");
    const [first, second, third] = await outcomes;
    expect(first).toMatchObject({ status: "fulfilled", value: { value: 1 } });
    expect(second).toMatchObject({ status: "rejected", reason: expect.any(StreamFailedError) });
    expect(third).toMatchObject({ status: "fulfilled", value: { done: true } });
    expect(await iterator.next()).toMatchObject({ done: true });
    expect(stage.open.size).toBe(0);
  });

  test("tells who reads again what is no longer kept", async () => {
    const stage = await IOStage.of(["n"]);
    await stage.write("n", [1, 2]);
    await collect(stage.io("n"));
    await expect(collect(stage.io("n"))).rejects.toThrow(TrimmedError);
    await expect(stage.io("n").first()).rejects.toThrow(TrimmedError);
    expect(stage.open.size).toBe(0);
  });
});

describe("batches()", () => {
  test("gives lists of what is there", async () => {
    const stage = await IOStage.of(["n"], { retain: "all" });
    await stage.write("n", numbers(1000));
    const batches = await collect(stage.io("n").batches({ maxSize: 300 }));
    expect(batches.flat()).toEqual(numbers(1000));
    expect(Math.max(...batches.map(({ length }) => length))).toBe(300);
    expect(Math.min(...batches.map(({ length }) => length))).toBeGreaterThan(0);
    expect((await collect(stage.io("n").batches())).flat()).toEqual(numbers(1000));
  });

  test.each([0, -1, 1.5, Number.NaN])("refuses lists of %s", async (maxSize) => {
    const stage = await IOStage.of(["n"]);
    expect(() => stage.io("n").batches({ maxSize })).toThrow(DeclarationError);
  });
});

test("toArray() gives everything, or throws what the stream failed with", async () => {
  const stage = await IOStage.of(["n", "broken"]);
  await stage.write("n", numbers(2000));
  await stage.fail("broken", "too bad");
  expect(await stage.io("n").toArray()).toEqual(numbers(2000));
  await expect(stage.io("broken").toArray()).rejects.toThrow("too bad");
  expect(stage.open.size).toBe(0);
});

describe("toReadableStream()", () => {
  test("gives the values", async () => {
    const stage = await IOStage.of(["n"]);
    await stage.write("n", numbers(100));
    expect(await collect(stage.io("n").toReadableStream())).toEqual(numbers(100));
    expect(stage.open.size).toBe(0);
  });

  test("fails as the stream does", async () => {
    const stage = await IOStage.of(["n"]);
    await stage.fail("n", "broken");
    await expect(collect(stage.io("n").toReadableStream())).rejects.toThrow("broken");
    expect(stage.open.size).toBe(0);
  });

  test("frees what it held when it is cancelled, also while it waits", async () => {
    const stage = await IOStage.of(["n"]);
    await within(stage.io("n").toReadableStream().cancel(), "cancel()");
    expect(stage.open.size).toBe(0);
  });

  test("reads no faster than its reader", async () => {
    const stage = await IOStage.of(["n"], { highWaterValues: 4 });
    const readable = stage.io("n").toReadableStream();
    const writer = stage.writer("n");
    for (let n = 0; n < 4; n++) writer.write(n);
    await new Promise(setImmediate);
    expect(writer.full).toBe(true);
    await readable.cancel();
    expect(writer.full).toBe(false);
  });
});

const READERS: [string, (io: IO<number>, other: IO<number>) => AsyncIterator<unknown>][] = [
  ["stream()", (io) => io.stream()],
  ["batches()", (io) => io.batches({ maxSize: 1 })],
  ["streamWith()", (io, other) => io.streamWith(other)],
  ["streamWith() that pads", (io, other) => io.streamWith(other, { pad: 0 })],
  ["asAvailable()", (io, other) => io.asAvailable(other)],
];

describe.each(READERS)("leaving %s early", (_, read) => {
  async function open() {
    const stage = await IOStage.of(["a", "b"], { highWaterValues: 2 });
    return { stage, iterator: read(stage.io("a"), stage.io("b")) };
  }

  test("by break frees what it held", async () => {
    const { stage, iterator } = await open();
    for (const name of ["a", "b"]) stage.writer(name).writeMany([1, 2, 3, 4]);
    expect(stage.writer("a").full).toBe(true);
    for await (const _ of { [Symbol.asyncIterator]: () => iterator }) break;
    expect(stage.open.size).toBe(0);
    expect(stage.writer("a").full).toBe(false);
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  test("by an error in the loop's body frees what it held", async () => {
    const { stage, iterator } = await open();
    for (const name of ["a", "b"]) stage.writer(name).writeMany([1, 2]);
    const looping = (async () => {
      for await (const _ of { [Symbol.asyncIterator]: () => iterator }) throw new Error("my own");
    })();
    await expect(looping).rejects.toThrow("my own");
    expect(stage.open.size).toBe(0);
  });

  test("before its first value frees what it held", async () => {
    const { stage, iterator } = await open();
    expect(await iterator.return?.()).toMatchObject({ done: true });
    expect(stage.open.size).toBe(0);
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  test("while it waits for a value ends the wait", async () => {
    const { stage, iterator } = await open();
    stage.writer("b").writeMany([]);
    const waiting = iterator.next();
    await new Promise(setImmediate);
    expect(await within(Promise.resolve(iterator.return?.()), "return()")).toMatchObject({ done: true });
    expect(await within(waiting, "next()")).toMatchObject({ done: true });
    expect(stage.open.size).toBe(0);
  });

  test("by throw() frees what it held", async () => {
    const { stage, iterator } = await open();
    for (const name of ["a", "b"]) stage.writer(name).writeMany([1, 2]);
    await iterator.next();
    await expect(iterator.throw?.(new Error("mine"))).rejects.toThrow("mine");
    expect(stage.open.size).toBe(0);
  });

  test("because the stream fails frees what it held", async () => {
    const { stage, iterator } = await open();
    const waiting = iterator.next();
    await stage.fail("a", "broken");
    await expect(within(waiting, "the failure")).rejects.toThrow("broken");
    expect(stage.open.size).toBe(0);
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  test("frees it by the end of the scope, too", async () => {
    const { stage, iterator } = await open();
    const dispose = (iterator as AsyncIterator<unknown> & Partial<AsyncDisposable>)[Symbol.asyncDispose];
    expect(dispose).toBeTypeOf("function");
    await dispose?.call(iterator);
    expect(stage.open.size).toBe(0);
  });
});
