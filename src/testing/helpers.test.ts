import { describe, expect, test } from "vitest";
import { collect } from "./collect.ts";
import { ControlledSource } from "./controlled-source.ts";
import { eventually, within } from "./eventually.ts";

describe("ControlledSource", () => {
  test("gives what is pushed, when it is pushed", async () => {
    const source = new ControlledSource<number>();
    source.push(1, 2);
    const iterator = source[Symbol.asyncIterator]();
    expect([(await iterator.next()).value, (await iterator.next()).value]).toEqual([1, 2]);
    const third = iterator.next();
    await source.started;
    source.push(3);
    expect(await third).toEqual({ done: false, value: 3 });
    const end = iterator.next();
    source.end();
    expect(await end).toEqual({ done: true, value: undefined });
    await within(source.left, "the consumer's leaving");
    expect(() => source.push(4)).toThrow("has ended");
  });

  test("fails after what was pushed", async () => {
    const source = new ControlledSource<number>();
    source.push(1);
    source.fail(new Error("broken"));
    source.end();
    const iterator = source[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe(1);
    await expect(iterator.next()).rejects.toThrow("broken");
    expect((await iterator.next()).done).toBe(true);
    await within(source.left, "the consumer's leaving");
  });

  test("answers calls that overlap in their order", async () => {
    const source = new ControlledSource<number>();
    const iterator = source[Symbol.asyncIterator]();
    const calls = [iterator.next(), iterator.next(), iterator.next()];
    source.push(1, 2);
    source.end();
    expect((await Promise.all(calls)).map((result) => result.value)).toEqual([1, 2, undefined]);
  });

  test("says when its consumer leaves early", async () => {
    const source = new ControlledSource<number>();
    source.push(1, 2, 3);
    expect(await collect(source, 2)).toEqual([1, 2]);
    await within(source.left, "the consumer's leaving");
    expect(source.pending).toBe(1);
  });
});

test("collect reads all values of any iterable, or the first ones", async () => {
  expect(await collect([1, 2, 3])).toEqual([1, 2, 3]);
  expect(await collect(new Set([1, 2, 3]), 2)).toEqual([1, 2]);
  expect(await collect(new ControlledSource<number>(), 0)).toEqual([]);
});

test("eventually tries again until it passes, and throws what was thrown last", async () => {
  let tries = 0;
  const result = await eventually(() => {
    if (++tries < 3) throw new Error(`try ${tries}`);
    return tries;
  });
  expect(result).toBe(3);
  const never = eventually(() => Promise.reject(new Error("still not")), { deadlineMs: 10 });
  await expect(never).rejects.toThrow("still not");
});

test("within says what it waited for", async () => {
  expect(await within(Promise.resolve(1), "one")).toBe(1);
  const never = within(new Promise(() => {}), "a sign", { deadlineMs: 5 });
  await expect(never).rejects.toThrow("After 5 ms still waiting for a sign");
});
