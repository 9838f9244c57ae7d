/*
 * BullMQ's way to have three steps per record: a flow of three jobs, each the child of the next. Its fastest settings:
 * flows are added 200 at a time, every step has a worker with 50 jobs at once, and finished jobs are removed. Measured is
 * the time from the first flow that is added until the last one is done; the workers are connected and wait before.
 */
import { type FlowJob, FlowProducer, Queue, Worker } from "bullmq";
import { people, recordsByGenerators } from "./redis.ts";
import { type Contender, perSecond, type Row } from "./row.ts";

const STEPS = ["first", "second", "last"] as const;
const FLOWS_AT_ONCE = 200;
const JOBS_AT_ONCE = 50;

const flows: Contender = {
  // A hundredth of the records would take a minute more of everybody's time and show the same rate.
  n: { full: 5_000, quick: 2_000, tiny: 100 },
  async measure({ n, redis }) {
    const { hostname, port } = new URL(redis);
    const connection = { host: hostname, port: Number(port || 6379), maxRetriesPerRequest: null };
    const prefix = `bench:bullmq:${process.pid}`;
    const queues = STEPS.map((step) => new Queue(step, { connection, prefix }));
    const workers = STEPS.map(
      (step) => new Worker(step, async (job) => job.data, { connection, prefix, concurrency: JOBS_AT_ONCE }),
    );
    const producer = new FlowProducer({ connection, prefix });
    await Promise.all([...queues, ...workers, producer].map((part) => part.waitUntilReady()));

    let done = 0;
    const start = performance.now();
    const allDone = new Promise<void>((resolve) => {
      workers.at(-1)?.on("completed", () => {
        if (++done === n) resolve();
      });
    });
    const records = [...people(n)];
    for (let i = 0; i < n; i += FLOWS_AT_ONCE) await producer.addBulk(records.slice(i, i + FLOWS_AT_ONCE).map(toFlow));
    await allDone;
    const score = perSecond(done, start);

    await Promise.all(workers.map((worker) => worker.close()));
    for (const queue of queues) await queue.obliterate({ force: true });
    await Promise.all([...queues.map((queue) => queue.close()), producer.close()]);
    return { values: done, score };
  },
};

/** The last step is the parent: a parent is processed when its children are done. */
function toFlow(data: object): FlowJob {
  const opts = { removeOnComplete: true, removeOnFail: true };
  return STEPS.reduce<FlowJob | undefined>(
    (child, step) => ({ name: step, queueName: step, data, opts, ...(child && { children: [child] }) }),
    undefined,
  ) as FlowJob;
}

export const bullmqRows: readonly Row[] = [
  {
    name: "redis/bullmq",
    title: "3 generators, records / BullMQ flows of 3 steps",
    unit: "values/s",
    reference: flows,
    ours: recordsByGenerators,
    ratio: { atLeast: 100 },
  },
];
