// An endless source, and the two ways to stop it: `node dist/examples/endless/main.js 10` cancels its run after ten
// values, and without a number it goes on until Ctrl-C.
import { setTimeout as delay } from "node:timers/promises";
import { CancelledError, Flow, Supervisor } from "datagraph";
import { numbers } from "./numbers.ts";
import { primes } from "./primes.ts";

const count = Number(process.argv[2] ?? Number.POSITIVE_INFINITY);
if (!(count > 0)) {
  console.error(`How many primes? Expected a number above 0, found "${process.argv[2]}".`);
  process.exit(2);
}

const redis = process.env.REDIS_URL;
await using supervisor = Supervisor.attach(redis ? { redis } : {});
const flow = Flow.fromProcessors(numbers, primes).resolve();
// An endless stream cannot be kept for reading it again: drop what was read.
const run = await supervisor.startFlow(flow, {}, { streams: { prime: { retain: "unread" } } });

// Once: a second Ctrl-C ends the process at once, as usual.
process.once("SIGINT", () => {
  process.exitCode = 130;
  void run.cancel("Ctrl-C was pressed");
});

let found = 0;
try {
  for await (const prime of run.outputs.prime) {
    console.log(prime);
    if (++found === count) await run.cancel(`${count} are enough`);
    // Slower than the source by far: it is held back, and memory stays bounded.
    await delay(20);
  }
} catch (error) {
  // What its readers get when a run was cancelled.
  if (!(error instanceof CancelledError)) throw error;
  console.log(`${error.message} (after ${found} primes)`);
}
