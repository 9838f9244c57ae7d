/** What the original Datagraph gets wrong. */

import { Flow, type IO, Processor } from "datagraph";
import { expect } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource, collect, within } from "./kit/testing.ts";
import { number, numbers } from "./kit/values.ts";

function pipeline() {
  const double = new Processor({ name: "double", inputs: { n: number }, outputs: { m: number } });
  double.implementEach({}, (n) => ({ m: n * 2 }));
  const add = new Processor({ name: "add", inputs: { m: number }, outputs: { sum: number } });
  add.implement(async function* ({ m }) {
    let sum = 0;
    for await (const value of m) {
      sum += value;
      yield { sum };
    }
  });
  return Flow.fromProcessors(double, add).resolve();
}

function sums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += 2 * value));
}

onEveryStore("one resolved flow started many times, one after the other", async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  const flow = pipeline();
  for (let i = 0; i < 10; i++) {
    const run = await supervisor.startFlow(flow, { n: numbers(i) });
    expect(await run.outputs.sum.toArray()).toEqual(sums(numbers(i)));
  }
});

onEveryStore("one resolved flow started fifty times at once", async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  const flow = pipeline();
  const starts = numbers(50).map(async (i) => {
    const run = await supervisor.startFlow(flow, { n: numbers(100, i) });
    const values = await run.outputs.sum.toArray();
    await run.done;
    return { i, values };
  });
  for (const { i, values } of await Promise.all(starts)) expect(values, `run ${i}`).toEqual(sums(numbers(100, i)));
});

onEveryStore("one flow on two supervisors at once", async (makeSupervisor) => {
  const flow = pipeline();
  const runs = await Promise.all(
    [makeSupervisor(), makeSupervisor()].map((supervisor) => supervisor.startFlow(flow, { n: [1, 2, 3] })),
  );
  for (const run of runs) expect(await run.outputs.sum.toArray()).toEqual([2, 6, 12]);
});

onEveryStore("supplied inputs are read as streams: values are seen while the source goes on", async (makeSupervisor) => {
  const n = new ControlledSource<number>();
  const run = await makeSupervisor().startFlow(pipeline(), { n });
  const out = run.outputs.sum.stream();
  n.push(1);
  expect((await within(out.next(), "the first sum")).value).toBe(2);
  n.push(2, 3);
  expect((await within(out.next(), "the second sum")).value).toBe(6);
  expect((await run.status()).state).toBe("running");
  n.end();
  expect(await collect(out)).toEqual([12]);
  await run.done;
  await within(n.left, "the source to be left");
});

onEveryStore("supplied inputs of every kind: lists, sets, generators, async generators, web streams", async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  const flow = pipeline();
  const sources = {
    list: [1, 2, 3],
    set: new Set([1, 2, 3]),
    generator: (function* () {
      yield* [1, 2, 3];
    })(),
    "async generator": (async function* () {
      yield 1;
      await new Promise((resolve) => setImmediate(resolve));
      yield* [2, 3];
    })(),
    "web stream": new ReadableStream<number>({
      start(controller) {
        for (const value of [1, 2, 3]) controller.enqueue(value);
        controller.close();
      },
    }),
  };
  for (const [kind, n] of Object.entries(sources)) {
    const run = await supervisor.startFlow(flow, { n });
    expect(await run.outputs.sum.toArray(), kind).toEqual([2, 6, 12]);
  }
});

onEveryStore("a run's output feeds another run while it is made", async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  const n = new ControlledSource<number>();
  const first = await supervisor.startFlow(pipeline(), { n });
  const second = await supervisor.startFlow(pipeline(), { n: first.outputs.sum });
  n.push(1);
  expect(await second.outputs.sum.first()).toBe(4);
  n.end();
  expect(await second.outputs.sum.toArray()).toEqual([4]);
});

onEveryStore("startFlow returns before the flow has finished", async (makeSupervisor) => {
  const forever = new Processor({ name: "forever", outputs: { tick: number } });
  forever.implement(async function* () {
    for (let i = 0; ; i++) yield { tick: i };
  });
  const run = await within(makeSupervisor().startFlow(Flow.fromProcessors(forever).resolve()), "startFlow");
  expect(await collect(run.outputs.tick, 5)).toEqual([0, 1, 2, 3, 4]);
  expect((await run.status()).state).toBe("running");
  await run.cancel();
});

onEveryStore("sinks of every partition are handed out, with and without wait", async (makeSupervisor) => {
  const early = new Processor({ name: "early", inputs: { n: number }, outputs: { a: number, sinkOfFirst: number } });
  early.implementEach({}, (n) => ({ a: n, sinkOfFirst: n }));
  const middle = new Processor({
    name: "middle",
    inputs: { a: number },
    outputs: { b: number, sinkOfSecond: number },
    wait: true,
  });
  middle.implementEach({}, (n) => ({ b: n, sinkOfSecond: n + 10 }));
  const late = new Processor({ name: "late", inputs: { b: number }, outputs: { sinkOfThird: number }, wait: true });
  late.implementEach({}, (n) => ({ sinkOfThird: n + 100 }));
  const effects: number[] = [];
  const end = new Processor({ name: "end", inputs: { b: number } });
  end.implementEach({}, (n) => {
    effects.push(n);
  });
  const flow = Flow.fromProcessors(early, middle, late, end).resolve();
  expect(flow.plan).toHaveLength(3);
  const run = await makeSupervisor().startFlow(flow, { n: [1, 2, 3] });
  await run.done;
  expect(Object.keys(run.outputs).sort()).toEqual(["sinkOfFirst", "sinkOfSecond", "sinkOfThird"]);
  expect(await run.outputs.sinkOfFirst.toArray()).toEqual([1, 2, 3]);
  expect(await run.outputs.sinkOfSecond.toArray()).toEqual([11, 12, 13]);
  expect(await run.outputs.sinkOfThird.toArray()).toEqual([101, 102, 103]);
  expect(effects).toEqual([1, 2, 3]);
});

onEveryStore("merging twenty inputs as they are available", async (makeSupervisor) => {
  const names = numbers(20).map((i) => `in${i}`);
  const merge = new Processor({
    name: "merge",
    inputs: Object.fromEntries(names.map((name) => [name, number])),
    outputs: { all: number },
  });
  merge.implement(async function* (inputs) {
    const [first, ...others] = names.flatMap((name) => inputs[name] ?? []);
    if (!first) return;
    for await (const { source, value } of first.asAvailable(...others))
      yield { all: Number(source.slice(2)) * 1000 + Number(value) };
  });
  const sources = Object.fromEntries(names.map((name) => [name, new ControlledSource<number>()]));
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(merge).resolve(), sources);
  const out = (run.outputs.all as IO<number>).stream();
  // The last one alone already arrives, although the others are silent.
  sources.in19?.push(0);
  expect((await out.next()).value).toBe(19_000);
  for (const i of [7, 3, 11]) {
    sources[`in${i}`]?.push(1);
    expect((await out.next()).value).toBe(i * 1000 + 1);
  }
  for (const source of Object.values(sources)) {
    source.push(2, 3);
    source.end();
  }
  const rest = await collect(out);
  expect(rest.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers(20).flatMap((i) => [i * 1000 + 2, i * 1000 + 3]));
  for (const i of numbers(20))
    expect(rest.filter((v) => Math.floor(Number(v) / 1000) === i)).toEqual([i * 1000 + 2, i * 1000 + 3]);
});
