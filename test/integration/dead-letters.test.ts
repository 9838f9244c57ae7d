import { type DeadLetter, Flow, MemoryStore, Processor, StreamFailedError, Supervisor, stream } from "datagraph";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { onEveryStore } from "./kit/every-store.ts";
import { collect } from "./kit/testing.ts";

const value = stream<unknown>();
const NOW = { initialMs: 0, jitter: 0 };
const declared = () => new Processor({ name: "check", inputs: { n: value }, outputs: { ok: value } });
const flowOf = (processor: Processor<ReturnType<typeof declared>["declaration"]>) => Flow.fromProcessors(processor).resolve();
const lettersOf = (supervisor: Supervisor, run: string): Promise<DeadLetter[]> => collect(supervisor.deadLetters.list({ run }));

describe("a value that keeps failing", () => {
  onEveryStore("is set aside with all that is known of it, and its neighbours are untouched", async (makeSupervisor, scene) => {
    let calls = 0;
    const processor = declared().implementEach({ retry: { attempts: 3, backoff: NOW }, deadLetter: "continue" }, (n) => {
      if (n !== "poison") return { ok: n };
      calls++;
      throw new Error("cannot", { cause: new RangeError("why") });
    });
    const supervisor = makeSupervisor();
    const run = await supervisor.startFlow(flowOf(processor), { n: [1, "poison", 3] });
    expect(await run.outputs.ok.toArray()).toEqual([1, 3]);
    await run.done;
    expect(calls).toBe(3);
    const [letter, ...others] = await lettersOf(supervisor, run.id);
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      id: `0.2@${run.id}`,
      run: run.id,
      processor: "check",
      stream: "n",
      index: 2,
      count: 1,
      attempts: 3,
      value: "poison",
      failure: { message: "cannot", processor: "check", attempt: 1, cause: { name: "RangeError", message: "why" } },
    });
    expect(letter?.bytes?.length).toBeGreaterThan(0);
    expect(Math.abs(Date.now() - (letter?.at ?? 0))).toBeLessThan(60_000);
    expect((await run.progress()).tasks.check).toEqual({ state: "completed", attempt: 1, deadLetters: 1, retries: 2 });
    expect(scene.logged.take("warn")).toHaveLength(1);
  });

  onEveryStore("ends its run where that is declared, and is set aside all the same", async (makeSupervisor, scene) => {
    const processor = declared().implementEach({ deadLetter: "stop" }, (n) => {
      if (n === 2) throw new Error("no 2");
      return { ok: n };
    });
    const supervisor = makeSupervisor();
    const run = await supervisor.startFlow(flowOf(processor), { n: [1, 2, 3] });
    await expect(run.done).rejects.toBeInstanceOf(StreamFailedError);
    expect(await lettersOf(supervisor, run.id)).toMatchObject([{ value: 2, attempts: 1 }]);
    scene.logged.take("warn");
  });

  onEveryStore("is not blamed for an error that is no value's fault", async (makeSupervisor) => {
    class DatabaseAway extends Error {}
    const calls: unknown[] = [];
    const declaration = { deadLetter: "continue", retry: { attempts: 5, backoff: NOW }, fatal: [DatabaseAway] } as const;
    const each = declared().implementEach(declaration, (n) => {
      calls.push(n);
      throw new DatabaseAway("no route");
    });
    const batch = declared().implementBatch(declaration, (ns) => {
      calls.push(ns);
      throw new DatabaseAway("no route");
    });
    for (const processor of [each, batch]) {
      const supervisor = makeSupervisor();
      const run = await supervisor.startFlow(flowOf(processor), { n: [1, 2, 3] });
      await expect(run.done).rejects.toMatchObject({ cause: { message: "no route" } });
      expect(await lettersOf(supervisor, run.id)).toEqual([]);
    }
    expect(calls).toEqual([1, [1, 2, 3]]);
  });

  onEveryStore("is one of a list, found by halving it", async (makeSupervisor, scene) => {
    const lists: unknown[][] = [];
    const processor = declared().implementBatch(
      { maxSize: 8, deadLetter: "continue", retry: { attempts: 2, backoff: NOW } },
      (ns) => {
        lists.push([...ns]);
        if (ns.includes(3)) throw new Error("no 3");
        return ns.map((n) => ({ ok: n }));
      },
    );
    const supervisor = makeSupervisor();
    const run = await supervisor.startFlow(flowOf(processor), { n: [0, 1, 2, 3, 4, 5, 6, 7] });
    expect(await run.outputs.ok.toArray()).toEqual([0, 1, 2, 4, 5, 6, 7]);
    expect(await lettersOf(supervisor, run.id)).toMatchObject([{ value: 3, index: 4 }]);
    // Nothing that has succeeded is handled again.
    const succeeded = lists.filter((list) => !list.includes(3)).flat();
    expect(succeeded.length).toBe(new Set(succeeded).size);
    expect(lists.filter((list) => list.length === 1 && list[0] === 3).length).toBe(2);
    scene.logged.take("warn");
  });

  onEveryStore("is set aside without a call when the input's schema refuses it", async (makeSupervisor, scene) => {
    const seen: number[] = [];
    const processor = new Processor({ name: "numbers", inputs: { n: z.number() }, outputs: { ok: value } });
    processor.implementEach({ deadLetter: "continue" }, (n) => {
      seen.push(n);
      return { ok: n };
    });
    // Somebody else writes what this processor does not want.
    const writer = new Processor({ name: "writer", outputs: { n: value } }).implement(async function* () {
      yield* [{ n: 1 }, { n: "two" }, { n: 3 }];
    });
    const supervisor = makeSupervisor();
    const run = await supervisor.startFlow(Flow.fromProcessors(writer, processor).resolve());
    expect(await run.outputs.ok.toArray()).toEqual([1, 3]);
    expect(seen).toEqual([1, 3]);
    expect(await lettersOf(supervisor, run.id)).toMatchObject([{ value: "two", attempts: 0, failure: { code: "VALIDATION" } }]);
    scene.logged.take("warn");
  });

  onEveryStore("fails its run when no more is kept", async (makeSupervisor, scene) => {
    const processor = declared().implementEach({ deadLetter: "continue" }, (n) => {
      throw new Error(`no ${n}`);
    });
    const deadLetters = { maxCount: 2 };
    const supervisor = makeSupervisor(
      scene.store === "memory through the codec" ? { store: new MemoryStore({ deadLetters }) } : { deadLetters },
    );
    const run = await supervisor.startFlow(flowOf(processor), { n: [1, 2, 3] });
    await expect(run.done).rejects.toMatchObject({ failure: { code: "DEAD_LETTERS_FULL", cause: { message: "no 3" } } });
    expect((await lettersOf(supervisor, run.id)).map((letter) => letter.value)).toEqual([1, 2]);
    scene.logged.take("warn");
  });
});

