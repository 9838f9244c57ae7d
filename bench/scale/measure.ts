/*
 * What runs cost a server: many runs of one flow of two processors, started, left waiting for their input, given values in
 * chunks of several sizes, and ended. Starter and worker are supervisors of this process with connections of their own,
 * as they would have in two.
 */
import { Flow, type FlowRun, type IO, LocalExecutor, Processor, Supervisor, stream } from "datagraph";
import { BullMQExecutor } from "datagraph/bullmq";
import { ControlledSource } from "datagraph/testing";
import type { Redis } from "ioredis";
import { type Clients, clientsOf, keptBy, lookAt, type Work, workBetween } from "./server-figures.ts";

export type Where = "local" | "bullmq";

export interface MeasureOptions {
  readonly url: string;
  readonly where: Where;
  readonly runs: number;
  /** How long waiting runs are looked at. */
  readonly idleMs: number;
  readonly chunks: readonly number[];
  /** How many chunks of each size every run is given. */
  readonly rounds: number;
  readonly valueBytes: number;
  readonly leaseMs: number;
  /** How long ended runs are kept. */
  readonly keepMs: number;
}

/** Of one value that passes the flow, in chunks of a size. */
export interface ValueCost {
  readonly chunk: number;
  readonly values: number;
  readonly work: Work;
  /** What is kept of all values: of the flow's output, as what is inside of it is dropped. */
  readonly bytes: number;
}

export interface Measured {
  readonly where: Where;
  readonly runs: number;
  readonly start: Work;
  readonly idle: Work;
  readonly values: readonly ValueCost[];
  readonly end: Work;
  /** More than before the runs. */
  readonly keys: number;
  readonly bytes: number;
  /** Connections before the runs, and while they wait. */
  readonly before: Clients;
  readonly waiting: Clients;
  readonly afterValues: Clients;
  /** Keys that are left when all runs have ended and their `keepMs` is over, but those that were there before them. */
  readonly left: readonly string[];
  /** Milliseconds that each of them lives on; -1: for ever. */
  readonly leftForMs: readonly number[];
  /** How many runs the prefix still lists. */
  readonly listed: number;
}

/** Workers that have nothing to do, of one processor each. */
export interface MeasuredWorkers {
  readonly workers: number;
  readonly work: Work;
  readonly connections: number;
  /** What the server keeps for the connections. */
  readonly bytes: number;
}

const PREFIX = "scale:";
const STARTS_AT_ONCE = 50;

const first = new Processor({ name: "scale.first", inputs: { a: stream<string>() }, outputs: { b: stream<string>() } });
const last = new Processor({ name: "scale.last", inputs: { b: stream<string>() }, outputs: { c: stream<string>() } });
first.implementEach({}, (value) => ({ b: value }));
last.implementEach({}, (value) => ({ c: value }));
const flow = Flow.fromProcessors(first, last).resolve();

/** One run, with the hands on its input and its output. */
class Held {
  readonly #source: ControlledSource<string>;
  readonly #run: FlowRun<{ c: IO<string, "c"> }>;
  readonly #arrivals: AsyncIterator<string>;

  private constructor(source: ControlledSource<string>, run: FlowRun<{ c: IO<string, "c"> }>) {
    this.#source = source;
    this.#run = run;
    this.#arrivals = run.outputs.c.stream();
  }

  static async start(supervisor: Supervisor, keepMs: number): Promise<Held> {
    const source = new ControlledSource<string>();
    return new Held(source, await supervisor.startFlow(flow, { a: source }, { keepMs }));
  }

  /** Sends values and waits for them to come out. */
  async pass(values: readonly string[]): Promise<void> {
    this.#source.push(...values);
    for (const expected of values) {
      const { value } = await this.#arrivals.next();
      if (value !== expected) throw new Error(`A run gave ${value} where it was to give ${expected}.`);
    }
  }

  async end(): Promise<void> {
    this.#source.end();
    await this.#arrivals.next();
    await this.#run.done;
  }
}

