import {
  CancelledError,
  checkpoint,
  DeterminismError,
  depends,
  Flow,
  type PlainOptions,
  Processor,
  RetryableError,
  StreamFailedError,
  stream,
  TerminalError,
} from "datagraph";
import { describe, expect, test } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource, within } from "./kit/testing.ts";

const number = stream<number>();
const NOW = { initialMs: 0, jitter: 0 };
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const declared = () => new Processor({ name: "sums", inputs: { n: number }, outputs: { sum: number } });
const flowOf = (processor: Processor<ReturnType<typeof declared>["declaration"]>) => Flow.fromProcessors(processor).resolve();
const sumsOf = (count: number) => numbers(count).map((n) => (n * (n + 1)) / 2);
/** Small bounds: what is not kept on purpose is gone. */
const SMALL = { defaults: { highWater: { values: 16 } } } as const;

/** Sums up its numbers; `fails` says when it throws. */
function summing(options: PlainOptions, fails: (n: number, tries: number) => Error | undefined) {
  const calls: number[] = [];
  const processor = declared().implement(options, async function* ({ n }, { tries }) {
    calls.push(tries);
    let sum = 0;
    for await (const value of n) {
      const error = fails(value, tries);
      if (error) throw error;
      sum += value;
      yield { sum };
    }
  });
  return { calls, processor };
}

describe("a generator that throws", () => {
  onEveryStore("is called again from its beginning, and what is written stays once", async (makeSupervisor) => {
    const { calls, processor } = summing({ retry: { attempts: 4, backoff: NOW } }, (n, tries) =>
      n === 100 * tries && tries < 4 ? new Error(`not at ${n}`) : undefined,
    );
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: numbers(500) }, SMALL);
    expect(await run.outputs.sum.toArray()).toEqual(sumsOf(500));
    await run.done;
    expect(calls).toEqual([1, 2, 3, 4]);
    expect((await run.progress()).tasks.sums).toEqual({ state: "completed", attempt: 1, retries: 3 });
  });

  onEveryStore("has its inputs again between other processors, within their bounds", async (makeSupervisor) => {
    const source = new Processor({ name: "source", outputs: { n: number } }).implement(async function* () {
      for (const n of numbers(300)) yield { n };
    });
    const { calls, processor } = summing({ retry: { backoff: NOW } }, (n, tries) =>
      n === 250 && tries < 3 ? new Error("not yet") : undefined,
    );
    const doubles = new Processor({ name: "doubles", inputs: { sum: number }, outputs: { double: number } });
    doubles.implementEach({}, (sum) => ({ double: sum * 2 }));
    const flow = Flow.fromProcessors(source, processor, doubles).resolve();
    const run = await makeSupervisor().startFlow(flow, {}, SMALL);
    expect(await run.outputs.double.toArray()).toEqual(sumsOf(300).map((sum) => sum * 2));
    await run.done;
    expect(calls).toEqual([1, 2, 3]);
  });

  onEveryStore("goes on from its last checkpoint", async (makeSupervisor) => {
    const begun: unknown[] = [];
    const saving = new Processor({
      name: "sums",
      inputs: { n: number },
      outputs: { sum: number },
      state: stream<{ sum: number }>(),
    });
    saving.implement({ retry: { attempts: 3, backoff: NOW } }, async function* ({ n }, task) {
      let { sum } = task.state ?? { sum: 0 };
      const from = sum;
      let isFirst = true;
      for await (const value of n) {
        if (isFirst) begun.push([task.tries, value, from]);
        isFirst = false;
        if (value === 25 * task.tries && task.tries < 3) throw new Error("not yet");
        sum += value;
        yield { sum };
        if (value % 10 === 9) yield checkpoint({ sum });
      }
    });
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(saving).resolve(), { n: numbers(80) }, SMALL);
    expect(await run.outputs.sum.toArray()).toEqual(sumsOf(80));
    await run.done;
    expect(begun).toEqual([
      [1, 0, 0],
      [2, 20, 190],
      [3, 50, 1225],
    ]);
  });

  onEveryStore("fails its run with the last error, and that one's cause, after so many calls", async (makeSupervisor) => {
    const { calls, processor } = summing({ retry: { attempts: 3, backoff: NOW } }, (n, tries) =>
      n === 2 ? new RangeError(`call ${tries}`, { cause: new Error("why") }) : undefined,
    );
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: [1, 2, 3] });
    const error = await run.done.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StreamFailedError);
    expect(error).toMatchObject({
      cause: { name: "RangeError", message: "call 3", cause: { message: "why" } },
      failure: { processor: "sums", attempt: 1 },
    });
    expect(calls).toEqual([1, 2, 3]);
    await expect(run.outputs.sum.toArray()).rejects.toThrow("call 3");
    expect(await run.outputs.sum.first()).toBe(1);
  });

  onEveryStore("is called once where nothing else is declared, also for what could be tried again", async (makeSupervisor) => {
    const { calls, processor } = summing({}, () => new RetryableError("later", { retryAfter: 0 }));
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: [1] });
    await expect(run.done).rejects.toMatchObject({ failure: { code: "RETRYABLE" } });
    expect(calls).toEqual([1]);
  });

  onEveryStore("is not called again where an error says so, or the declaration", async (makeSupervisor) => {
    const retry = { attempts: 5, backoff: NOW, nonRetryable: [RangeError] };
    for (const error of [new TerminalError("never"), new RangeError("not this one")]) {
      const { calls, processor } = summing({ retry }, () => error);
      const run = await makeSupervisor().startFlow(flowOf(processor), { n: [1] });
      await expect(run.done).rejects.toMatchObject({ cause: { message: error.message } });
      expect(calls).toEqual([1]);
    }
  });

  onEveryStore("is not called again when its input has failed", async (makeSupervisor) => {
    const source = new ControlledSource<number>();
    const { calls, processor } = summing({ retry: { backoff: NOW } }, () => undefined);
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: source });
    source.push(1);
    await expect.poll(() => calls).toEqual([1]);
    source.fail(new Error("no more"));
    await expect(run.done).rejects.toMatchObject({ cause: { message: "no more" } });
    expect(calls).toEqual([1]);
  });

  onEveryStore("waits no longer when its run is cancelled, or its time is up", async (makeSupervisor) => {
    const ends = [
      { end: "cancel", options: {}, error: CancelledError },
      { end: "deadline", options: { deadlineMs: 300 }, error: StreamFailedError },
    ] as const;
    for (const { end, options, error } of ends) {
      const { calls, processor } = summing({ retry: {} }, () => new RetryableError("later", { retryAfter: 3_600_000 }));
      const run = await makeSupervisor().startFlow(flowOf(processor), { n: [1] }, options);
      await expect.poll(async () => (await run.progress()).tasks.sums?.retries).toBe(1);
      if (end === "cancel") await run.cancel("enough");
      await expect(within(run.done, end)).rejects.toBeInstanceOf(error);
      expect(calls).toEqual([1]);
    }
  });

  onEveryStore("shows what it has written while it waits", async (makeSupervisor) => {
    const { processor } = summing({ retry: {} }, (n) =>
      n === 3 ? new RetryableError("later", { retryAfter: 3_600_000 }) : undefined,
    );
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: [1, 2, 3] });
    const sums = run.outputs.sum.stream();
    expect([(await sums.next()).value, (await sums.next()).value]).toEqual([1, 3]);
    await run.cancel("seen");
    await run.done.catch(() => undefined);
  });

  onEveryStore("must give the same values again", async (makeSupervisor) => {
    let calls = 0;
    const whimsical = new Processor({ name: "whimsical", outputs: { held: stream<string>() } });
    whimsical.implement({ retry: { attempts: 5, backoff: NOW } }, async function* (_, { tries }) {
      calls++;
      yield { held: `in call ${tries}` };
      throw new Error("not yet");
    });
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(whimsical).resolve());
    const error = await run.done.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ cause: expect.any(DeterminismError), failure: { code: "NOT_DETERMINISTIC" } });
    expect(calls).toBe(2);
  });

  onEveryStore("tells what a failed call has left behind", async (makeSupervisor) => {
    const told: unknown[] = [];
    const source = new ControlledSource<number>();
    const leaving = declared().implement({ retry: { backoff: NOW } }, async function* ({ n }, { tries, signal }) {
      if (tries === 1) {
        // Reads on by itself, and would for ever.
        n.toArray().catch((error: unknown) => told.push(error));
        signal.addEventListener("abort", () => told.push(signal.reason));
        await n.first();
        throw new Error("not yet");
      }
      for await (const value of n) yield { sum: value };
    });
    const run = await makeSupervisor().startFlow(flowOf(leaving), { n: source });
    source.push(1);
    const sums = run.outputs.sum.stream();
    expect((await sums.next()).value).toBe(1);
    await expect.poll(() => told.length).toBe(2);
    expect(told).toEqual([expect.any(CancelledError), expect.any(CancelledError)]);
    source.push(2);
    expect((await sums.next()).value).toBe(2);
    source.end();
    await run.done;
  });
});

