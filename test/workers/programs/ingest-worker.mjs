// A worker for the pipeline of `ingest.mjs`.
import { Supervisor } from "datagraph";
import { BullMQExecutor } from "datagraph/bullmq";
import { ingest } from "./ingest.mjs";
import { say } from "./say.mjs";

const { redis, prefix, leaseMs, options } = JSON.parse(process.argv[2] ?? "{}");
ingest(options);

/** @type {(message: string) => void} */
const log = (text) => say("log", { text });
const supervisor = new Supervisor({
  redis: { url: redis, prefix },
  executor: new BullMQExecutor(),
  leaseMs,
  log: { debug: log, info: log, warn: log, error: log },
});
const working = supervisor.work();
say("works");
await working;
