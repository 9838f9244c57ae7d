/*
 * Flows across processes: three workers with a processor each, and this process, which starts the runs. The reference is
 * the relay by hand of relay.ts with its two relays and its sink in processes of their own, and the producer here.
 * Workers live for days: every process is connected, has waited and has done the same several times before the time runs, so that its code is
 * compiled; else a good part of what is measured, of either side, would be the compiler.
 */
import { Queue, QueueEvents } from "bullmq";
import { withProcesses } from "./processes.ts";
import { people } from "./redis.ts";
import { GROUP, produce } from "./relay.ts";
import { type Amounts, type Contender, perSecond, type Row } from "./row.ts";
import { withRedis } from "./scratch-redis.ts";
import { median } from "./stats.ts";
import { LEASE_MS, withWorkers } from "./with-workers.ts";
import { flows, type Kind } from "./worker-process.ts";

const RECORDS: Amounts = { full: 500_000, quick: 100_000, tiny: 1_000 };
const TIMES: Amounts = { full: 300, quick: 100, tiny: 3 };
const KILLS: Amounts = { full: 5, quick: 2, tiny: 1 };
const PATIENCE = { deadlineMs: 600_000 };
/** The last one counts. */
const TURNS = [1, 2];

function* json(n: number): Generator<string> {
  for (const person of people(n)) yield JSON.stringify(person);
}

const relay: Contender = {
  n: RECORDS,
  warmUp: 1,
  measure: ({ n, redis: url }) =>
    withRedis(url, async (redis) => {
      const keys = ["bench:relay:a", "bench:relay:b", "bench:relay:c"] as const;
      await redis.del(...keys);
      for (const key of keys) await redis.xgroup("CREATE", key, GROUP, "$", "MKSTREAM");
      const places = keys.map((from, i) => ({ url, from, to: keys[i + 1], amounts: TURNS.map(() => n) }));
      return withProcesses("relay-process.ts", places, async (processes) => {
        const sink = processes.at(-1);
        let score = 0;
        for (const turn of TURNS) {
          const start = performance.now();
          const moved = sink?.prints(new RegExp(`^moved ${turn * n}$`), PATIENCE);
          await produce(redis, keys[0], json(n), 100);
          await moved;
          score = perSecond(n, start);
        }
        await redis.del(...keys);
        return { values: n, score };
      });
    }),
};

function records(kind: Kind): Contender {
  return {
    n: RECORDS,
    warmUp: 1,
    measure: ({ n, redis }) =>
      withWorkers(redis, async (supervisor, start) => {
        await start([`${kind}.first`], [`${kind}.second`], [`${kind}.sink`]);
        const perform = async (amount: number) => {
          const run = await supervisor.startFlow(flows[kind], { a: people(amount) });
          await run.done;
          return (await run.progress()).streams.c?.values ?? 0;
        };
        let [values, score] = [0, 0];
        for (const _ of TURNS) {
          const start = performance.now();
          values = await perform(n);
          score = perSecond(values, start);
        }
        return { values, score };
      }),
  };
}

/** From `add` to `complete` of one job after the other, by a worker in another process. */
const job: Contender = {
  n: TIMES,
  warmUp: 1,
  async measure({ n, redis }) {
    const { hostname, port } = new URL(redis);
    const connection = { host: hostname, port: Number(port || 6379) };
    const place = { connection, prefix: `bench:job:${process.pid}`, queue: "echo" };
    return withProcesses("bullmq-process.ts", [place], async () => {
      const queue = new Queue(place.queue, place);
      // From the stream's beginning: an event from before its first read would be missed, and waited for without end.
      const events = new QueueEvents(place.queue, {
        ...place,
        connection: { ...connection, maxRetriesPerRequest: null },
        lastEventId: "0-0",
      });
      await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
      // Not `waitUntilFinished`: it looks for a job that is removed when it is complete.
      const waiting = new Map<string, () => void>();
      events.on("completed", ({ jobId }) => waiting.get(jobId)?.());
      const times = await timesOf(n, async (i) => {
        const jobId = `job${i}`;
        const completed = new Promise<void>((resolve) => waiting.set(jobId, resolve));
        await queue.add("echo", { i }, { jobId, removeOnComplete: true, removeOnFail: true });
        await completed;
      });
      await queue.obliterate({ force: true });
      await Promise.all([queue.close(), events.close()]);
      return { values: times.length, score: median(times) };
    });
  },
};

