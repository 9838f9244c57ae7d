import { CancelledError, EncodingError, Flow, HandlerError, Processor, StreamFailedError } from "datagraph";
import { expect } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource, collect, within } from "./kit/testing.ts";
import { errorOf, number, numbers } from "./kit/values.ts";

/** `source → middle → sink`, where `middle` fails as it is told to. */
function chain(fail: () => never, { after = 0, wait = false }: { after?: number; wait?: boolean } = {}) {
  const started: string[] = [];
  const middle = new Processor({ name: "middle", inputs: { n: number }, outputs: { m: number } });
  middle.implement(async function* ({ n }) {
    if (after === 0) fail();
    let count = 0;
    for await (const value of n) {
      yield { m: value };
      if (++count === after) fail();
    }
  });
  const sink = new Processor({ name: "sink", inputs: { m: number }, outputs: { out: number }, wait });
  sink.implement(async function* ({ m }) {
    started.push("sink");
    for await (const value of m) yield { out: value };
  });
  return { flow: Flow.fromProcessors(middle, sink).resolve(), started };
}

for (const after of [0, 3]) {
  onEveryStore(
    `a handler that throws ${after === 0 ? "before" : "after"} its values fails readers downstream and the caller`,
    async (makeSupervisor) => {
      const cause = new Error("the cause");
      const thrown = Object.assign(new TypeError("boom", { cause }), { code: "E_BOOM" });
      const { flow } = chain(
        () => {
          throw thrown;
        },
        { after },
      );
      const run = await makeSupervisor().startFlow(flow, { n: numbers(10) }, { outputs: "all" });
      const seen: number[] = [];
      const reading = (async () => {
        for await (const value of run.outputs.out) seen.push(value);
      })();
      const error = (await within(errorOf(reading), "the failure", { deadlineMs: 2_000 })) as StreamFailedError;
      expect(error).toBeInstanceOf(StreamFailedError);
      expect(error.message).toMatch(/processor "middle" of run .* failed: TypeError: boom/);
      expect(error.failure).toMatchObject({
        processor: "middle",
        run: run.id,
        attempt: 1,
        name: "TypeError",
        message: "boom",
        code: "E_BOOM",
      });
      expect(error.failure.stack).toContain("failures.test.ts");
      expect(error.failure.cause).toMatchObject({ message: "the cause" });
      expect(error.cause, "the very error that was thrown").toBe(thrown);
      expect(seen, "what was written before").toEqual(numbers(after));
      for (const failing of [run.done, run.outputs.m.toArray()]) {
        expect(((await errorOf(failing)) as StreamFailedError).cause).toBe(thrown);
      }
      expect(await run.status()).toMatchObject({ state: "failed", error: { failure: { message: "boom" } } });
    },
  );
}

onEveryStore("a wait processor downstream of a failure does not start", async (makeSupervisor) => {
  const { flow, started } = chain(
    () => {
      throw new Error("boom");
    },
    { after: 2, wait: true },
  );
  const supervisor = makeSupervisor();
  const run = await supervisor.startFlow(flow, { n: [1, 2, 3] });
  expect(await errorOf(run.outputs.out.toArray())).toMatchObject({ failure: { processor: "middle" } });
  expect(await errorOf(run.done)).toMatchObject({ failure: { processor: "middle" } });
  expect((await run.progress()).tasks.sink?.state).toBe("failed");
  await supervisor.close();
  expect(started).toEqual([]);
});

onEveryStore("anything can be thrown", async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  for (const thrown of ["text", 5, undefined, null, { plain: 1 }, Symbol("s"), Object.create(null) as object]) {
    const { flow } = chain(() => {
      throw thrown;
    });
    const run = await supervisor.startFlow(flow, { n: [1] });
    expect(await within(errorOf(run.done), `the failure: ${typeof thrown}`)).toMatchObject({ failure: { processor: "middle" } });
  }
});

