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
