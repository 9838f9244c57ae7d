// How the processors of `flows.mjs` are performed. A worker binds the ones it is asked for.
import { setTimeout as delay } from "node:timers/promises";
import { checkpoint, many, Processor } from "datagraph";
import { failHere } from "./fail.mjs";
import {
  asDone,
  blocker,
  byKey,
  count,
  doubles,
  doublesOf,
  holder,
  inLists,
  inOrder,
  join,
  killer,
  listedOf,
  lists,
  poisoned,
  report,
  saving,
  sink,
  split,
  squares,
  stubborn,
  sums,
  ticks,
  whimsical,
} from "./flows.mjs";
import { say } from "./say.mjs";

/** @param {import("datagraph").TaskContext} task */
function begin({ run, processor, attempt, signal }) {
  say("begin", { run, processor, attempt });
  signal.addEventListener("abort", () => say("stopped", { run, processor, attempt, reason: String(signal.reason) }));
}

export const handlers = {
  ticks: () =>
    ticks.implement(async function* (inputs, task) {
      begin(task);
      const { count, everyMs } = await inputs.plan.first();
      for (let n = 0; n < count; n++) {
        yield { n };
        await delay(everyMs, undefined, { signal: task.signal });
      }
    }),
  squares: () =>
    squares.implement(async function* ({ n }, task) {
      begin(task);
      for await (const value of n) yield { square: value * value };
    }),
  /** Another service's idea of the same processor. */
  otherSquares: () =>
    new Processor({ name: "squares", inputs: ["n", "offset"], outputs: ["square"], wait: true }).implement(async (_, task) => {
      begin(task);
      return { square: 0 };
    }),
  sums: () =>
    sums.implement(async function* ({ square }, task) {
      begin(task);
      let sum = 0;
      for await (const value of square) {
        sum += value;
        yield { sum };
      }
    }),
  count: () =>
    count.implement(async ({ sum }, task) => {
      begin(task);
      return { counted: (await sum.toArray()).length };
    }),
  report: () =>
    report.implement(async ({ counted }, task) => {
      begin(task);
      return { line: `${await counted.first()} sums` };
    }),
  doubles: () =>
    doubles.implementEach({ concurrency: 4, ordered: false }, async function* (n, _, task) {
      say("handled", { processor: "doubles", attempt: task.attempt, values: 1 });
      failHere("handler", n);
      // Values overtake each other.
      if (n % 3 === 0) await delay(1);
      for (const double of doublesOf(n)) {
        yield { double };
        failHere("between", n);
      }
      if (n % 10 === 0) yield { round: n };
      failHere("handled", n);
    }),
  lists: () =>
    lists.implementBatch({ maxSize: 100, maxWaitMs: 25 }, (values, _, task) => {
      say("handled", { processor: "lists", attempt: task.attempt, values: values.length });
      // More values than a chunk takes: a list can be written in part.
      return { listed: many(values.flatMap(listedOf)), size: values.length };
    }),
  sink: () =>
    sink.implementBatch({ maxSize: 500 }, (values, _, task) => {
      say("handled", { processor: "sink", attempt: task.attempt, values: values.length });
      failHere("sink");
    }),
  inOrder: () =>
    inOrder.implementEach({ replicas: 4, concurrency: 3 }, async (n) => {
      say("handled", { processor: "inOrder", n });
      await delay(n % 7);
      return { a: n };
    }),
  asDone: () =>
    asDone.implementEach({ replicas: 3, concurrency: 4, ordered: false }, async (n) => {
      say("handled", { processor: "asDone", n });
      await delay(n % 5);
      return { b: n };
    }),
  byKey: () =>
    byKey.implementEach({ replicas: 3, concurrency: 4, key: (n) => n % 10 }, async (n) => {
      say("handled", { processor: "byKey", n });
      await delay(n % 3);
      return { k: n };
    }),
  inLists: () =>
    inLists.implementBatch({ replicas: 2, maxSize: 20, maxWaitMs: 10 }, async (values) => {
      for (const n of values) say("handled", { processor: "inLists", n });
      await delay(5);
      return { l: many(values) };
    }),
  poisoned: () =>
    poisoned.implementEach({ replicas: 2, concurrency: 2 }, async (n) => {
      await delay(1);
      if (n === 13) process.kill(process.pid, "SIGKILL");
      return { p: n };
    }),
  blocker: () =>
    blocker.implement(async function* ({ blockMs }, task) {
      begin(task);
      const ms = await blockMs.first();
      yield { step: 1 };
      // Lets the first value get out.
      await delay(100);
      if (task.attempt === 1) {
        say("blocks");
        for (const until = performance.now() + ms; performance.now() < until; );
        say("unblocked");
      }
      yield { step: 2 };
      await delay(100);
      yield { step: 3 };
    }),
  holder: () =>
    holder.implement(async function* (_, task) {
      begin(task);
      yield { held: `in attempt ${task.attempt}` };
      await delay(2 ** 30, undefined, { signal: task.signal });
    }),
  stubborn: () =>
    stubborn.implement(async function* (_, task) {
      begin(task);
      yield { held: "for good" };
      await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
    }),
  saving: () =>
    saving.implement(async function* ({ n, factors }, task) {
      begin(task);
      // No checkpoint finds it open: each attempt reads all of it.
      const factor = (await factors.toArray()).reduce((product, value) => product * value, 1);
      let { sum, count } = task.state ?? { sum: 0, count: 0 };
      say("goes on", { attempt: task.attempt, count });
      for await (const value of n) {
        sum += value * factor;
        yield { total: sum };
        say("handled", { processor: "saving", values: 1 });
        failHere("handled", ++count);
        if (count % 20 !== 0) continue;
        yield { saved: count };
        yield checkpoint({ sum, count });
        failHere("saved", count);
      }
    }),
  whimsical: () =>
    whimsical.implement(async function* (_, task) {
      begin(task);
      yield { held: `in attempt ${task.attempt}` };
      if (task.attempt === 1) await delay(2 ** 30, undefined, { signal: task.signal });
    }),
  split: () =>
    split.implement(async function* ({ n }, task) {
      begin(task);
      const numbers = await n.toArray();
      for (const left of numbers) yield { left };
      for (const right of numbers) yield { right };
    }),
  join: () =>
    join.implement(async function* ({ left, right }, task) {
      begin(task);
      const first = left.stream();
      const { value = Number.NaN } = await first.next();
      for await (const joined of right) yield { joined };
      yield { joined: value };
      for await (const joined of first) yield { joined };
    }),
  killer: () =>
    killer.implement(async (_, task) => {
      begin(task);
      process.kill(process.pid, "SIGKILL");
      await delay(2 ** 30);
      return { never: "" };
    }),
};
