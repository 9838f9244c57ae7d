/*
 * How much memory a long run takes: ten million small values through three processors. The process is measured by its
 * resident set, from after a first run that has loaded and compiled everything, to the highest that was seen; Redis by its
 * used memory in the same way. The run's output is dropped as the caller reads it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Flow, Processor, Supervisor, type SupervisorOptions, stream } from "datagraph";
import { type Contender, type Measurement, perSecond, type Row } from "./row.ts";
import { inRedis, withRedis } from "./scratch-redis.ts";

const N = { full: 10_000_000, quick: 1_000_000, tiny: 1_000 };
const WARM_UP = 1_000_000;
const MEGABYTE = 2 ** 20;
/** What a stream may hold unless options say otherwise, in megabytes; there are four streams. */
const BOUND_MB = 8;

const flow = Flow.fromProcessors(
  new Processor({ name: "add", inputs: { a: stream<number>() }, outputs: { b: stream<number>() } }).implement(async function* ({
    a,
  }) {
    for await (const value of a) yield { b: value + 1 };
  }),
  new Processor({ name: "double", inputs: { b: stream<number>() }, outputs: { c: stream<number>() } }).implementEach(
    {},
    (value) => ({
      c: value * 2,
    }),
  ),
  new Processor({ name: "pass", inputs: { c: stream<number>() }, outputs: { d: stream<number>() } }).implement(async function* ({
    c,
  }) {
    for await (const value of c) yield { d: value };
  }),
).resolve();

/** Watches this process's resident set from now on. */
export function watchMemory(): { stop(): Promise<{ growthMB: number }> } {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 20);
  return {
    stop: async () => {
      await nextTurn();
      look();
      clearInterval(timer);
      return { growthMB: (most - before) / MEGABYTE };
    },
  };
}

function* numbers(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i;
}

async function measureFlow(n: number, options: SupervisorOptions): Promise<Measurement> {
  await using supervisor = new Supervisor(options);
  await supervisor.runs(); // connects
  const memory = watchMemory();
  const start = performance.now();
  const run = await supervisor.startFlow(flow, { a: numbers(n) }, { defaults: { retain: "unread" } });
  let values = 0;
  for await (const _ of run.outputs.d) values++;
  const score = perSecond(values, start);
  const { growthMB } = await memory.stop();
  return { values, score, figures: { "growth MB": growthMB } };
}

const inMemory: Contender = {
  n: N,
  warmUp: WARM_UP,
  measure: ({ n }) => measureFlow(n, {}),
};

const onRedis: Contender = {
  n: N,
  warmUp: WARM_UP,
  measure: ({ n, redis }) =>
    withRedis(redis, (control) =>
      inRedis(redis, async (options) => {
        const used = async () => Number(/used_memory:(\d+)/.exec(await control.info("memory"))?.[1]);
        const before = await used();
        let most = before;
        const timer = setInterval(() => {
          used().then(
            (now) => {
              most = Math.max(most, now);
            },
            () => undefined,
          );
        }, 100);
        const { figures, ...measured } = await measureFlow(n, { redis: options });
        clearInterval(timer);
        return { ...measured, figures: { ...figures, "Redis MB": (most - before) / MEGABYTE } };
      }),
    ),
};

export const footprintRows: readonly Row[] = [
  {
    name: "footprint/memory",
    title: "10 million values through 3 processors, in memory",
    unit: "values/s",
    ours: inMemory,
    limits: { "growth MB": 50 },
    maxRounds: 1,
  },
  {
    name: "footprint/redis",
    title: "10 million values through 3 processors, on Redis",
    unit: "values/s",
    ours: onRedis,
    limits: { "growth MB": 50, "Redis MB": 4 * BOUND_MB },
    maxRounds: 1,
  },
];
