import { Flow, Processor, StreamFailedError } from "datagraph";
import { describe, expect, it } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { within } from "./kit/testing.ts";
import { errorOf, gate, number, numbers, text } from "./kit/values.ts";

const pause = (turns: number) =>
  Array.from({ length: turns }).reduce((before: Promise<void>) => before.then(turn), Promise.resolve());
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

describe("replicas", () => {
  onEveryStore("keep the order of the input by default", async (makeSupervisor) => {
    const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });
    each.implementEach({ replicas: 4, concurrency: 3 }, async (n) => {
      await pause((n * 7) % 5);
      return n % 10 === 3 ? undefined : { m: n * 2 };
    });
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(each).resolve(), { n: numbers(2_000) });
    expect(await within(run.outputs.m.toArray(), "the outputs")).toEqual(
      numbers(2_000)
        .filter((n) => n % 10 !== 3)
        .map((n) => n * 2),
    );
    await within(run.done, "the run");
    const { tasks } = await run.progress();
    expect(tasks.each).toMatchObject({ state: "completed", replicas: 4 });
  });

  onEveryStore("emit results as they come where that was asked for, all of them once", async (makeSupervisor) => {
    const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number, log: text } });
    each.implementEach({ replicas: 3, concurrency: 5, ordered: false }, async function* (n) {
      yield { m: n };
      await pause(n % 4);
      yield { m: n, log: `value ${n}` };
    });
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(each).resolve(), { n: numbers(500) });
    const [m, log] = await within(Promise.all([run.outputs.m.toArray(), run.outputs.log.toArray()]), "the outputs");
    expect(sorted(m)).toEqual(numbers(500).flatMap((n) => [n, n]));
    expect(new Set(log)).toEqual(new Set(numbers(500).map((n) => `value ${n}`)));
    expect(log).toHaveLength(500);
  });

  onEveryStore("let nobody wait for a slow value", async (makeSupervisor) => {
    const slow = gate();
    const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });
    each.implementEach({ replicas: 2, ordered: false }, async (n) => {
      await turn();
      if (n === 5) await slow.opened;
      return { m: n };
    });
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(each).resolve(), { n: numbers(300) });
    const seen: number[] = [];
    for await (const m of run.outputs.m) {
      seen.push(m);
      if (seen.length === 299) slow.open();
    }
    expect(seen.at(-1)).toBe(5);
    expect(sorted(seen)).toEqual(numbers(300));
  });

  onEveryStore("keep the values of one key together and in order", async (makeSupervisor) => {
    const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });
    const busy = new Set<number>();
    const keys = new Map<number, number[]>();
    let together = 0;
    each.implementEach({ replicas: 3, concurrency: 4, key: (n) => n % 17 }, async (n) => {
      const key = n % 17;
      expect(busy.has(key), `a value of key ${key} is handled`).toBe(false);
      busy.add(key);
      together = Math.max(together, busy.size);
      keys.set(key, [...(keys.get(key) ?? []), n]);
      await pause((n * 5) % 4);
      busy.delete(key);
      return { m: n };
    });
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(each).resolve(), { n: numbers(1_000) });
    const out = await within(run.outputs.m.toArray(), "the outputs");
    expect(sorted(out)).toEqual(numbers(1_000));
    for (let key = 0; key < 17; key++) {
      const ofKey = numbers(1_000).filter((n) => n % 17 === key);
      expect(keys.get(key)).toEqual(ofKey);
      expect(out.filter((n) => n % 17 === key)).toEqual(ofKey);
    }
    expect(together).toBeGreaterThan(3);
  });

  onEveryStore("handle lists, in order or by key", async (makeSupervisor) => {
    const lists = new Processor({ name: "lists", inputs: { n: number }, outputs: { m: number } });
    const sizes: number[] = [];
    lists.implementBatch({ replicas: 3, maxSize: 10, maxWaitMs: 5_000 }, async (values) => {
      sizes.push(values.length);
      await pause((values[0] ?? 0) % 3);
      return values.map((n) => ({ m: n + 1 }));
    });
    const byKey = new Processor({ name: "by key", inputs: { m: number }, outputs: { k: number } });
    byKey.implementBatch({ replicas: 2, maxSize: 7, key: (m) => m % 5 }, (values) => values.map((m) => ({ k: m })));
    const flow = Flow.fromProcessors(lists, byKey).resolve();
    const run = await makeSupervisor().startFlow(flow, { n: numbers(205) }, { outputs: "all" });
    const [m, k] = await within(Promise.all([run.outputs.m.toArray(), run.outputs.k.toArray()]), "the outputs");
    expect(m).toEqual(numbers(205).map((n) => n + 1));
    expect(Math.max(...sizes)).toBe(10);
    expect(sizes).toHaveLength(21);
    for (let key = 0; key < 5; key++) expect(k.filter((n) => n % 5 === key)).toEqual(m.filter((n) => n % 5 === key));
  });

  onEveryStore("push back on what writes their input", async (makeSupervisor) => {
    const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });
    each.implementEach({ replicas: 2, ordered: false }, (n) => ({ m: n }));
    let supplied = 0;
    const source = async function* () {
      for (const n of numbers(20_000)) {
        if (supplied++ % 50 === 0) await turn();
        yield n;
      }
    };
    const flow = Flow.fromProcessors(each).resolve();
    const highWater = { values: 100 };
    const streams = { n: { highWater }, m: { highWater, retain: "unread" } } as const;
    const run = await makeSupervisor().startFlow(flow, { n: source() }, { streams });
    const seen: number[] = [];
    for await (const m of run.outputs.m) {
      seen.push(m);
      expect(supplied - seen.length).toBeLessThan(3_000);
    }
    expect(sorted(seen)).toEqual(numbers(20_000));
  });

  onEveryStore("fail together", async (makeSupervisor) => {
    const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });
    each.implementEach({ replicas: 3, ordered: false }, async (n) => {
      await turn();
      if (n === 40) throw new Error("forty");
      return { m: n };
    });
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(each).resolve(), { n: numbers(1_000) });
    const error = await errorOf(within(run.outputs.m.toArray(), "the outputs"));
    expect(error).toBeInstanceOf(StreamFailedError);
    expect(String(error)).toMatch(/forty/);
    await errorOf(within(run.done, "the run"));
    expect((await run.progress()).tasks.each).toMatchObject({ state: "failed" });
  });

  onEveryStore("set values aside, and try again", async (makeSupervisor, scene) => {
    const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });
    let calls = 0;
    each.implementEach({ replicas: 3, retry: { attempts: 2, backoff: { initialMs: 1 } }, deadLetter: "continue" }, async (n) => {
      await turn();
      if (n % 50 === 7) {
        calls++;
        throw new Error(`not ${n}`);
      }
      return { m: n };
    });
    const supervisor = makeSupervisor();
    const run = await supervisor.startFlow(Flow.fromProcessors(each).resolve(), { n: numbers(200) });
    expect(await within(run.outputs.m.toArray(), "the outputs")).toEqual(numbers(200).filter((n) => n % 50 !== 7));
    await within(run.done, "the run");
    expect(scene.logged.take("warn")).toHaveLength(4);
    expect(calls).toBe(8);
    expect((await run.progress()).tasks.each).toMatchObject({ deadLetters: 4, retries: 4 });
    const letters = [];
    for await (const letter of supervisor.deadLetters.list()) letters.push(letter.index);
    expect(sorted(letters)).toEqual([8, 58, 108, 158]);
  });

  onEveryStore("are cancelled with their run", async (makeSupervisor) => {
    const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });
    const aborted: number[] = [];
    let began = 0;
    const all = gate();
    each.implementEach({ replicas: 3 }, async (n, _, { signal }) => {
      if (++began === 3) all.open();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      aborted.push(n);
    });
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(each).resolve(), { n: numbers(10) });
    await within(all.opened, "three calls");
    await run.cancel("enough");
    await errorOf(within(run.done, "the run"));
    await expect.poll(() => aborted.length).toBe(3);
  });

  onEveryStore("have nothing to do where there are no values", async (makeSupervisor) => {
    const each = new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });
    each.implementEach({ replicas: 3 }, (n) => ({ m: n }));
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(each).resolve(), { n: [] });
    expect(await within(run.outputs.m.toArray(), "the outputs")).toEqual([]);
    await within(run.done, "the run");
  });
});

describe("declaring replicas", () => {
  const declared = () => new Processor({ name: "each", inputs: { n: number }, outputs: { m: number } });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %d of them", (replicas) => {
    expect(() => declared().implementEach({ replicas }, (n) => ({ m: n }))).toThrow(
      expect.objectContaining({ code: "DECLARATION", message: expect.stringMatching(/replicas must be a whole number from 1/) }),
    );
  });

  it("refuses an order beside keys, and keys that are no function", () => {
    expect(() => declared().implementEach({ key: (n) => n, ordered: true }, (n) => ({ m: n }))).toThrow(
      /order of each key is kept/,
    );
    expect(() => declared().implementEach({ key: "n" as never }, (n) => ({ m: n }))).toThrow(/key must be a function/);
  });

  it("refuses those of a plain handler", () => {
    const plain = declared() as unknown as { implement(options: object, handler: unknown): void };
    expect(() => plain.implement({ replicas: 2 }, async function* () {})).toThrow(
      /no other, found replicas: .* are for implementEach/,
    );
  });
});
