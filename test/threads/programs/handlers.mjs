// Isolated handlers, as a module of their own would have them.
import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { depends, many, Processor, RetryableError, stream, TerminalError } from "datagraph";

/** @type {import("datagraph").UncheckedSchema<number>} */
const number = stream();
/** @type {import("datagraph").UncheckedSchema<any>} */
const anything = stream();

/** @param {number} ms */
function burn(ms) {
  for (const until = performance.now() + ms; performance.now() < until; ) createHash("sha256").update("work").digest();
}

/** Says in which thread, and from when to when, it has held a processor busy. */
export const burner = new Processor({ name: "burner", inputs: { ms: number }, outputs: { burnt: anything } });
burner.implementEach({ isolate: true, concurrency: 2 }, (ms) => {
  const from = Date.now();
  burn(ms);
  return { burnt: { threadId, from, to: Date.now() } };
});

/** The same, with the module named. */
export const named = new Processor({ name: "named", inputs: { n: number }, outputs: { doubled: number, list: number } });
named.implementEach({ isolate: import.meta.url, concurrency: 4 }, function* (n) {
  yield { doubled: n * 2 };
  yield { list: many([n, n]), doubled: n * 2 + 1 };
});

export const batched = new Processor({ name: "batched", inputs: { n: number }, outputs: { sum: number, thread: number } });
batched.implementBatch({ isolate: true, maxSize: 10 }, (values) => ({
  sum: values.reduce((sum, n) => sum + n, 0),
  thread: threadId,
}));

/** Many values from one. */
export const spreader = new Processor({ name: "spreader", inputs: { n: number }, outputs: { m: number } });
spreader.implementEach({ isolate: true }, async function* (n) {
  for (let m = 0; m < n; m++) yield { m };
});

/** Emits at once, then waits for longer than any test does. */
export const slow = new Processor({ name: "slow", inputs: { n: number }, outputs: { m: number } });
slow.implementEach({ isolate: true }, async function* (n, _, { signal }) {
  yield { m: n };
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
});

/** @param {string} message */
function strangeError(message) {
  const error = new Error(message, { cause: new RangeError("the inner one") });
  return Object.assign(error, { name: "StrangeError", code: "STRANGE" });
}

/** Does what it is told, good or bad. */
export const actor = new Processor({ name: "actor", inputs: { act: anything }, outputs: { done: anything } });
actor.implementEach({ isolate: true }, async (act, _, task) => {
  if (act.exit !== undefined) process.exit(act.exit);
  if (act.returns)
    return (async function* () {
      yield { done: 1 };
      return act;
    })();
  if (act.throws) throw strangeError(act.throws);
  if (act.emitFunction) return { done: () => 0 };
  if (act.emitUnknown) return /** @type {any} */ ({ unheard: 1 });
  if (act.hoard) for (const hoard = []; ; ) hoard.push(new Array(100_000).fill(Math.random()));
  if (act.log) task.log.warn(act.log, { run: task.run, attempt: task.attempt, fn: () => 0 });
  if (act.loop) {
    task.log.info("loops");
    for (;;) if (act.loop === "listens" && task.signal.aborted) throw task.signal.reason;
  }
  return { done: act };
});

/** Fails as it is told; each call is logged. */
export const retried = new Processor({ name: "retried", inputs: { act: anything }, outputs: { done: anything } });
const retry = { attempts: 3, backoff: { initialMs: 1 } };
retried.implementEach({ isolate: true, retry, deadLetter: "continue", timeoutMs: 1_000 }, (act, _, task) => {
  task.log.warn(`tries ${act.how}`);
  if (act.how === "terminal") throw new TerminalError("never");
  if (act.how === "retryable") throw new RetryableError("later", { retryAfter: 2 });
  if (act.how === "exit") process.exit(1);
  while (act.how === "late");
  return { done: act.how };
});

/** Keeps what it emits, to see whether it was moved. */
/** @type {Uint8Array | undefined} */
let kept;
const mover = { inputs: { size: number }, outputs: { bytes: anything, before: anything } };
/** @param {number} size */
function emitBytes(size) {
  const before = kept?.byteLength ?? null;
  kept = new Uint8Array(size).fill(7);
  return { bytes: kept, before };
}
export const moving = new Processor({ name: "moving", ...mover });
moving.implementEach({ isolate: { transfer: true } }, emitBytes);
export const copying = new Processor({ name: "copying", ...mover });
copying.implementEach({ isolate: true }, emitBytes);

/** At once: what a thread prints in other ways is lost when it ends just then. @param {string} what */
const cleanedUp = (what) => writeSync(2, `${what} is cleaned up\n`);
const perThread = depends(
  async function* perThread() {
    const made = { threadId };
    yield made;
    cleanedUp(`process's own of thread ${threadId}`);
  },
  { scope: "process" },
);
let count = 0;
const perTask = depends({ perThread }, async function* perTask({ perThread }) {
  yield { threadId: perThread.threadId, count: ++count };
  cleanedUp(`task's own of thread ${threadId}`);
});

export { perTask };
/** Says which instance of its dependency it got. */
export const needy = new Processor({ name: "needy", inputs: { n: number }, outputs: { got: anything } });
needy.implementEach({ isolate: true, concurrency: 2 }, { perTask }, (n, { perTask }) => {
  burn(20);
  return { got: { n, ...perTask, inThread: threadId } };
});