test("an async function is called again, too, with the dependencies of its task", async () => {
  const { MemoryStore, Supervisor } = await import("datagraph");
  let made = 0;
  const dependency = depends(() => ++made);
  const one = declared().implement({ retry: { backoff: NOW } }, { dependency }, async ({ n, dependency }, { tries }) => {
    if (tries < 3) throw new Error("not yet");
    return { sum: (await n.first()) + dependency };
  });
  await using supervisor = new Supervisor({ store: new MemoryStore() });
  const run = await supervisor.startFlow(flowOf(one), { n: [10] });
  expect(await run.outputs.sum.toArray()).toEqual([11]);
  await run.done;
});

test("options are told from dependencies, and checked where they are declared", () => {
  const implement = (first: object) => () => Reflect.apply(declared().implement, declared(), [first, async () => undefined]);
  expect(implement({ retry: { attempts: 0 } })).toThrow(/"sums": retry.attempts must be a whole number from 1, found 0/);
  expect(implement({ retry: {}, deadLetter: "continue" })).toThrow(/the option `retry` and no other, found deadLetter/);
  const retry = depends(() => 5);
  const named = declared().implement({ retry }, async ({ n, retry }) => ({ sum: (await n.first()) + retry }));
  expect(named.implementation).toMatchObject({ kind: "stream", retry: undefined, needs: { retry } });
});
