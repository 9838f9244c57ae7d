import { Flow, many, Processor } from "datagraph";
import { expect } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource, eventually, within } from "./kit/testing.ts";
import { gate, number, numbers, text } from "./kit/values.ts";

interface Options {
  readonly maxSize?: number;
  readonly maxWaitMs?: number;
  readonly concurrency?: number;
  readonly ordered?: boolean;
}

const list = text;

function batching(options: Options, before?: (values: readonly number[]) => Promise<void>) {
  const batch = new Processor({ name: "batch", inputs: { n: number }, outputs: { lists: list } });
  batch.implementBatch(options, async (values) => {
    await before?.(values);
    return { lists: values.join(" ") };
  });
  return Flow.fromProcessors(batch).resolve();
}

onEveryStore("implementBatch: every value once, in order, at most maxSize at a time", async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  for (const maxSize of [1, 7, 64, 10_000]) {
    const run = await supervisor.startFlow(batching({ maxSize }), { n: numbers(1000) });
    const lists = (await run.outputs.lists.toArray()).map((line) => line.split(" ").map(Number));
    expect(lists.flat(), `maxSize ${maxSize}`).toEqual(numbers(1000));
    expect(Math.max(...lists.map((values) => values.length))).toBeLessThanOrEqual(maxSize);
  }
});

onEveryStore("implementBatch: full batches where it may wait for ever, and the rest at the end", async (makeSupervisor) => {
  const n = new ControlledSource<number>();
  const run = await makeSupervisor().startFlow(batching({ maxSize: 4, maxWaitMs: Number.POSITIVE_INFINITY }), { n });
  const out = run.outputs.lists.stream();
  n.push(0, 1, 2);
  const first = out.next();
  await n.started;
  n.push(3, 4);
  expect((await within(first, "a full batch")).value).toBe("0 1 2 3");
  n.end();
  expect((await out.next()).value).toBe("4");
  expect((await out.next()).done).toBe(true);
});

onEveryStore("implementBatch: takes what is there when its time is up", async (makeSupervisor) => {
  const n = new ControlledSource<number>();
  const run = await makeSupervisor().startFlow(batching({ maxSize: 1000, maxWaitMs: 30 }), { n });
  const out = run.outputs.lists.stream();
  n.push(0, 1, 2);
  // The source goes on: only the time can have ended this batch, or two where the machine took its time between two values.
  const came: string[] = [];
  while (came.join(" ").length < "0 1 2".length)
    came.push((await within(out.next(), "a batch that was not full")).value ?? "end");
  expect(came.join(" ")).toBe("0 1 2");
  n.push(3);
  expect((await within(out.next(), "the next one")).value).toBe("3");
  n.end();
  expect((await out.next()).done).toBe(true);
});

onEveryStore("implementBatch: concurrency is a bound, and order is kept", async (makeSupervisor) => {
  let now = 0;
  let most = 0;
  const go = gate();
  const before = async (values: readonly number[]) => {
    most = Math.max(most, ++now);
    await go.opened;
    for (let i = 0; i < (values[0] ?? 0) % 3; i++) await new Promise((resolve) => setImmediate(resolve));
    now--;
  };
  const run = await makeSupervisor().startFlow(batching({ maxSize: 10, concurrency: 3 }, before), { n: numbers(200) });
  await eventually(() => expect(now).toBe(3));
  go.open();
  const lists = await run.outputs.lists.toArray();
  expect(lists.flatMap((line) => line.split(" ").map(Number))).toEqual(numbers(200));
  expect(most).toBe(3);
});

onEveryStore("implementBatch: no batch for a stream without values", async (makeSupervisor) => {
  const run = await makeSupervisor().startFlow(batching({ maxWaitMs: 10 }), { n: [] });
  expect(await run.outputs.lists.toArray()).toEqual([]);
  await run.done;
});

onEveryStore("many: several values of an output at once, in order, of any number", async (makeSupervisor) => {
  const burst = new Processor({ name: "burst", inputs: { n: number }, outputs: { m: number, label: text } });
  burst.implement(async function* ({ n }) {
    for await (const count of n) {
      yield { m: many(numbers(count)) };
      yield { m: -1, label: many([`${count}`, "done"]) };
    }
  });
  const counts = [3, 0, 1, 2000];
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(burst).resolve(), { n: counts });
  expect(await run.outputs.m.toArray()).toEqual(counts.flatMap((count) => [...numbers(count), -1]));
  expect(await run.outputs.label.toArray()).toEqual(counts.flatMap((count) => [`${count}`, "done"]));
});

onEveryStore("batches: lists of what is there, at most maxSize", async (makeSupervisor) => {
  const sizes = new Processor({ name: "sizes", inputs: { n: number }, outputs: { size: number, sum: number } });
  sizes.implement(async function* ({ n }) {
    for await (const values of n.batches({ maxSize: 16 })) yield { size: values.length, sum: values.reduce((a, b) => a + b, 0) };
  });
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(sizes).resolve(), { n: numbers(1000) });
  const seen = await run.outputs.size.toArray();
  expect(seen.reduce((a, b) => a + b)).toBe(1000);
  expect(Math.max(...seen)).toBeLessThanOrEqual(16);
  expect((await run.outputs.sum.toArray()).reduce((a, b) => a + b)).toBe((999 * 1000) / 2);
});
