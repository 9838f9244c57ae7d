/*
 * How long a single value takes through everything, on Redis. The relay: from when its three readers and its writer start, all at
 * once, until its sink has the value; its connections, streams and groups exist before. The flow: from `startFlow` until the
 * caller has the first output, so this includes making the run and starting its three processors; only the supervisor is
 * connected before. Each is repeated n times one after the other, and the median counts.
 */
import { Flow, Processor, Supervisor, stream } from "datagraph";
import { makeRelay } from "./relay.ts";
import type { Contender, Row } from "./row.ts";
import { inRedis } from "./scratch-redis.ts";
import { median } from "./stats.ts";

const N = { full: 300, quick: 100, tiny: 3 };

const relay: Contender = {
  n: N,
  async measure({ n, redis }) {
    const times: number[] = [];
    for (let i = 0; i < n; i++) {
      const relay = await makeRelay({ url: redis, n: 1, batch: 1 });
      let first = 0;
      const start = performance.now();
      relay.start();
      const sink = relay.sink(1, () => {
        first = performance.now();
      });
      await relay.produce([String(i)]);
      await sink;
      times.push(first - start);
      await relay.close();
    }
    return { values: times.length, score: median(times) };
  },
};

const flow = Flow.fromProcessors(
  new Processor({ name: "first", inputs: { a: stream<number>() }, outputs: { b: stream<number>() } }).implement(async function* ({
    a,
  }) {
    for await (const value of a) yield { b: value };
  }),
  new Processor({ name: "second", inputs: { b: stream<number>() }, outputs: { c: stream<number>() } }).implement(
    async function* ({ b }) {
      for await (const value of b) yield { c: value };
    },
  ),
  new Processor({ name: "third", inputs: { c: stream<number>() }, outputs: { d: stream<number>() } }).implement(async function* ({
    c,
  }) {
    for await (const value of c) yield { d: value };
  }),
).resolve();

const ours: Contender = {
  n: N,
  measure: ({ n, redis }) =>
    inRedis(redis, async (options) => {
      await using supervisor = new Supervisor({ redis: options });
      await supervisor.runs(); // connects
      const times: number[] = [];
      for (let i = 0; i < n; i++) {
        const start = performance.now();
        const run = await supervisor.startFlow(flow, { a: [i] });
        await run.outputs.d.first();
        times.push(performance.now() - start);
        await run.done;
      }
      return { values: times.length, score: median(times) };
    }),
};

export const latencyRows: readonly Row[] = [
  {
    name: "redis/first-output",
    title: "first output of 3 processors, from startFlow / raw relay, from its start",
    unit: "ms",
    reference: relay,
    ours,
    ratio: { atMost: 3 },
  },
];
