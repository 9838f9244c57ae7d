// Processors whose values fail, and how they are performed by workers.
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Flow, Processor, RetryableError, stream } from "datagraph";
import { say } from "./say.mjs";

/** @type {import("datagraph").UncheckedSchema<number>} */
const number = stream();
/** @type {import("datagraph").UncheckedSchema<string>} */
const text = stream();

/** Fails for negative orders, until the file that its first value names is there. */
export const charge = new Processor({ name: "charge", inputs: { order: number, repaired: text }, outputs: { paid: number } });
/** Ends whatever process handles a negative order, until the file that its first value names is there. */
const fragileAs = (/** @type {string} */ name) =>
  new Processor({ name, inputs: { order: number, repaired: text }, outputs: { ok: number } });
/** Value by value; in lists; by replicas, also by key; and with an end where one is set aside. */
export const fragile = fragileAs("fragile");
export const fragileLists = fragileAs("fragileLists");
export const fragileShared = fragileAs("fragileShared");
export const fragileSharedLists = fragileAs("fragileSharedLists");
export const fragileByKey = fragileAs("fragileByKey");
export const fragileStopping = fragileAs("fragileStopping");
/** Goes on for ever, but must not take longer than this. */
export const limited = new Processor({ name: "limited", outputs: { held: text }, deadlineMs: 6_000 });
/** Sums up numbers; fails in the middle, once in each attempt, and asks for so long a wait: of each attempt, in milliseconds. */
export const patient = new Processor({ name: "patient", inputs: { n: number, waitMs: number }, outputs: { sum: number } });
/** Must be performed by somebody. */
export const nobody = new Processor({ name: "nobody", outputs: { held: text } });

export const charging = Flow.fromProcessors(charge).resolve();
export const patiently = Flow.fromProcessors(patient).resolve();
export const limiting = Flow.fromProcessors(limited).resolve();
export const waiting = Flow.fromProcessors(nobody).resolve();

export const fragilely = Flow.fromProcessors(fragile).resolve();
export const fragilelyInLists = Flow.fromProcessors(fragileLists).resolve();
export const fragilelyShared = Flow.fromProcessors(fragileShared).resolve();
export const fragilelyInSharedLists = Flow.fromProcessors(fragileSharedLists).resolve();
export const fragilelyByKey = Flow.fromProcessors(fragileByKey).resolve();
export const fragilelyStopping = Flow.fromProcessors(fragileStopping).resolve();

/**
 * @param {readonly number[]} orders
 * @param {{ repaired: AsyncIterable<string> & { first(): Promise<string> } }} inputs
 */
async function survive(orders, { repaired }) {
  if (orders.some((order) => order < 0) && !existsSync(await repaired.first())) {
    say("dies", { of: orders });
    // Without a word, and in order, as after an uncaught exception.
    if (orders.includes(-1)) process.exit(1);
    process.kill(process.pid, "SIGKILL");
    for (;;);
  }
  for (const order of orders) say("survives", { order });
}

/** Handles one order. @type {(order: number, inputs: Parameters<typeof survive>[1]) => Promise<{ ok: number }>} */
const each = async (order, inputs) => {
  await survive([order], inputs);
  return { ok: order };
};

/** Handles some of them. @type {(orders: readonly number[], inputs: Parameters<typeof survive>[1]) => Promise<{ ok: number }[]>} */
const list = async (orders, inputs) => {
  await survive(orders, inputs);
  return orders.map((ok) => ({ ok }));
};

export const failingHandlers = {
  fragile: () => fragile.implementEach({ input: "order", concurrency: 4, deadLetter: "continue" }, each),
  fragileLists: () => fragileLists.implementBatch({ input: "order", maxSize: 10, deadLetter: "continue" }, list),
  fragileSharedLists: () =>
    fragileSharedLists.implementBatch({ input: "order", replicas: 2, maxSize: 10, deadLetter: "continue" }, list),
  fragileShared: () => fragileShared.implementEach({ input: "order", replicas: 2, concurrency: 2, deadLetter: "continue" }, each),
  fragileByKey: () => fragileByKey.implementEach({ input: "order", key: (n) => n % 7, deadLetter: "continue" }, each),
  fragileStopping: () => fragileStopping.implementEach({ input: "order", deadLetter: "stop" }, each),
  charge: () =>
    charge.implementEach(
      { input: "order", concurrency: 4, retry: { attempts: 3, backoff: { initialMs: 5 } }, deadLetter: "continue" },
      async (order, { repaired }, { tries, attempt }) => {
        const fails = order < 0 && !existsSync(await repaired.first());
        say("charges", { order, tries, attempt });
        if (fails) throw new RangeError(`no ${order}`, { cause: new Error("the card") });
        return { paid: order };
      },
    ),
  patient: () =>
    patient.implement({ retry: { attempts: 2 } }, async function* ({ n, waitMs }, { attempt, tries }) {
      say("begin", { processor: "patient", attempt, tries });
      const waits = await waitMs.toArray();
      let sum = 0;
      for await (const value of n) {
        if (tries === 1 && value === 30) {
          say("fails", { attempt });
          throw new RetryableError("not yet", { retryAfter: waits[attempt - 1] ?? 0 });
        }
        sum += value;
        yield { sum };
      }
    }),
  limited: () =>
    limited.implement(async function* (_, task) {
      say("begin", { processor: "limited", attempt: task.attempt });
      task.signal.addEventListener("abort", () => say("stopped", { reason: String(task.signal.reason) }));
      yield { held: "on and on" };
      await delay(2 ** 30, undefined, { signal: task.signal });
    }),
};
