// What the workers of one processor each have in common.
import { Supervisor } from "datagraph";
import { BullMQExecutor } from "datagraph/bullmq";
import { say } from "./say.mjs";

const { redis, prefix, leaseMs, options } = JSON.parse(process.argv[2] ?? "{}");

/** What the test wants of the processors. */
export { options };

const quiet = () => undefined;

/**
 * Performs the tasks of all that is implemented by now, until the process is ended.
 *
 * @param {(message: string) => void} [log]
 */
export async function work(log = quiet) {
  const supervisor = new Supervisor({
    redis: { url: redis, prefix },
    executor: new BullMQExecutor(),
    leaseMs,
    log: { debug: log, info: log, warn: log, error: log },
  });
  const working = supervisor.work();
  say("works");
  await working;
}