describe("a dead letter", () => {
  const flaky = () => {
    let broken = true;
    const processor = declared().implementEach({ deadLetter: "continue" }, (n) => {
      if (broken && n === 2) throw new Error("broken");
      return { ok: `${n} is fine` };
    });
    return { processor, repair: () => (broken = false) };
  };

  onEveryStore("is performed again by a run of its own, and forgotten when that succeeds", async (makeSupervisor, scene) => {
    const { processor, repair } = flaky();
    const supervisor = makeSupervisor({ processors: [processor] });
    const run = await supervisor.startFlow(flowOf(processor), { n: [1, 2] });
    await run.done;
    const [letter] = await lettersOf(supervisor, run.id);
    const id = letter?.id ?? "";
    await expect(supervisor.deadLetters.retry(id)).rejects.toMatchObject({ failure: { message: "broken" } });
    expect(await collect(supervisor.deadLetters.list())).toMatchObject([{ id }]);
    repair();
    const again = await supervisor.deadLetters.retry(id);
    expect(await again.outputs.ok?.toArray()).toEqual(["2 is fine"]);
    expect(await collect(supervisor.deadLetters.list())).toEqual([]);
    await expect(supervisor.deadLetters.retry(id)).rejects.toThrow(/no dead letter/);
    scene.logged.take("warn");
  });

  onEveryStore("is performed again with what is downstream, where a flow is given", async (makeSupervisor, scene) => {
    const { processor, repair } = flaky();
    const loud = new Processor({ name: "loud", inputs: { ok: value }, outputs: { loud: value } });
    loud.implementEach({}, (text) => ({ loud: String(text).toUpperCase() }));
    const flow = Flow.fromProcessors(processor, loud).resolve();
    const supervisor = makeSupervisor();
    const run = await supervisor.startFlow(flow, { n: [2] });
    await run.done;
    repair();
    const again = await supervisor.deadLetters.retry(`0.1@${run.id}`, { flow });
    expect(await again.outputs.loud?.toArray()).toEqual(["2 IS FINE"]);
    scene.logged.take("warn");
  });

  onEveryStore("is looked at and dropped", async (makeSupervisor, scene) => {
    const { processor } = flaky();
    const supervisor = makeSupervisor();
    const run = await supervisor.startFlow(flowOf(processor), { n: [2, 1, 2] });
    await run.done;
    const [first, second] = await lettersOf(supervisor, run.id);
    expect(await collect(supervisor.deadLetters.list({ processor: "another" }))).toEqual([]);
    expect(await supervisor.deadLetters.get(first?.id ?? "")).toEqual(first);
    expect(await supervisor.deadLetters.drop(first?.id ?? "")).toBe(true);
    expect(await supervisor.deadLetters.drop(first?.id ?? "")).toBe(false);
    expect(await supervisor.deadLetters.drop("nonsense")).toBe(false);
    expect(await supervisor.deadLetters.get("nonsense")).toBeUndefined();
    // Also those of a run that is deleted stay.
    expect(await supervisor.remove(run.id)).toBe(true);
    expect(await lettersOf(supervisor, run.id)).toEqual([second]);
    expect(await supervisor.deadLetters.drop(second?.id ?? "")).toBe(true);
    expect(await lettersOf(supervisor, run.id)).toEqual([]);
    scene.logged.take("warn");
  });
});

test("what cannot be encoded is kept as it is, in memory", async () => {
  const store = new MemoryStore();
  await using supervisor = new Supervisor({ store, log: { debug() {}, info() {}, warn() {}, error() {} } });
  const poison = () => "a function";
  const processor = declared().implementEach({ deadLetter: "continue" }, () => {
    throw new Error("no");
  });
  const run = await supervisor.startFlow(flowOf(processor), { n: [poison] });
  await run.done;
  const [letter] = await lettersOf(supervisor, run.id);
  expect(letter?.value).toBe(poison);
  expect(letter).not.toHaveProperty("bytes");
});
