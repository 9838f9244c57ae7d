// Starts a run, supplies its inputs at a pace, and tells what comes out.
import { setTimeout as delay } from "node:timers/promises";
import { Supervisor } from "datagraph";
import { BullMQExecutor } from "datagraph/bullmq";
import * as flows from "./flows.mjs";
import { say } from "./say.mjs";

const { redis, prefix, leaseMs, id, count, everyMs, runs = 1, flow = "pipeline" } = JSON.parse(process.argv[2] ?? "{}");
const supervisor = new Supervisor({
  redis: { url: redis, prefix },
  executor: new BullMQExecutor(),
  leaseMs,
});

async function* numbers() {
  for (let n = 0; n < count; n++) {
    yield n;
    if (everyMs) await delay(everyMs);
  }
  say("supplied");
}

/** @param {number} index */
async function start(index) {
  const resolved = /** @type {typeof flows.waiting} */ (flow === "waiting" ? flows.waiting : flows.pipeline);
  const run = await supervisor.startFlow(resolved, { n: numbers() }, { id: runs === 1 ? id : `${id}-${index}` });
  say("started", { run: run.id });
  for (const io of Object.values(run.outputs)) say("output", { run: run.id, values: await io.toArray() });
  await run.done;
}
try {
  await Promise.all(Array.from({ length: runs }, (_, index) => start(index)));
  say("done");
} catch (error) {
  say("failed", { error: String(error) });
}
await supervisor.close();
