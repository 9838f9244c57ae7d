// A worker as a service would write it: SIGTERM ends it in order, a second one at once.
import { subscribe } from "node:diagnostics_channel";
import { Supervisor } from "datagraph";
import { BullMQExecutor } from "datagraph/bullmq";
import { failingHandlers } from "./failing.mjs";
import { handlers } from "./handlers.mjs";
import { say } from "./say.mjs";

const { redis, prefix, leaseMs, graceMs, concurrency, implement, heapEveryMs, name } = JSON.parse(process.argv[2] ?? "{}");
const chosen = Object.entries({ ...handlers, ...failingHandlers }).filter(([name]) => implement.includes(name));
const processors = chosen.map(([, bind]) => bind());

/** @type {(level: string) => (message: string, fields?: Record<string, unknown>) => void} */
const log =
  (level) =>
  (message, fields = {}) =>
    say("log", { level, text: [message, ...Object.values(fields).map(String)].join(" ") });

const supervisor = new Supervisor({
  redis: { url: redis, prefix },
  executor: new BullMQExecutor(),
  leaseMs,
  ...(name && { name }),
  graceMs: 1_000,
  log: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
});
subscribe("datagraph:lease_lost", (message) => say("lease_lost", { .../** @type {import("datagraph").LeaseLost} */ (message) }));
if (heapEveryMs) {
  setInterval(() => {
    // With `--expose-gc`: what is left then is held by something.
    globalThis.gc?.();
    say("heap", { bytes: process.memoryUsage().heapUsed });
  }, heapEveryMs).unref();
}
const stop = new AbortController();
process.on("SIGTERM", () => {
  if (stop.signal.aborted) process.exit(143);
  stop.abort();
});
const working = supervisor.work({
  processors,
  signal: stop.signal,
  ...(concurrency && { concurrency }),
  ...(graceMs && { graceMs }),
});
say("works", { pid: process.pid, now: Date.now() });
await working;
await supervisor.close();
say("closed");
// Whatever a handler that does not listen has left open.
process.exit(0);
