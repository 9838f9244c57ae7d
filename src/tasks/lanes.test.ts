import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Lanes } from "./lanes.ts";

function lanes(settings: { concurrency: number; ordered: boolean }) {
  const handedOn: unknown[] = [];
  const failures: unknown[] = [];
  const made = new Lanes({
    ...settings,
    handOn: async (result) => {
      handedOn.push(result);
    },
    onFailure: (error) => failures.push(error),
  });
  return { made, handedOn, failures };
}

test("hands on in order, whatever is done first", async () => {
  const { made, handedOn } = lanes({ concurrency: 2, ordered: true });
  const slow = deferred();
  await made.add(slow.promise);
  const second = made.add(Promise.resolve("second"));
  await nextTurn();
  expect(handedOn).toEqual([]);
  slow.resolve("first");
  await second;
  await made.drain();
  expect(handedOn).toEqual(["first", "second"]);
});

test("a slow call holds one lane only, and nothing piles up on it", async () => {
  const settled: unknown[] = [];
  const made = new Lanes({
    concurrency: 2,
    ordered: false,
    handOn: async (result) => {
      settled[0] = result;
    },
    onFailure: () => {},
  });
  const slow = deferred();
  await made.add(slow.promise);
  const before = heapAfterCollection();
  for (let i = 0; i < 100_000; i++) await made.add(Promise.resolve(i));
  // A race over the running calls kept about 100 bytes per value.
  expect(heapAfterCollection() - before).toBeLessThan(2 * 1024 * 1024);
  slow.resolve("slow");
  await made.drain();
  expect(settled).toEqual(["slow"]);
});

test("a failed call ends the wait for a lane, and nothing is handed on after it", async () => {
  const { made, handedOn, failures } = lanes({ concurrency: 1, ordered: true });
  const error = new Error("no");
  await expect(made.add(Promise.reject(error))).rejects.toBe(error);
  await expect(made.add(Promise.resolve("late"))).rejects.toBe(error);
  await made.settled();
  expect(failures).toEqual([error]);
  expect(handedOn).toEqual([]);
});

test("in order, what was called before a call that fails is handed on first; what was called after it is not", async () => {
  const { made, handedOn, failures } = lanes({ concurrency: 3, ordered: true });
  const [first, third] = [deferred(), deferred()];
  const error = new Error("no");
  await made.add(first.promise);
  await made.add(Promise.reject(error));
  const adding = made.add(third.promise);
  third.resolve("third");
  await nextTurn();
  expect([handedOn, failures]).toEqual([[], []]);
  first.resolve("first");
  await expect(adding).rejects.toBe(error);
  await made.settled();
  expect([handedOn, failures]).toEqual([["first"], [error]]);
});

test("of several failures the first in order counts", async () => {
  const { made, failures } = lanes({ concurrency: 3, ordered: true });
  const early = new Error("of the first call, later");
  let fail: (error: Error) => void = () => {};
  await made.add(
    new Promise((_, reject) => {
      fail = reject;
    }),
  );
  await made.add(Promise.reject(new Error("of the second call, earlier")));
  const drained = made.drain();
  await nextTurn();
  fail(early);
  await expect(drained).rejects.toBe(early);
  expect(failures).toEqual([early]);
});

test("what a generator gave before it failed, ahead of its turn, is handed on as well", async () => {
  const seen: unknown[] = [];
  const made = new Lanes({
    concurrency: 2,
    ordered: true,
    handOn: async (result) => {
      for await (const each of result as AsyncIterable<unknown>) seen.push(each);
    },
    onFailure: () => {},
  });
  const first = deferred();
  async function* waiting() {
    yield await first.promise;
  }
  async function* failing() {
    yield "a";
    throw new Error("after a");
  }
  await made.add(waiting());
  const second = made.add(failing());
  await nextTurn();
  first.resolve("first");
  await expect(second.then(() => made.drain())).rejects.toThrow("after a");
  expect(seen).toEqual(["first", "a"]);
});

function heapAfterCollection(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

function deferred() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise<unknown>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
