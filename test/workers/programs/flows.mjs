// What every process of these tests knows: declarations and flows. Who performs them is another matter.
import { Flow, Processor, stream } from "datagraph";

/** @type {import("datagraph").UncheckedSchema<number>} */
const number = stream();
/** @type {import("datagraph").UncheckedSchema<{ count: number, everyMs: number }>} */
const plan = stream();
/** @type {import("datagraph").UncheckedSchema<string>} */
const text = stream();

/** Makes numbers, one after another, at its own pace. */
export const ticks = new Processor({ name: "ticks", inputs: { plan }, outputs: { n: number } });
export const squares = new Processor({ name: "squares", inputs: { n: number }, outputs: { square: number } });
/** Sums up what has come so far: a value that was lost or doubled shows in all that follow. */
export const sums = new Processor({ name: "sums", inputs: { square: number }, outputs: { sum: number } });

/** Two that wait for all of their input. */
export const count = new Processor({ name: "count", inputs: { sum: number }, outputs: { counted: number }, wait: true });
export const report = new Processor({ name: "report", inputs: { counted: number }, outputs: { line: text }, wait: true });

/** Holds its event loop for so long, in its first attempt, after its first value. */
export const blocker = new Processor({ name: "blocker", inputs: { blockMs: number }, outputs: { step: number } });
/** Goes on until its signal says otherwise. */
export const holder = new Processor({ name: "holder", outputs: { held: text } });
/** Listens to nothing. */
export const stubborn = new Processor({ name: "stubborn", outputs: { held: text } });
/** Kills its process. */
export const killer = new Processor({ name: "killer", outputs: { never: text } });

/** Each number with its doubles: as many as its last digit says, and now and then a round one. */
export const doubles = new Processor({ name: "doubles", inputs: { n: number }, outputs: { double: text, round: number } });
/** Numbers in lists: what is in the list, and how long it is. */
export const lists = new Processor({ name: "lists", inputs: { double: text }, outputs: { listed: text, size: number } });
/** Takes what comes and gives nothing. */
export const sink = new Processor({ name: "sink", inputs: { listed: text } });

/** Performed value by value, or list by list, from end to end. */
export const stepwise = Flow.fromProcessors(doubles, lists, sink).resolve();

/**
 * What `doubles` makes of a number.
 *
 * @param {number} n
 */
export function doublesOf(n) {
  return Array.from({ length: n % 10 }, (_, index) => `${n}.${index}`);
}

/**
 * What `lists` makes of a double.
 *
 * @param {string} double
 */
export function listedOf(double) {
  return Array.from({ length: 60 }, (_, index) => `${double}.${index}`);
}

/** Numbers by several replicas: in order, as they are done, and by their last digit. */
export const inOrder = new Processor({ name: "inOrder", inputs: { n: number }, outputs: { a: number } });
export const asDone = new Processor({ name: "asDone", inputs: { a: number }, outputs: { b: number } });
export const byKey = new Processor({ name: "byKey", inputs: { n: number }, outputs: { k: number } });
export const inLists = new Processor({ name: "inLists", inputs: { n: number }, outputs: { l: number } });
/** One of its numbers kills whoever handles it. */
export const poisoned = new Processor({ name: "poisoned", inputs: { n: number }, outputs: { p: number } });

/** Sums up numbers times a factor, and saves how far it is. */
export const saving = new Processor({
  name: "saving",
  inputs: { n: number, factors: number },
  outputs: { total: number, saved: number },
  /** @type {import("datagraph").UncheckedSchema<{ sum: number, count: number }>} */
  state: stream(),
});

/** Makes other values in each attempt. */
export const whimsical = new Processor({ name: "whimsical", outputs: { held: text } });

/** Two branches, of which the second one is written when the first one is complete, but read before. */
export const split = new Processor({ name: "split", inputs: { n: number }, outputs: { left: number, right: number } });
export const join = new Processor({ name: "join", inputs: { left: number, right: number }, outputs: { joined: number } });

export const pipeline = Flow.fromProcessors(squares, sums).resolve();
export const diamond = Flow.fromProcessors(split, join).resolve();
export const timed = Flow.fromProcessors(ticks, squares, sums).resolve();
export const waiting = Flow.fromProcessors(squares, sums, count, report).resolve();
export const blocking = Flow.fromProcessors(blocker).resolve();
export const holding = Flow.fromProcessors(holder).resolve();
export const stubbornly = Flow.fromProcessors(stubborn).resolve();
export const savingly = Flow.fromProcessors(saving).resolve();
export const whimsically = Flow.fromProcessors(whimsical).resolve();
export const shared = Flow.fromProcessors(inOrder, asDone, byKey, inLists).resolve();
export const poisoning = Flow.fromProcessors(poisoned).resolve();
export const killing = Flow.fromProcessors(killer).resolve();

/**
 * What `sums` makes of the numbers below `count`.
 *
 * @param {number} count
 */
export function sumsOf(count) {
  let sum = 0;
  return Array.from({ length: count }, (_, n) => {
    sum += n * n;
    return sum;
  });
}