const firstOutput: Contender = {
  n: TIMES,
  warmUp: 1,
  measure: ({ n, redis }) =>
    withWorkers(redis, async (supervisor, start) => {
      await start(["generators.first"], ["generators.second"], ["generators.last"]);
      let ended: Promise<void> = Promise.resolve();
      const times = await timesOf(
        n,
        async (i) => {
          const run = await supervisor.startFlow(flows.echo, { a: [i] });
          await run.outputs.d.first();
          ended = run.done;
        },
        () => ended,
      );
      return { values: times.length, score: median(times) };
    }),
};

/**
 * Times of something done again and again, after some times that only warm up; the system is idle in between.
 *
 * @param ended settles when what was performed last is over in all processes.
 */
async function timesOf(n: number, perform: (index: number) => Promise<void>, ended?: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let i = -WARM_UP * n; i < n; i++) {
    await pause(IDLE_MS);
    const start = performance.now();
    await perform(i);
    if (i >= 0) times.push(performance.now() - start);
    await ended?.();
  }
  return times;
}

/** From `kill -9` of the worker that performs the last of three processors until values come again; another one is idle. */
const kills: Contender = {
  n: KILLS,
  warmUp: 1,
  measure: ({ n, redis }) =>
    withWorkers(redis, async (supervisor, start) => {
      await start(["generators.first", "generators.second"]);
      let [holder] = await start(["generators.last"]);
      const ended = new AbortController();
      const run = await supervisor.startFlow(flows.echo, { a: paced(ended.signal) });
      const arrivals = run.outputs.d.stream();
      await arrivals.next();
      const outages: number[] = [];
      for (let i = 0; i < n; i++) {
        const [heir] = await start(["generators.last"]);
        await holder?.kill();
        const killedAt = performance.now();
        outages.push((await firstAfterSilence(arrivals)) - killedAt);
        holder = heir;
      }
      ended.abort();
      for await (const _ of arrivals);
      await run.done;
      return { values: outages.length, score: median(outages), figures: { "outage ms": Math.max(...outages) } };
    }),
};

async function* paced(ended: AbortSignal): AsyncGenerator<number> {
  for (let n = 0; !ended.aborted; n++) {
    yield n;
    await pause(PACE_MS);
  }
}

/** When the first value comes that had not been written before: not at once, as those that had still do. */
async function firstAfterSilence(arrivals: AsyncIterator<unknown>): Promise<number> {
  for (let before = performance.now(); ; ) {
    await arrivals.next();
    const now = performance.now();
    if (now - before > SILENCE_MS) return now;
    before = now;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const PACE_MS = 5;
const SILENCE_MS = 200;
const IDLE_MS = 5;
/** So many times as often as is measured: a run is much code, each of it performed a few times. */
const WARM_UP = 5;

export const workersRows: readonly Row[] = [
  {
    name: "workers/generators",
    title: "3 processors in 3 worker processes, records / raw relay in 4 processes",
    unit: "values/s",
    reference: relay,
    ours: records("generators"),
    ratio: { atLeast: 6 },
  },
  {
    name: "workers/each",
    title: "the same with implementEach / raw relay in 4 processes",
    unit: "values/s",
    reference: relay,
    ours: records("each"),
    ratio: { atLeast: 4 },
  },
  {
    name: "workers/first-output",
    title: "first output of 3 processors in 3 workers, from startFlow / a BullMQ job, from add to complete",
    unit: "ms",
    reference: job,
    ours: firstOutput,
    ratio: { atMost: 3 },
  },
  {
    name: "workers/kill",
    title: `kill -9 of a worker until its values flow again, with a lease of ${LEASE_MS} ms`,
    unit: "ms",
    ours: kills,
    limits: { "outage ms": 1.5 * LEASE_MS + 1_000 },
    maxRounds: 1,
  },
];
