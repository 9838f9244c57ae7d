/*
 * Flows on Redis against a relay written by hand; see relay.ts. Both have the same shape: a source, two processors that
 * pass on what they get, a sink, and three streams between them, in one process and on the same server. Measured is the
 * time from the first value handed over (for flows: from the start of the run) until the sink has had the last one and
 * all has been acknowledged (for flows: until the run is done). The relay is connected, and its streams and groups are
 * made, before the time runs; of the flow, only the supervisor is connected.
 */
import { Flow, many, Processor, Supervisor, stream } from "datagraph";
import { makeRelay } from "./relay.ts";
import { type Amounts, type Contender, type Measurement, perSecond, type Row, type Work } from "./row.ts";
import { inRedis } from "./scratch-redis.ts";

interface Person {
  readonly id: number;
  readonly name: string;
  readonly ok: boolean;
}

const RECORDS: Amounts = { full: 500_000, quick: 100_000, tiny: 1_000 };
const KILOBYTE = 1024;
const LARGE = 100 * 1024;

export function* people(n: number): Generator<Person> {
  for (let id = 0; id < n; id++) yield { id, name: `Person ${id}`, ok: id % 2 === 0 };
}

function* texts(n: number): Generator<string> {
  const filling = "x".repeat(KILOBYTE - 8);
  for (let i = 0; i < n; i++) yield String(i).padStart(8, "0") + filling;
}

function* blobs(n: number): Generator<Buffer> {
  for (let i = 0; i < n; i++) yield Buffer.alloc(LARGE, i);
}

function* json(values: Iterable<unknown>): Generator<string> {
  for (const value of values) yield JSON.stringify(value);
}

/** Measures the relay; `values` makes what it relays, in the form in which it is written. */
function relay(n: Amounts, values: (n: number) => Iterable<string | Buffer>, bytes = false): Contender {
  return {
    n,
    async measure({ n, redis }) {
      const relay = await makeRelay({ url: redis, n, bytes });
      relay.start();
      const start = performance.now();
      const [seen] = await Promise.all([relay.sink(n), relay.produce(values(n))]);
      const score = perSecond(seen, start);
      await relay.close();
      return { values: seen, score };
    },
  };
}

/** What a sink has counted; one flow is measured at a time. */
let seen = 0;

const values = stream<unknown>();
const ports = {
  first: { inputs: { a: values }, outputs: { b: values } },
  second: { inputs: { b: values }, outputs: { c: values } },
  sink: { inputs: { c: values } },
};

const generators = Flow.fromProcessors(
  new Processor({ name: "first", ...ports.first }).implement(async function* ({ a }) {
    for await (const value of a) yield { b: value };
  }),
  new Processor({ name: "second", ...ports.second }).implement(async function* ({ b }) {
    for await (const value of b) yield { c: value };
  }),
  new Processor({ name: "sink", ...ports.sink }).implement(async ({ c }) => {
    for await (const _ of c) seen++;
  }),
).resolve();

const each = Flow.fromProcessors(
  new Processor({ name: "first", ...ports.first }).implementEach({}, (value) => ({ b: value })),
  new Processor({ name: "second", ...ports.second }).implementEach({}, (value) => ({ c: value })),
  new Processor({ name: "sink", ...ports.sink }).implementEach({}, () => {
    seen++;
  }),
).resolve();

const batches = Flow.fromProcessors(
  new Processor({ name: "first", ...ports.first }).implement(async function* ({ a }) {
    for await (const list of a.batches()) yield { b: many(list) };
  }),
  new Processor({ name: "second", ...ports.second }).implement(async function* ({ b }) {
    for await (const list of b.batches()) yield { c: many(list) };
  }),
  new Processor({ name: "sink", ...ports.sink }).implement(async ({ c }) => {
    for await (const list of c.batches()) seen += list.length;
  }),
).resolve();

function measureFlow(
  flow: typeof generators,
  values: (n: number) => Iterable<unknown>,
  { n, redis }: Work,
): Promise<Measurement> {
  return inRedis(redis, async (options) => {
    await using supervisor = new Supervisor({ redis: options });
    await supervisor.runs(); // connects
    seen = 0;
    const start = performance.now();
    const run = await supervisor.startFlow(flow, { a: values(n) });
    await run.done;
    return { values: seen, score: perSecond(seen, start) };
  });
}

const relayOfRecords = relay(RECORDS, (n) => json(people(n)));
export const recordsByGenerators: Contender = { n: RECORDS, measure: (work) => measureFlow(generators, people, work) };

const TEXTS: Amounts = { full: 100_000, quick: 30_000, tiny: 500 };
const BLOBS: Amounts = { full: 1_000, quick: 300, tiny: 20 };

export const redisRows: readonly Row[] = [
  {
    name: "redis/generators",
    title: "3 generators, records / raw relay",
    unit: "values/s",
    reference: relayOfRecords,
    ours: recordsByGenerators,
    ratio: { atLeast: 6 },
  },
  {
    name: "redis/each",
    title: "3 implementEach, records / raw relay",
    unit: "values/s",
    reference: relayOfRecords,
    ours: { n: RECORDS, measure: (work) => measureFlow(each, people, work) },
    ratio: { atLeast: 8 },
  },
  {
    name: "redis/batches",
    title: "3 readers of batches, records / raw relay",
    unit: "values/s",
    reference: relayOfRecords,
    ours: { n: RECORDS, measure: (work) => measureFlow(batches, people, work) },
    ratio: { atLeast: 8 },
  },
  {
    name: "redis/1KB",
    title: "3 generators, texts of 1 KB / raw relay",
    unit: "values/s",
    reference: relay(TEXTS, texts),
    ours: { n: TEXTS, measure: (work) => measureFlow(generators, texts, work) },
    ratio: { atLeast: 3 },
  },
  {
    name: "redis/100KB",
    title: "3 generators, 100 KB of bytes / raw relay of buffers",
    unit: "values/s",
    reference: relay(BLOBS, blobs, true),
    ours: { n: BLOBS, measure: (work) => measureFlow(generators, blobs, work) },
    ratio: { atLeast: 0.9 },
  },
];
