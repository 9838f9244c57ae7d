// A worker that copies a graph.
import { Supervisor } from "datagraph";
import { BullMQExecutor } from "datagraph/bullmq";
import { copyFlow } from "datagraph/copy";
import { say } from "./say.mjs";

const { redis, prefix, leaseMs, options } = JSON.parse(process.argv[2] ?? "{}");
copyFlow(options);

const quiet = () => undefined;
const supervisor = new Supervisor({
  redis: { url: redis, prefix },
  executor: new BullMQExecutor(),
  leaseMs,
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
});
const working = supervisor.work();
say("works");
await working;
