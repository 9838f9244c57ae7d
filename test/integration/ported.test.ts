/** Every scenario of the original Datagraph's integration suite. */

import { depends, Flow, Processor, stream } from "datagraph";
import { expect } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource } from "./kit/testing.ts";

const number = stream<number>();

function foobar() {
  const processor = new Processor({ name: "foobar", inputs: { foo: number }, outputs: { bar: number } });
  return processor.implement({ multiplier: depends(async () => 2) }, async function* ({ foo, multiplier }) {
    const count = await foo.first();
    for (let i = 0; i < count; i++) yield { bar: i * multiplier };
  });
}

onEveryStore("the example of the design", async (makeSupervisor) => {
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(foobar()).resolve(), { foo: [5] });
  const seen: number[] = [];
  for await (const value of run.outputs.bar) seen.push(value);
  expect(seen).toEqual([0, 2, 4, 6, 8]);
  await run.done;
});

onEveryStore("several outputs from one processor, read again and again", async (makeSupervisor) => {
  const split = new Processor({
    name: "split",
    inputs: { n: number },
    outputs: { even: number, odd: number, text: stream<string>() },
  });
  split.implement(async function* ({ n }) {
    for await (const value of n) {
      if (value % 2 === 0) yield { even: value, text: `${value}` };
      else yield { odd: value, text: `${value}` };
    }
  });
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(split).resolve(), { n: [1, 2, 3, 4, 5] });
  for (let again = 0; again < 3; again++) {
    expect(await run.outputs.even.toArray()).toEqual([2, 4]);
    expect(await run.outputs.odd.toArray()).toEqual([1, 3, 5]);
    expect(await run.outputs.text.toArray()).toEqual(["1", "2", "3", "4", "5"]);
  }
  await run.done;
  const [a, b] = await Promise.all([run.outputs.odd.toArray(), run.outputs.odd.toArray()]);
  expect(a).toEqual(b);
  expect(await run.outputs.text.first()).toBe("1");
  expect(await run.outputs.text.stream({ from: 3 }).next()).toEqual({ done: false, value: "4" });
});

onEveryStore("a diamond with four inputs read together", async (makeSupervisor) => {
  const source = new Processor({ name: "source", inputs: { n: number }, outputs: { a: number, b: number } });
  source.implementEach({}, (n) => ({ a: n, b: n * 10 }));
  const left = new Processor({ name: "left", inputs: { a: number }, outputs: { c: number } });
  left.implement(async function* ({ a }) {
    for await (const value of a) yield { c: value * 100 };
  });
  const right = new Processor({ name: "right", inputs: { b: number }, outputs: { d: number } });
  right.implement(async function* ({ b }) {
    for await (const value of b) yield { d: value * 100 };
  });
  const join = new Processor({ name: "join", inputs: { a: number, b: number, c: number, d: number }, outputs: { sum: number } });
  join.implement(async function* ({ a, b, c, d }) {
    for await (const values of a.streamWith(b, c, d)) yield { sum: values.reduce((x, y) => x + y) };
  });
  const flow = Flow.fromProcessors(join, right, left, source).resolve();
  const run = await makeSupervisor().startFlow(flow, { n: Array.from({ length: 1000 }, (_, i) => i) });
  expect(await run.outputs.sum.toArray()).toEqual(Array.from({ length: 1000 }, (_, i) => i * 1111));
  await run.done;
});

onEveryStore("producer and consumer interlaced value by value", async (makeSupervisor) => {
  const log: string[] = [];
  const produce = new Processor({ name: "produce", inputs: { go: number }, outputs: { n: number } });
  produce.implement(async function* ({ go }) {
    for await (const i of go) {
      log.push(`yields ${i}`);
      yield { n: i };
    }
  });
  const consume = new Processor({ name: "consume", inputs: { n: number }, outputs: { seen: number } });
  consume.implement(async function* ({ n }) {
    for await (const i of n) {
      log.push(`sees ${i}`);
      yield { seen: i };
    }
  });
  const go = new ControlledSource<number>();
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(produce, consume).resolve(), { go });
  const seen = run.outputs.seen.stream();
  const expected: string[] = [];
  // The producer gets its next turn only once the caller has seen that the consumer is through with the value before.
  for (let i = 0; i < 20; i++) {
    go.push(i);
    expect(await seen.next()).toEqual({ done: false, value: i });
    expected.push(`yields ${i}`, `sees ${i}`);
  }
  go.end();
  expect((await seen.next()).done).toBe(true);
  expect(log).toEqual(expected);
});

onEveryStore("bounds of one value hold the producer back until the consumer asks for the next", async (makeSupervisor) => {
  let yielded = -1;
  let handled = -1;
  const produce = new Processor({ name: "produce", outputs: { n: number } });
  produce.implement(async function* () {
    for (let i = 0; i < 50; i++) {
      // The value before is the only one that may be neither passed nor under way.
      expect(handled, `handled when ${i} is made`).toBeGreaterThanOrEqual(i - 2);
      yielded = i;
      yield { n: i };
    }
  });
  const consume = new Processor({ name: "consume", inputs: { n: number }, outputs: { ahead: number } });
  consume.implement(async function* ({ n }) {
    for await (const i of n) {
      yield { ahead: yielded - i };
      handled = i;
    }
  });
  const flow = Flow.fromProcessors(produce, consume).resolve();
  const run = await makeSupervisor().startFlow(flow, {}, { streams: { n: { highWater: { values: 1 } } } });
  const ahead = await run.outputs.ahead.toArray();
  expect(ahead).toHaveLength(50);
  expect(Math.max(...ahead), "values that the producer was ahead").toBeLessThanOrEqual(1);
});

onEveryStore("a wait processor sums a complete stream", async (makeSupervisor) => {
  let complete = false;
  const produce = new Processor({ name: "produce", inputs: { n: number }, outputs: { m: number } });
  produce.implement(async function* ({ n }) {
    for await (const value of n) yield { m: value };
    complete = true;
  });
  const sum = new Processor({ name: "sum", inputs: { m: number }, outputs: { total: number }, wait: true });
  sum.implement(async ({ m }) => {
    expect(complete).toBe(true);
    return { total: (await m.toArray()).reduce((a, b) => a + b, 0) };
  });
  const n = new ControlledSource<number>();
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(produce, sum).resolve(), { n });
  n.push(1, 2, 3);
  await n.started;
  expect((await run.progress()).tasks.sum?.state).toBe("waiting");
  n.push(4);
  n.end();
  expect(await run.outputs.total.toArray()).toEqual([10]);
  await run.done;
});
