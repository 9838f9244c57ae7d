import { CancelledError, type IO, MemoryStore, type StartOptions, type StreamStore } from "datagraph";
import { expect, inject } from "vitest";
import { connectRedisStore } from "../../../src/streams/redis/redis-store.ts";
import { performOn, type StoreName } from "../kit/every-store.ts";
import { within } from "../kit/testing.ts";
import { build, supply } from "./build.ts";
import { evaluate } from "./evaluate.ts";
import { ObservedStore } from "./observe.ts";
import type { FlowSpec, ProcessorSpec } from "./spec.ts";
import { sorted } from "./values.ts";

const DEADLINE_MS = Number(process.env.FLOW_DEADLINE_MS ?? 10_000);

/** Runs a flow and asserts that it does what its spec says, within its bounds, and that nothing is left of it. */
export async function performFlow(storeName: StoreName, spec: FlowSpec): Promise<void> {
  await performOn(storeName, async (makeSupervisor, { logged, prefix, connection }) => {
    const inner: StreamStore =
      storeName === "redis"
        ? await connectRedisStore({ url: inject("redisUrl"), prefix, client: { connectionName: connection }, log: logged })
        : new MemoryStore();
    const store = new ObservedStore(inner);
    const supervisor = makeSupervisor({ store });
    const run = await supervisor.startFlow(build(spec), suppliesOf(spec), optionsOf(spec));
    const found = await within(readAll(run.outputs, spec.oneByOne), "the outputs", { deadlineMs: DEADLINE_MS }).catch(
      async (error: unknown) => {
        throw new Error(`${String(error)}\n${JSON.stringify(await run.progress(), undefined, 1)}`, { cause: error });
      },
    );
    await within(run.done, "the end of the run", { deadlineMs: DEADLINE_MS });
    expectOutputs(spec, found);
    if (needsNoGrowth(spec)) expectBounded(spec, store);
  });
}

/** How many values a flow has in all its streams. */
export function sizeOf(spec: FlowSpec): number {
  return [...evaluate(spec).values()].reduce((count, { values }) => count + values.length, 0);
}

/** Asserts that streams hold what the spec's evaluation says. */
export function expectOutputs(spec: FlowSpec, found: ReadonlyMap<string, readonly number[]>): void {
  const expected = evaluate(spec);
  for (const [name, values] of found) {
    const { values: wanted = [], ordered = true } = expected.get(name) ?? {};
    if (ordered) expect(values, `stream ${name}`).toEqual(wanted);
    else expect(sorted(values), `values of stream ${name}`).toEqual(sorted(wanted));
  }
}

/** How a run of a spec is started. */
export function optionsOf(spec: FlowSpec): StartOptions {
  return {
    outputs: spec.all ? "all" : "unconsumed",
    defaults: {
      highWater: { values: spec.highWater },
      ...(spec.maxBacklog !== undefined && { maxBacklog: spec.maxBacklog }),
      ...(spec.unread && { retain: "unread" }),
    },
  };
}

export function suppliesOf({ inputs }: FlowSpec) {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { values, rate }]) => [name, rate === "none" ? values : supply(values, rate)]),
  );
}

/** All values of all outputs. */
export async function readAll(outputs: Readonly<Record<string, IO<unknown>>>, oneByOne: boolean): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  const read = async ([name, io]: [string, IO<unknown>]) => {
    try {
      found.set(name, (await io.toArray()) as number[]);
    } catch (error) {
      // A supplied input that no processor has read to its end is fed no longer than the run goes on.
      if (!(error instanceof CancelledError && name.startsWith("in"))) throw error;
    }
  };
  if (oneByOne) for (const output of Object.entries(outputs)) await read(output);
  else await Promise.all(Object.entries(outputs).map(read));
  return found;
}

/** Whether every reader reads what it reads as it comes, so that bounds can deadlock nothing. */
function needsNoGrowth({ processors, maxBacklog, oneByOne }: FlowSpec): boolean {
  const simple = ({ inputs, order, kind, wait }: ProcessorSpec) =>
    !wait && (inputs.length <= 1 || (kind === "generator" && (order === "merged" || order === "arrival")));
  return maxBacklog === undefined && !oneByOne && processors.every(simple);
}

function expectBounded({ processors }: FlowSpec, { overruns }: ObservedStore): void {
  for (const [stream, overrun] of overruns) {
    const producer = processors.find(({ outputs }) => outputs.includes(stream));
    // Whoever is under way when a stream gets full (by a write, or by a reader that attaches) still writes what is in hand.
    const calls = producer === undefined || producer.kind === "generator" ? 1 : producer.concurrency * producer.replicas;
    const slack = calls * (producer?.chunk ?? 1);
    expect(overrun, `values of "${stream}" written past its bound`).toBeLessThanOrEqual(slack);
  }
}
