import { checkpoint, Flow, HandlerError, Processor, StreamFailedError, stream, ValidationError } from "datagraph";
import { expect } from "vitest";
import { z } from "zod";
import { onEveryStore } from "./kit/every-store.ts";
import { errorOf, numbers } from "./kit/values.ts";

const STREAMS = { inputs: { n: stream<number>() }, outputs: { sum: stream<number>() } } as const;

onEveryStore("a generator that saves where it is gives the same as one that does not", async (makeSupervisor) => {
  const states: unknown[] = [];
  const summing = new Processor({ name: "summing", ...STREAMS, state: z.object({ sum: z.number() }) });
  summing.implement(async function* ({ n }, task) {
    states.push(task.state);
    let sum = task.state?.sum ?? 0;
    for await (const value of n) {
      sum += value;
      yield { sum };
      if (value % 10 === 0) yield checkpoint({ sum });
    }
  });
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(summing).resolve(), { n: numbers(100) });
  expect((await run.outputs.sum.toArray()).at(-1)).toBe(4950);
  await run.done;
  expect(states).toEqual([undefined]);
});

onEveryStore("a state that is not as declared fails the task", async (makeSupervisor) => {
  const state = z.object({ sum: z.number().max(10) });
  const summing = new Processor({ name: "summing", ...STREAMS, state });
  summing.implement(async function* ({ n }) {
    for await (const sum of n) {
      yield { sum };
      yield checkpoint({ sum });
    }
  });
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(summing).resolve(), { n: numbers(100) });
  const error = (await errorOf(run.outputs.sum.toArray())) as StreamFailedError;
  expect(error).toBeInstanceOf(StreamFailedError);
  expect(error.cause).toBeInstanceOf(ValidationError);
  expect(String(error.cause)).toMatch(/checkpoint of "summing".*sum/);
  await errorOf(run.done);
});

onEveryStore("a handler of values that gives a checkpoint is told that it needs none", async (makeSupervisor) => {
  const summing = new Processor({ name: "summing", ...STREAMS });
  summing.implementEach({}, (() => checkpoint(1)) as never);
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(summing).resolve(), { n: [1] });
  const error = (await errorOf(run.done)) as StreamFailedError;
  expect(error.cause).toBeInstanceOf(HandlerError);
  expect(String(error.cause)).toMatch(/implementEach/);
});
