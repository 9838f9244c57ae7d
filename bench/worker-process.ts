/* A worker: performs one processor of the flows that are measured, or several. The flows are here, for workers and starters alike. */
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
}
