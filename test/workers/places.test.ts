/** Whose place a worker gives to another task: who has nothing to do but wait for streams, and nobody else. */
import { setTimeout as delay } from "node:timers/promises";
import { Flow, Processor, stream } from "datagraph";
import { expect, test } from "vitest";
import { fresh } from "../support/fresh.ts";
import { afterwards, Scene, within } from "./kit/scene.ts";

/** Longer than a task that waits keeps its place. */
const LONG_MS = 2_500;

const KINDS = {
  "values, several at once": { concurrency: 4 },
  "values by a replica": { concurrency: 4, replicas: 2 },
} as const;

test.each(Object.entries(KINDS))(
  "a handler of %s keeps its place while a call is under way, and gives it away when none is",
  async (_, options) => {
    const scene = new Scene();
    const begun: string[] = [];
    const [opened, open] = signal();
    const processor = new Processor({ name: fresh("slow"), inputs: { n: stream<number>() }, outputs: { m: stream<number>() } });
    processor.implementEach(options, async (n, _, { run }) => {
      begun.push(run);
      await opened;
      return { m: n };
    });
    const stop = new AbortController();
    const working = scene.supervisor.work({ processors: [processor], concurrency: 1, signal: stop.signal });
    afterwards(() => {
      stop.abort();
      return working;
    });
    const flow = Flow.fromProcessors(processor).resolve();
    const [ended, end] = signal();
    const first = await scene.supervisor.startFlow(flow, { n: oneAndMore(ended) });
    await expect.poll(() => begun).toEqual([first.id]);
    const second = await scene.supervisor.startFlow(flow, { n: [2] });
    await delay(LONG_MS);
    expect(begun).toEqual([first.id]);
    open();
    // The first one goes on: it waits for more.
    expect(await within(second.outputs.m.toArray(), "what had no place")).toEqual([2]);
    end();
    expect(await within(first.outputs.m.toArray(), "what gave its place away")).toEqual([1]);
    for (const run of [first, second]) await within(run.done, "the run");
  },
  30_000,
);

async function* oneAndMore(ended: Promise<void>): AsyncGenerator<number> {
  yield 1;
  await ended;
}

function signal(): [happened: Promise<void>, happen: () => void] {
  let happen = () => {};
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return [happened, () => happen()];
}

test("a worker that is stopped drains what it has begun beside others, too, and leaves no job behind", async () => {
  const scene = new Scene();
  const name = fresh("beside").replaceAll(/\W/g, "-");
  const begun: string[] = [];
  const [opened, open] = signal();
  const processor = new Processor({ name, inputs: { n: stream<number>() }, outputs: { m: stream<number>() } });
  processor.implement(async function* ({ n }, { run }) {
    begun.push(run);
    for await (const value of n) {
      if (value === 2) await opened;
      yield { m: value };
    }
  });
  const stop = new AbortController();
  const working = scene.supervisor.work({ processors: [processor], concurrency: 1, signal: stop.signal });
  const flow = Flow.fromProcessors(processor).resolve();
  const [ended, end] = signal();
  const first = await scene.supervisor.startFlow(flow, { n: oneAndMore(ended) });
  await expect.poll(() => begun).toEqual([first.id]);
  const second = await scene.supervisor.startFlow(flow, { n: [2] });
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual([first.id, second.id]);
  stop.abort();
  open();
  end();
  for (const [run, values] of [
    [first, [1]],
    [second, [2]],
  ] as const) {
    expect(await within(run.outputs.m.toArray(), "its outputs")).toEqual(values);
  }
  await within(working, "the worker to have drained");
  const keys = await scene.client().keys(`${scene.prefix}q:${name}:*`);
  expect(keys.filter((key) => !/:(events|id|meta|marker|stalled-check)$/.test(key))).toEqual([]);
}, 30_000);
