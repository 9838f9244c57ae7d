/* A worker: performs one processor of the flows that are measured, or several. The flows are here, for workers and starters alike. */
import { setTimeout as delay } from "node:timers/promises";
import { Flow, Processor, type RedisOptions, Supervisor, stream } from "datagraph";
import { BullMQExecutor } from "datagraph/bullmq";

const values = stream<unknown>();

/** How processors are implemented. */
export type Kind = "generators" | "each";

/** Three processors that pass on what they get; the last one keeps nothing, or gives it to the caller. */
function chainOf(kind: Kind) {
  const first = new Processor({ name: `${kind}.first`, inputs: { a: values }, outputs: { b: values } });
  const second = new Processor({ name: `${kind}.second`, inputs: { b: values }, outputs: { c: values } });
  const sink = new Processor({ name: `${kind}.sink`, inputs: { c: values } });
  const last = new Processor({ name: `${kind}.last`, inputs: { c: values }, outputs: { d: values } });
  return { first, second, sink, last };
}

const generators = chainOf("generators");
const each = chainOf("each");

export const flows = {
  generators: Flow.fromProcessors(generators.first, generators.second, generators.sink).resolve(),
  each: Flow.fromProcessors(each.first, each.second, each.sink).resolve(),
  /** The first output is what counts. */
  echo: Flow.fromProcessors(generators.first, generators.second, generators.last).resolve(),
};

/** A processor of numbers that several share, or one performs alone. */
function shareOf(name: string) {
  const processor = new Processor({ name, inputs: { n: stream<number>() }, outputs: { m: stream<number>() } });
  return { processor, flow: Flow.fromProcessors(processor).resolve() };
}

export const sharing = {
  busy1: shareOf("busy.1"),
  busy2: shareOf("busy.2"),
  waiting1: shareOf("waiting.1"),
  waiting4: shareOf("waiting.4"),
};
export type ShareKind = keyof typeof sharing;

/** Who performs what, and where. */
export interface WorkerSettings {
  readonly redis: RedisOptions;
  readonly processors: readonly string[];
  readonly leaseMs?: number;
}

export async function main({ redis, processors, leaseMs }: WorkerSettings): Promise<void> {
  implementAll();
  const supervisor = new Supervisor({ redis, executor: new BullMQExecutor(), ...(leaseMs && { leaseMs }) });
  const working = supervisor.work({ processors });
  await supervisor.runs(); // connects
  console.log("ready");
  await working;
}

function implementAll(): void {
  generators.first.implement(async function* ({ a }) {
    for await (const value of a) yield { b: value };
  });
  generators.second.implement(async function* ({ b }) {
    for await (const value of b) yield { c: value };
  });
  generators.sink.implement(async ({ c }) => {
    for await (const _ of c);
  });
  generators.last.implement(async function* ({ c }) {
    for await (const value of c) yield { d: value };
  });
  each.first.implementEach({}, (value) => ({ b: value }));
  each.second.implementEach({}, (value) => ({ c: value }));
  each.sink.implementEach({}, () => undefined);
  sharing.busy1.processor.implementEach({}, busy);
  sharing.busy2.processor.implementEach({ replicas: 2 }, busy);
  sharing.waiting1.processor.implementEach({ concurrency: 50 }, waiting);
  sharing.waiting4.processor.implementEach({ concurrency: 50, replicas: 4 }, waiting);
}

/** Takes 5 ms of a processor's time, whoever else wants it. */
function busy(n: number): { m: number } {
  const { user, system } = process.cpuUsage();
  for (;;) {
    const now = process.cpuUsage();
    if (now.user + now.system - user - system >= 5_000) return { m: n };
  }
}

async function waiting(n: number): Promise<{ m: number }> {
  await delay(20);
  return { m: n };
}
