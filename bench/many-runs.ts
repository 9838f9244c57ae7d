/*
 * Many runs of one flow of two processors, all started at once in one process, each with ten values. Measured is the
 * time from the first `startFlow` until all outputs of all runs were read. There is no reference; besides runs per second
 * it prints how many connections the server had meanwhile, and how much memory the process took more than before.
 */
import { Flow, Processor, Supervisor, type SupervisorOptions, stream } from "datagraph";
import { watchMemory } from "./footprint.ts";
import { type Contender, type Measurement, perSecond, type Row } from "./row.ts";
import { inRedis, withRedis } from "./scratch-redis.ts";

const RUNS = { full: 1_000, quick: 1_000, tiny: 10 };
const VALUES = 10;
/** Two of the supervisor; the others are those that count. */
const SUPERVISOR_CONNECTIONS = 2;

const flow = Flow.fromProcessors(
  new Processor({ name: "add", inputs: { a: stream<number>() }, outputs: { b: stream<number>() } }).implement(async function* ({
    a,
  }) {
    for await (const value of a) yield { b: value + 1 };
  }),
  new Processor({ name: "double", inputs: { b: stream<number>() }, outputs: { c: stream<number>() } }).implement(
    async function* ({ b }) {
      for await (const value of b) yield { c: value * 2 };
    },
  ),
).resolve();

async function startAndRead(supervisor: Supervisor): Promise<boolean> {
  const run = await supervisor.startFlow(flow, { a: Array.from({ length: VALUES }, (_, i) => i) });
  const values = await run.outputs.c.toArray();
  return values.length === VALUES && values.at(-1) === 2 * VALUES;
}

async function measureRuns(n: number, options: SupervisorOptions): Promise<Measurement> {
  await using supervisor = new Supervisor(options);
  await supervisor.runs(); // connects
  const memory = watchMemory();
  const start = performance.now();
  const right = await Promise.all(Array.from({ length: n }, () => startAndRead(supervisor)));
  const score = perSecond(n, start);
  const { growthMB } = await memory.stop();
  return { values: right.filter(Boolean).length, score, figures: { "growth MB": growthMB } };
}

const inMemory: Contender = {
  n: RUNS,
  measure: ({ n }) => measureRuns(n, {}),
};

const onRedis: Contender = {
  n: RUNS,
  measure: ({ n, redis }) =>
    withRedis(redis, (control) =>
      inRedis(redis, async (options) => {
        const connections = async () =>
          String(await control.client("LIST"))
            .trim()
            .split("\n").length;
        const before = await connections();
        let most = before;
        const timer = setInterval(() => {
          connections().then(
            (now) => {
              most = Math.max(most, now);
            },
            () => undefined,
          );
        }, 50);
        const { figures, ...measured } = await measureRuns(n, { redis: options });
        clearInterval(timer);
        return { ...measured, figures: { ...figures, connections: most - before } };
      }),
    ),
};

export const manyRunsRows: readonly Row[] = [
  { name: "runs/memory", title: "1,000 runs of 2 processors at once, in memory", unit: "runs/s", ours: inMemory },
  {
    name: "runs/redis",
    title: "1,000 runs of 2 processors at once, on Redis",
    unit: "runs/s",
    ours: onRedis,
    limits: { connections: SUPERVISOR_CONNECTIONS },
  },
];
