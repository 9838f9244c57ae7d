/* Workers in processes of their own, with a supervisor here that starts runs. */
import { type RedisOptions, Supervisor } from "datagraph";
import { BullMQExecutor } from "datagraph/bullmq";
import type { WorkerProcess } from "datagraph/testing";
import { startProcesses } from "./processes.ts";
import { inRedis } from "./scratch-redis.ts";
import type { WorkerSettings } from "./worker-process.ts";

/** Short, as it is waited for: what is measured is compared with it. */
export const LEASE_MS = 2_000;

/** Starts workers that perform so many processors each. */
export type StartWorkers = (...workers: readonly (readonly string[])[]) => Promise<readonly WorkerProcess[]>;

/** Runs something with a supervisor here, and workers, which are ended afterwards. */
export function withWorkers<T>(redis: string, use: (supervisor: Supervisor, start: StartWorkers) => Promise<T>): Promise<T> {
  return inRedis(redis, async (options: RedisOptions) => {
    const started: WorkerProcess[] = [];
    const start: StartWorkers = async (...workers) => {
      const settings = workers.map((processors): WorkerSettings => ({ redis: options, processors, leaseMs: LEASE_MS }));
      const processes = await startProcesses("worker-process.ts", settings);
      started.push(...processes);
      return processes;
    };
    try {
      await using supervisor = new Supervisor({ redis: options, executor: new BullMQExecutor(), leaseMs: LEASE_MS, log: quiet });
      await supervisor.runs(); // connects
      return await use(supervisor, start);
    } finally {
      await Promise.all(started.map((each) => each.kill()));
    }
  });
}

function silent(): void {}

/** The scratch server keeps nothing on disk, which a supervisor with workers warns of. */
const quiet = { debug: silent, info: silent, warn: silent, error: silent };
