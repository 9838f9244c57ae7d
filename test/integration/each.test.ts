import { Flow, many, Processor, StreamFailedError } from "datagraph";
import { describe, expect } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource, eventually, within } from "./kit/testing.ts";
import { errorOf, gate, number, numbers, text } from "./kit/values.ts";

/** Counts how many calls are under way. Each call ends when it is let go, or by itself. */
class Calls {
  now = 0;
  most = 0;
  readonly started: number[] = [];
  readonly #gates = new Map<number, ReturnType<typeof gate>>();

  async enter(n: number): Promise<void> {
    this.started.push(n);
    this.most = Math.max(this.most, ++this.now);
    await this.#gate(n).opened;
    this.now--;
  }

  letGo(n: number): void {
    this.#gate(n).open();
  }

  async areUnderWay(count: number): Promise<void> {
    await eventually(() => expect(this.now).toBe(count));
  }

  #gate(n: number): ReturnType<typeof gate> {
    const known = this.#gates.get(n) ?? gate();
    this.#gates.set(n, known);
    return known;
  }
}

function eachOf(
  handler: (n: number) => object | undefined | Promise<unknown>,
  options: { concurrency?: number; ordered?: boolean } = {},
) {
  const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });
  // What handlers may return is the compiler's business elsewhere; here they are of all kinds.
  each.implementEach(options, handler as (n: number) => { m: number });
  return Flow.fromProcessors(each).resolve();
}

const kinds: Record<string, (n: number) => object> = {
  "a plain function": (n) => ({ m: n * 2 }),
  "an async function": async (n) => ({ m: n * 2 }),
  "an async function that takes longer for some": async (n) => {
    for (let i = 0; i < (n * 7) % 5; i++) await new Promise((resolve) => setImmediate(resolve));
    return { m: n * 2 };
  },
  "a generator": function* (n) {
    yield { m: n * 2 };
  },
  "an async generator": async function* (n) {
    await new Promise((resolve) => setImmediate(resolve));
    yield { m: n * 2 };
  },
  "a function that returns a list": (n) => [{ m: n * 2 }],
  "an async function that returns a list": async (n) => [{ m: n * 2 }],
};

describe("implementEach handles every value once, in order", () => {
  for (const [kind, handler] of Object.entries(kinds)) {
    onEveryStore(kind, async (makeSupervisor) => {
      const supervisor = makeSupervisor();
      for (const concurrency of [1, 8]) {
        const run = await supervisor.startFlow(eachOf(handler, { concurrency }), { n: numbers(500) });
        expect(await run.outputs.m.toArray(), `concurrency ${concurrency}`).toEqual(numbers(500).map((n) => n * 2));
      }
    });
  }
});

describe("implementEach handles as many values at once as it may, and no more", () => {
  const asyncKinds: Record<string, (calls: Calls) => (n: number) => object> = {
    "async functions": (calls) => async (n) => {
      await calls.enter(n);
      return { m: n };
    },
    "async generators": (calls) =>
      async function* (n) {
        await calls.enter(n);
        yield { m: n };
      },
  };
  for (const [kind, make] of Object.entries(asyncKinds)) {
    for (const ordered of [true, false]) {
      onEveryStore(`${kind}, ${ordered ? "ordered" : "unordered"}`, async (makeSupervisor) => {
        const calls = new Calls();
        const run = await makeSupervisor().startFlow(eachOf(make(calls), { concurrency: 3, ordered }), { n: numbers(9) });
        await calls.areUnderWay(3);
        expect(calls.started).toEqual([0, 1, 2]);
        const out = run.outputs.m.stream();
        const next = out.next();
        calls.letGo(1);
        if (ordered) {
          calls.letGo(2);
          calls.letGo(0);
        }
        expect((await within(next, "the first result")).value).toBe(ordered ? 0 : 1);
        for (const n of numbers(9)) calls.letGo(n);
        const rest: (number | undefined)[] = [];
        for await (const value of out) rest.push(value);
        expect(ordered ? rest : rest.toSorted()).toEqual(ordered ? numbers(8, 1) : [0, ...numbers(7, 2)]);
        expect(calls.most).toBe(3);
      });
    }
  }
});

