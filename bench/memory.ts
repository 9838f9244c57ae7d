/*
 * Flows in memory against chains of async generators written by hand.
 *
 * The source gives N numbers; three steps add 1, multiply by 2 and pass on; the caller counts what comes out. Measured is
 * the time from the start of the run (or the making of the chain) until the caller has the last value. The chain has as
 * many hops as the flow: source to step, step to step twice, step to caller.
 */
import { Flow, many, Processor, Supervisor, stream } from "datagraph";
import { type Contender, type Measurement, perSecond, type Row } from "./row.ts";

const N = { full: 1_000_000, quick: 300_000, tiny: 1_000 };
const BATCH = 256;
const STEPS = [(x: number) => x + 1, (x: number) => x * 2, (x: number) => x] as const;
const [add, double, pass] = STEPS;

function* numbers(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i;
}

function* lists(n: number): Generator<number[]> {
  for (let i = 0; i < n; i += BATCH) yield Array.from({ length: Math.min(BATCH, n - i) }, (_, j) => i + j);
}

async function* source(n: number): AsyncGenerator<number> {
  for (let i = 0; i < n; i++) yield i;
}

async function* step(values: AsyncIterable<number>, handle: (value: number) => number): AsyncGenerator<number> {
  for await (const value of values) yield handle(value);
}

async function* listSource(n: number): AsyncGenerator<number[]> {
  yield* lists(n);
}

async function* listStep(values: AsyncIterable<number[]>, handle: (value: number) => number): AsyncGenerator<number[]> {
  for await (const list of values) yield list.map(handle);
}

const chain: Contender = {
  n: N,
  async measure({ n }) {
    const start = performance.now();
    let values = 0;
    const chained = STEPS.reduce(step, source(n));
    for await (const _ of chained) values++;
    return { values, score: perSecond(values, start) };
  },
};

const chainOfLists: Contender = {
  n: { ...N, full: 4_000_000 },
  async measure({ n }) {
    const start = performance.now();
    let values = 0;
    const chained = STEPS.reduce(listStep, listSource(n));
    for await (const list of chained) values += list.length;
    return { values, score: perSecond(values, start) };
  },
};

const ports = {
  add: { inputs: { a: stream<number>() }, outputs: { b: stream<number>() } },
  double: { inputs: { b: stream<number>() }, outputs: { c: stream<number>() } },
  pass: { inputs: { c: stream<number>() }, outputs: { d: stream<number>() } },
};

const generators = Flow.fromProcessors(
  new Processor({ name: "add", ...ports.add }).implement(async function* ({ a }) {
    for await (const x of a) yield { b: add(x) };
  }),
  new Processor({ name: "double", ...ports.double }).implement(async function* ({ b }) {
    for await (const x of b) yield { c: double(x) };
  }),
  new Processor({ name: "pass", ...ports.pass }).implement(async function* ({ c }) {
    for await (const x of c) yield { d: pass(x) };
  }),
).resolve();

const each = Flow.fromProcessors(
  new Processor({ name: "add", ...ports.add }).implementEach({}, (x) => ({ b: add(x) })),
  new Processor({ name: "double", ...ports.double }).implementEach({}, (x) => ({ c: double(x) })),
  new Processor({ name: "pass", ...ports.pass }).implementEach({}, (x) => ({ d: pass(x) })),
).resolve();

/** The source gives lists here, as that of the chain does: so it is a processor too. */
const batches = Flow.fromProcessors(
  new Processor({ name: "source", inputs: { n: stream<number>() }, outputs: { a: stream<number>() } }).implement(
    async function* ({ n }) {
      for (const list of lists(await n.first())) yield { a: many(list) };
    },
  ),
  new Processor({ name: "add", ...ports.add }).implement(async function* ({ a }) {
    for await (const list of a.batches()) yield { b: many(list.map(add)) };
  }),
  new Processor({ name: "double", ...ports.double }).implement(async function* ({ b }) {
    for await (const list of b.batches()) yield { c: many(list.map(double)) };
  }),
  new Processor({ name: "pass", ...ports.pass }).implement(async function* ({ c }) {
    for await (const list of c.batches()) yield { d: many(list.map(pass)) };
  }),
).resolve();

/** The chain keeps nothing of what it has handed out; by default a run keeps its outputs for reading them again. */
const KEEP_NOTHING = { defaults: { retain: "unread" } } as const;

/** Reads value by value, as the chain's caller does. */
async function measureGenerators({ n }: { n: number }): Promise<Measurement> {
  await using supervisor = new Supervisor();
  const start = performance.now();
  let values = 0;
  const run = await supervisor.startFlow(generators, { a: numbers(n) }, KEEP_NOTHING);
  for await (const _ of run.outputs.d) values++;
  return { values, score: perSecond(values, start) };
}

/** Reads in batches: who wants speed would. */
async function measureEach({ n }: { n: number }): Promise<Measurement> {
  await using supervisor = new Supervisor();
  const start = performance.now();
  let values = 0;
  const run = await supervisor.startFlow(each, { a: numbers(n) }, KEEP_NOTHING);
  for await (const list of run.outputs.d.batches()) values += list.length;
  return { values, score: perSecond(values, start) };
}

async function measureBatches({ n }: { n: number }): Promise<Measurement> {
  await using supervisor = new Supervisor();
  const start = performance.now();
  let values = 0;
  const run = await supervisor.startFlow(batches, { n: [n] }, KEEP_NOTHING);
  for await (const list of run.outputs.d.batches()) values += list.length;
  return { values, score: perSecond(values, start) };
}

export const memoryRows: readonly Row[] = [
  {
    name: "memory/generators",
    title: "3 generators in memory / chain of async generators",
    unit: "values/s",
    reference: chain,
    ours: { n: N, measure: measureGenerators },
    ratio: { atLeast: 0.4 },
  },
  {
    name: "memory/each",
    title: "3 implementEach in memory / chain of async generators",
    unit: "values/s",
    reference: chain,
    ours: { n: N, measure: measureEach },
    ratio: { atLeast: 2 },
  },
  {
    name: "memory/batches",
    title: "3 readers of batches in memory / chain over arrays of 256",
    unit: "values/s",
    reference: chainOfLists,
    ours: { n: chainOfLists.n, measure: measureBatches },
    ratio: { atLeast: 0.5 },
  },
];