/** `breaks` fails; `endless` and `ticks` before it have nothing to do with it. */
function branches(failed: Promise<void>) {
  const breaks = new Processor({ name: "breaks", outputs: { never: number } });
  breaks.implement(async () => {
    await failed;
    throw new Error("boom");
  });
  const ticks = new Processor({ name: "ticks", inputs: { stop: number }, outputs: { tick: number } });
  const seen = { aborted: false };
  ticks.implement(async function* ({ stop }, task) {
    task.signal.addEventListener("abort", () => {
      seen.aborted = true;
    });
    for await (const value of stop) yield { tick: value };
  });
  const endless = new Processor({ name: "endless", inputs: { tick: number }, outputs: { tock: number } });
  endless.implement(async function* ({ tick }) {
    for await (const value of tick) yield { tock: value };
  });
  return { flow: Flow.fromProcessors(breaks, ticks, endless).resolve(), seen };
}

onEveryStore('onError "cancel" stops an endless branch that has nothing to do with the failure', async (makeSupervisor) => {
  const stop = new ControlledSource<number>();
  const trigger = new ControlledSource<number>();
  const { flow, seen } = branches(trigger.left);
  const run = await makeSupervisor().startFlow(flow, { stop });
  stop.push(1);
  expect(await run.outputs.tock.first()).toBe(1);
  const rest = errorOf(run.outputs.tock.toArray());
  trigger.end();
  await collect(trigger);
  expect(await within(errorOf(run.done), "the failure")).toMatchObject({ failure: { processor: "breaks" } });
  expect(await within(rest, "the end of the endless branch")).toBeInstanceOf(CancelledError);
  await within(stop.left, "the source to be left");
  expect(seen.aborted).toBe(true);
  const { tasks } = await run.progress();
  expect([tasks.breaks?.state, tasks.ticks?.state, tasks.endless?.state]).toEqual(["failed", "cancelled", "cancelled"]);
});

onEveryStore('onError "continue" lets a branch finish that has nothing to do with the failure', async (makeSupervisor) => {
  const stop = new ControlledSource<number>();
  const { flow, seen } = branches(Promise.resolve());
  const run = await makeSupervisor().startFlow(flow, { stop }, { onError: "continue" });
  expect(await within(errorOf(run.done), "the failure")).toMatchObject({ failure: { processor: "breaks" } });
  stop.push(1, 2, 3);
  stop.end();
  expect(await run.outputs.tock.toArray()).toEqual([1, 2, 3]);
  expect(seen.aborted).toBe(false);
  expect((await run.status()).state).toBe("failed");
});

onEveryStore("a failure stops what is upstream of it", async (makeSupervisor) => {
  const endless = new Processor({ name: "endless", outputs: { n: number } });
  let aborted: unknown;
  endless.implement(async function* (_, task) {
    task.signal.addEventListener("abort", () => {
      aborted = task.signal.reason;
    });
    for (let i = 0; ; i++) yield { n: i };
  });
  const fail = new Processor({ name: "fail", inputs: { n: number }, outputs: { m: number } });
  fail.implementEach({}, (n) => {
    if (n === 5) throw new Error("five");
    return { m: n };
  });
  const supervisor = makeSupervisor();
  const run = await supervisor.startFlow(Flow.fromProcessors(endless, fail).resolve());
  const seen: number[] = [];
  const error = await errorOf(
    (async () => {
      for await (const m of run.outputs.m) seen.push(m);
    })(),
  );
  expect(error).toMatchObject({ failure: { processor: "fail", message: "five" } });
  expect(seen).toEqual(numbers(5));
  await supervisor.close();
  expect(aborted).toBeInstanceOf(CancelledError);
  expect((aborted as Error).message).toContain("five");
});

onEveryStore("a supplied input that throws fails its readers and the run", async (makeSupervisor) => {
  const { flow } = chain(
    () => {
      throw new Error("not reached");
    },
    { after: 100 },
  );
  const n = new ControlledSource<number>();
  const thrown = new Error("disk on fire");
  const run = await makeSupervisor().startFlow(flow, { n });
  n.push(1, 2);
  n.fail(thrown);
  const seen: number[] = [];
  const error = (await errorOf(
    (async () => {
      for await (const value of run.outputs.out) seen.push(value);
    })(),
  )) as StreamFailedError;
  expect(seen).toEqual([1, 2]);
  expect(error.message).toMatch(/^supplied input "n" of run .* failed: Error: disk on fire/);
  expect(error.failure.input).toBe("n");
  expect(error.failure.processor).toBeUndefined();
  expect(error.cause).toBe(thrown);
  await expect(run.done).rejects.toMatchObject({ failure: { message: "disk on fire" } });
});