onEveryStore("implementEach: one at a time by default", async (makeSupervisor) => {
  const calls = new Calls();
  const handler = async (n: number) => {
    await calls.enter(n);
    return { m: n };
  };
  const run = await makeSupervisor().startFlow(eachOf(handler), { n: numbers(5) });
  for (const n of numbers(5)) {
    await calls.areUnderWay(1);
    calls.letGo(n);
  }
  expect(await run.outputs.m.toArray()).toEqual(numbers(5));
  expect(calls.most).toBe(1);
});

onEveryStore("implementEach: any number of results per value, to any output", async (makeSupervisor) => {
  const each = new Processor({ name: "each", inputs: { n: number }, outputs: { word: text, length: number } });
  each.implementEach({ concurrency: 4 }, async function* (n) {
    if (n === 0) return;
    yield { word: many(numbers(n).map((i) => `${n}.${i}`)), length: n };
    if (n > 2) yield { word: "big" };
  });
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(each).resolve(), { n: [2, 0, 3, 1] });
  expect(await run.outputs.word.toArray()).toEqual(["2.0", "2.1", "3.0", "3.1", "3.2", "big", "1.0"]);
  expect(await run.outputs.length.toArray()).toEqual([2, 3, 1]);
});

onEveryStore("implementEach: other inputs and the task through the context", async (makeSupervisor) => {
  const each = new Processor({ name: "each", inputs: { n: number, factor: number }, outputs: { m: number, meta: text } });
  each.implementEach({ input: "n" }, async (n, { factor }, task) => ({
    m: n * (await factor.first()),
    meta: `${task.processor} ${task.attempt} ${task.signal.aborted}`,
  }));
  const factor = new ControlledSource<number>();
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(each).resolve(), { n: [1, 2, 3], factor });
  factor.push(10);
  factor.end();
  expect(await run.outputs.m.toArray()).toEqual([10, 20, 30]);
  expect(await run.outputs.meta.first()).toBe("each 1 false");
});

onEveryStore(
  "implementEach: a call's failure is known soon, also while earlier calls go on and no more values come",
  async (makeSupervisor) => {
    const slow = gate();
    const handler = async (n: number) => {
      if (n === 1) throw new Error("second");
      await slow.opened;
      return { m: n };
    };
    const n = new ControlledSource<number>();
    const run = await makeSupervisor().startFlow(eachOf(handler, { concurrency: 4 }), { n });
    n.push(0, 1);
    const error = await within(errorOf(run.done), "the failure", { deadlineMs: 2_000 });
    expect(error).toBeInstanceOf(StreamFailedError);
    expect(error).toMatchObject({ failure: { message: "second", processor: "each" } });
    await within(n.left, "the source to be left");
    slow.open();
  },
);

onEveryStore("implementEach: what earlier calls give comes before the failure of a later one", async (makeSupervisor) => {
  const slow = gate();
  const failed = gate();
  const handler = async (n: number) => {
    if (n < 2) await slow.opened;
    if (n < 2) return { m: n };
    failed.open();
    throw new Error("third");
  };
  const run = await makeSupervisor().startFlow(eachOf(handler, { concurrency: 4 }), { n: [0, 1, 2, 3] });
  void failed.opened.then(slow.open);
  const seen: number[] = [];
  const error = await errorOf(
    (async () => {
      for await (const m of run.outputs.m) seen.push(m);
    })(),
  );
  expect(error).toMatchObject({ failure: { message: "third" } });
  expect(seen).toEqual([0, 1]);
});

onEveryStore("implementEach: a failed call tells the others through their signal", async (makeSupervisor) => {
  const told: unknown[] = [];
  const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });
  each.implementEach({ concurrency: 2 }, async (n, _, task) => {
    if (n === 1) throw new Error("second");
    await new Promise<void>((resolve) => {
      task.signal.addEventListener("abort", () => {
        told.push(n);
        resolve();
      });
    });
    return { m: n };
  });
  const supervisor = makeSupervisor();
  const run = await supervisor.startFlow(Flow.fromProcessors(each).resolve(), { n: [0, 1] });
  expect(await errorOf(run.done)).toMatchObject({ failure: { message: "second" } });
  await supervisor.close();
  expect(told).toEqual([0]);
});