/** The server has to be one that nobody else uses. */
export async function measure(redis: Redis, options: MeasureOptions): Promise<Measured> {
  const { where, runs, chunks } = options;
  await using supervisors = await open(options);
  const keptBefore = await keptBy(redis);
  const before = await clientsOf(redis);
  const during = async (act: () => Promise<void>) => {
    const from = await lookAt(redis);
    await act();
    return workBetween(from, await lookAt(redis));
  };
  const held: Held[] = [];
  const start = await during(async () => {
    while (held.length < runs) {
      const count = Math.min(STARTS_AT_ONCE, runs - held.length);
      const started = await Promise.all(Array.from({ length: count }, () => Held.start(supervisors.starter, options.keepMs)));
      // What is there once a value has come out: all tasks are performed, all streams exist.
      await Promise.all(started.map((run) => run.pass([""])));
      held.push(...started);
    }
  });
  const idle = await during(() => pause(options.idleMs));
  const waiting = await clientsOf(redis);
  const kept = await keptBy(redis);
  const values: ValueCost[] = [];
  for (const chunk of chunks) {
    const [{ bytes: bytesBefore }, list] = [
      await keptBy(redis),
      Array.from({ length: chunk }, (_, i) => String(i).padEnd(options.valueBytes)),
    ];
    const work = await during(async () => {
      for (let round = 0; round < options.rounds; round++) await Promise.all(held.map((run) => run.pass(list)));
    });
    values.push({ chunk, values: chunk * options.rounds * runs, work, bytes: (await keptBy(redis)).bytes - bytesBefore });
  }
  const afterValues = await clientsOf(redis);
  const end = await during(async () => {
    await Promise.all(held.map((run) => run.end()));
  });
  await pause(options.keepMs * 2);
  const keptAfter = await keptBy(redis);
  const left = keptAfter.keys.filter((key) => !keptBefore.keys.includes(key));
  return {
    where,
    runs,
    start,
    idle,
    values,
    end,
    keys: kept.keys.length - keptBefore.keys.length,
    bytes: kept.bytes - keptBefore.bytes,
    before,
    waiting,
    afterValues,
    left,
    leftForMs: await Promise.all(left.map((key) => redis.pttl(key))),
    listed: await redis.zcard(`${PREFIX}runs`),
  };
}

/** What a worker costs that has nothing to do: the same for any number of runs. */
export async function measureIdleWorkers(
  redis: Redis,
  { url, workers, idleMs, leaseMs }: { url: string; workers: number; idleMs: number; leaseMs: number },
): Promise<MeasuredWorkers> {
  const { connections, bytes } = await clientsOf(redis);
  const supervisors = Array.from({ length: workers }, () => supervisorOf({ url, where: "bullmq", leaseMs }));
  try {
    await Promise.all(supervisors.map((supervisor) => supervisor.runs())); // connects
    const working = supervisors.map((supervisor) => supervisor.work({ processors: [last], concurrency: 1 }));
    void Promise.allSettled(working);
    // BullMQ connects when it asks for its first job.
    await pause(idleMs / 4);
    const before = await lookAt(redis);
    await pause(idleMs);
    const work = workBetween(before, await lookAt(redis));
    const clients = await clientsOf(redis);
    return { workers, work, connections: clients.connections - connections, bytes: clients.bytes - bytes };
  } finally {
    await Promise.all(supervisors.map((supervisor) => supervisor.close()));
  }
}

interface Supervisors extends AsyncDisposable {
  readonly starter: Supervisor;
}

async function open({ url, where, runs, leaseMs }: MeasureOptions): Promise<Supervisors> {
  const starter = supervisorOf({ url, where, leaseMs });
  await starter.runs(); // connects
  if (where === "local") return { starter, [Symbol.asyncDispose]: () => starter.close() };
  const worker = supervisorOf({ url, where, leaseMs });
  await worker.runs();
  const working = worker.work({ concurrency: runs });
  // One run to have every connection and every key that does not belong to a run.
  const run = await Held.start(starter, 1);
  await run.pass([""]);
  await run.end();
  await pause(leaseMs / 20);
  return {
    starter,
    [Symbol.asyncDispose]: async () => {
      await worker.close();
      await working;
      await starter.close();
    },
  };
}

function supervisorOf({ url, where, leaseMs }: { url: string; where: Where; leaseMs: number }): Supervisor {
  return new Supervisor({
    redis: { url, prefix: PREFIX },
    executor: where === "local" ? new LocalExecutor() : new BullMQExecutor(),
    leaseMs,
    log: quiet,
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function silent(): void {}

/** The scratch server keeps nothing on disk, which a supervisor with workers warns of. */
const quiet = { debug: silent, info: silent, warn: silent, error: silent };
