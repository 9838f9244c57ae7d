import {
  CancelledError,
  Flow,
  many,
  Processor,
  RetryableError,
  StreamFailedError,
  stream,
  TerminalError,
  TimeoutError,
} from "datagraph";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource, within } from "./kit/testing.ts";

const number = stream<number>();
const NOW = { initialMs: 0, jitter: 0 };
const declared = () => new Processor({ name: "halve", inputs: { n: number }, outputs: { half: number } });
const flowOf = (processor: ReturnType<typeof declared>) => Flow.fromProcessors(processor).resolve();
/** Counts calls by value. */
const counter = () => {
  const calls = new Map<number, number>();
  return { calls, count: (n: number) => calls.set(n, (calls.get(n) ?? 0) + 1).get(n) ?? 0 };
};

describe("one value at a time", () => {
  onEveryStore("is tried again until it succeeds, in its place, while its neighbours go on", async (makeSupervisor) => {
    const { calls, count } = counter();
    let held = 0;
    let most = 0;
    const processor = declared().implementEach({ concurrency: 4, retry: { attempts: 4, backoff: NOW } }, async (n, _, task) => {
      most = Math.max(most, ++held);
      await new Promise(setImmediate);
      held--;
      expect(task.tries).toBe(count(n));
      if (n % 10 === 0 && task.tries < 4) throw new Error(`not yet ${n}`);
      return { half: n / 2 };
    });
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: Array.from({ length: 50 }, (_, n) => n) });
    expect(await run.outputs.half.toArray()).toEqual(Array.from({ length: 50 }, (_, n) => n / 2));
    await run.done;
    expect(most).toBe(4);
    expect([calls.get(10), calls.get(11)]).toEqual([4, 1]);
    expect((await run.progress()).tasks.halve).toEqual({ state: "completed", attempt: 1, retries: 15 });
  });

  onEveryStore("fails its run with the very error after so many attempts", async (makeSupervisor) => {
    const { calls, count } = counter();
    const processor = declared().implementEach({ retry: { attempts: 3, backoff: NOW } }, (n) => {
      count(n);
      if (n === 2) throw new RangeError("no 2");
      return { half: n / 2 };
    });
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: [1, 2, 3] });
    const error = await run.done.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StreamFailedError);
    expect(error).toMatchObject({ cause: { name: "RangeError", message: "no 2" }, failure: { processor: "halve" } });
    expect([...calls]).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });

  onEveryStore("emits what its last attempt has emitted, and nothing of those before", async (makeSupervisor) => {
    const processor = declared().implementEach({ retry: { backoff: NOW } }, async function* (n, _, { tries }) {
      yield { half: many([n, tries]) };
      await new Promise(setImmediate);
      if (tries < 3) throw new Error("half way");
      yield { half: n / 2 };
    });
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: [8] });
    expect(await run.outputs.half.toArray()).toEqual([8, 3, 4]);
  });

  onEveryStore("is not tried again where an error says so", async (makeSupervisor) => {
    const { calls, count } = counter();
    const processor = declared().implementEach({ retry: { attempts: 5, backoff: NOW } }, (n) => {
      count(n);
      throw new TerminalError("never");
    });
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: [1] });
    await expect(run.done).rejects.toMatchObject({ failure: { code: "TERMINAL" } });
    expect(calls.get(1)).toBe(1);
  });

  onEveryStore("is not tried again when its input has failed", async (makeSupervisor) => {
    const source = new ControlledSource<number>();
    let calls = 0;
    const processor = new Processor({
      name: "sum",
      inputs: { n: number, more: number },
      outputs: { half: number },
    }).implementEach({ input: "n", retry: { attempts: 5, backoff: NOW } }, async (n, { more }) => {
      calls++;
      return { half: n + (await more.toArray()).length };
    });
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(processor).resolve(), { n: [1], more: source });
    await expect.poll(() => calls).toBe(1);
    source.fail(new Error("no more"));
    await expect(run.done).rejects.toMatchObject({ cause: { message: "no more" } });
    expect(calls).toBe(1);
  });

  onEveryStore("waits no longer when its run is cancelled", async (makeSupervisor) => {
    const { calls, count } = counter();
    const processor = declared().implementEach({ retry: { attempts: 5 } }, (n) => {
      count(n);
      throw new RetryableError("much later", { retryAfter: 3_600_000 });
    });
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: [1, 2] });
    await expect.poll(() => calls.size).toBe(1);
    await run.cancel("enough");
    await expect(within(run.done, "the run")).rejects.toBeInstanceOf(CancelledError);
    expect(calls.get(1)).toBe(1);
  });

  onEveryStore("is called for no longer than it may take", async (makeSupervisor) => {
    const reasons: unknown[] = [];
    const processor = declared().implementEach({ timeoutMs: 20, retry: { attempts: 2, backoff: NOW } }, async (n, _, task) => {
      if (task.tries === 1) {
        task.signal.addEventListener("abort", () => reasons.push(task.signal.reason));
        await new Promise(() => undefined);
      }
      return { half: n / 2 };
    });
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: [4] });
    expect(await run.outputs.half.toArray()).toEqual([2]);
    expect(reasons).toEqual([expect.any(TimeoutError)]);
  });
});

describe("lists of values", () => {
  onEveryStore("are tried again as they were", async (makeSupervisor) => {
    const lists: (readonly number[])[] = [];
    const processor = declared().implementBatch({ maxSize: 3, retry: { backoff: NOW } }, (ns, _, { tries }) => {
      lists.push(ns);
      if (ns.includes(2) && tries < 3) throw new Error("not yet");
      return ns.map((n) => ({ half: n / 2 }));
    });
    const run = await makeSupervisor().startFlow(flowOf(processor), { n: [1, 2, 3] });
    expect(await run.outputs.half.toArray()).toEqual([0.5, 1, 1.5]);
    expect(lists.filter((list) => list.includes(2)).length).toBe(3);
  });
});

test("options are checked where they are declared", () => {
  const each = (options: object) => () => declared().implementEach(options, (n) => ({ half: n }));
  expect(each({ deadLetter: "yes" })).toThrow(/"halve": deadLetter must be "continue" or "stop", found "yes"/);
  expect(each({ timeoutMs: 0 })).toThrow(/timeoutMs must be more than 0/);
  expect(each({ retry: { attempts: -1 } })).toThrow(/"halve": retry.attempts/);
});

describe("outputs that a schema refuses", () => {
  onEveryStore("are the value's failure, where there are dead letters", async (makeSupervisor, scene) => {
    const processor = new Processor({ name: "root", inputs: { n: number }, outputs: { root: z.number().nonnegative() } });
    processor.implementEach({ deadLetter: "continue", retry: { attempts: 5, backoff: NOW } }, async (n) => ({ root: n }));
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(processor).resolve(), { n: [1, -1, 2] });
    expect(await run.outputs.root.toArray()).toEqual([1, 2]);
    scene.logged.take("warn");
    expect((await run.progress()).tasks.root).toMatchObject({ deadLetters: 1 });
  });
});