onEveryStore("a handler may catch its input's failure and go on", async (makeSupervisor) => {
  const fail = new Processor({ name: "fail", outputs: { n: number } });
  fail.implement(async function* () {
    yield { n: 1 };
    throw new Error("boom");
  });
  const rescue = new Processor({ name: "rescue", inputs: { n: number }, outputs: { m: number } });
  rescue.implement(async function* ({ n }) {
    try {
      for await (const value of n) yield { m: value };
    } catch {
      yield { m: -1 };
    }
  });
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(fail, rescue).resolve());
  expect(await run.outputs.m.toArray()).toEqual([1, -1]);
  expect(await errorOf(run.done)).toMatchObject({ failure: { processor: "fail" } });
});

const emissions: readonly (readonly [string, unknown, RegExp])[] = [
  ["an unknown output", { other: 1 }, /"emits" emitted to "other"; its outputs are: "out"/],
  ["no output", {}, /emitted an object without an output; expected .*its outputs are: "out"/],
  ["a plain value", 5, /emitted number; expected an object/],
  ["null", null, /emitted null; expected an object/],
];
for (const [what, emission, message] of emissions) {
  onEveryStore(`a handler that yields ${what} fails and says what was expected`, async (makeSupervisor) => {
    const emits = new Processor({ name: "emits", outputs: ["out"] });
    emits.implement(async function* () {
      yield emission as { out: unknown };
    });
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(emits).resolve());
    const error = (await errorOf(run.done)) as StreamFailedError;
    expect(error.cause).toBeInstanceOf(HandlerError);
    expect(error.failure).toMatchObject({ code: "HANDLER", processor: "emits", message: expect.stringMatching(message) });
  });
}

onEveryStore(
  "a value that cannot be encoded, or is too large, fails the handler that wrote it; what came before is kept",
  async (makeSupervisor) => {
    const supervisor = makeSupervisor();
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const bad = { function: () => {}, cyclic, large: "x".repeat(2 ** 20) };
    for (const [what, value] of Object.entries(bad)) {
      const emits = new Processor({ name: "emits", outputs: ["out"] });
      emits.implement(async function* () {
        yield { out: 1 };
        yield { out: value };
      });
      const run = await supervisor.startFlow(Flow.fromProcessors(emits).resolve());
      const seen: unknown[] = [];
      const error = await errorOf(
        (async () => {
          for await (const item of run.outputs.out) seen.push(item);
        })(),
      );
      expect(error, what).toMatchObject({ failure: { code: "ENCODING", processor: "emits" } });
      expect((error as StreamFailedError).cause).toBeInstanceOf(EncodingError);
      expect(seen).toEqual([1]);
      if (what === "large") expect((error as Error).message).toMatch(/"out" takes 10485\d\d bytes; the limit is 1048576/);
    }
  },
  { stores: ["memory through the codec", "redis"] },
);

onEveryStore("what a generator returns in place of yielding it is refused, not lost", async (makeSupervisor) => {
  const declare = () => new Processor({ name: "returns", inputs: { n: number }, outputs: { m: number } });
  const cleanedUp: string[] = [];
  const handlers = {
    implement: declare().implement(async function* () {
      yield { m: 1 };
      return { m: 2 };
    }),
    "implementEach, async": declare().implementEach({}, async function* () {
      yield { m: 1 };
      return { m: 2 };
    }),
    "implementEach, sync": declare().implementEach({}, function* () {
      yield { m: 1 };
      return { m: 2 };
    }),
    implementBatch: declare().implementBatch({}, async function* () {
      try {
        yield { m: 1 };
        return { m: 2 };
      } finally {
        cleanedUp.push("batch");
      }
    }),
  };
  for (const [how, processor] of Object.entries(handlers)) {
    const run = await makeSupervisor().startFlow(Flow.fromProcessors(processor).resolve(), { n: [0] });
    const seen: number[] = [];
    const error = await errorOf(
      (async () => {
        for await (const m of run.outputs.m) seen.push(m);
      })(),
    );
    expect(error, how).toMatchObject({ failure: { code: "HANDLER", message: expect.stringContaining("{ m: 2 }") } });
    expect(seen, how).toEqual([1]);
  }
  expect(cleanedUp).toEqual(["batch"]);
});
