import {
  type Executor,
  type ExecutorHost,
  Flow,
  LocalExecutor,
  Processor,
  RunConflictError,
  RunLostError,
  SupervisorStateError,
  type Task,
  TrimmedError,
} from "datagraph";
import { expect } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource, collect, eventually, within } from "./kit/testing.ts";
import { errorOf, gate, number, numbers } from "./kit/values.ts";

function pass(name = "pass") {
  const processor = new Processor({ name, inputs: { n: number }, outputs: { m: number } });
  return processor.implement(async function* ({ n }) {
    for await (const value of n) yield { m: value };
  });
}

onEveryStore("two supervisors in one process keep to themselves", async (makeSupervisor, { store }) => {
  const flow = Flow.fromProcessors(pass()).resolve();
  const [a, b] = [makeSupervisor(), makeSupervisor()];
  const [first, second] = await Promise.all([a.startFlow(flow, { n: [1] }), b.startFlow(flow, { n: [2] })]);
  expect(await first.outputs.m.toArray()).toEqual([1]);
  expect(await second.outputs.m.toArray()).toEqual([2]);
  await a.close();
  const third = await b.startFlow(flow, { n: [3] });
  expect(await third.outputs.m.toArray()).toEqual([3]);
  if (!store.startsWith("redis")) await expect(b.run(first.id)).rejects.toThrow(RunLostError);
});

onEveryStore("the same run id twice is one run", async (makeSupervisor) => {
  let performed = 0;
  const once = new Processor({ name: "once", inputs: { n: number }, outputs: { m: number } });
  once.implement(async function* ({ n }) {
    performed++;
    for await (const value of n) yield { m: value };
  });
  const supervisor = makeSupervisor();
  const flow = Flow.fromProcessors(once).resolve();
  const n = new ControlledSource<number>();
  const [a, b] = await Promise.all([
    supervisor.startFlow(flow, { n }, { id: "one and the same" }),
    supervisor.startFlow(flow, { n: [] }, { id: "one and the same" }),
  ]);
  n.push(1, 2);
  n.end();
  expect([a.id, b.id]).toEqual(["one and the same", "one and the same"]);
  expect(await a.outputs.m.toArray()).toEqual([1, 2]);
  expect(await b.outputs.m.toArray()).toEqual([1, 2]);
  await Promise.all([a.done, b.done]);
  expect(performed).toBe(1);
  const other = Flow.fromProcessors(pass("another")).resolve();
  const conflict = await errorOf(supervisor.startFlow(other, { n: [] }, { id: a.id }));
  expect(conflict).toBeInstanceOf(RunConflictError);
  expect((conflict as Error).message).toMatch(/"one and the same" exists already.*under another id/);
});

onEveryStore(
  "the same run id on two supervisors of one Redis is one run",
  async (makeSupervisor) => {
    const flow = Flow.fromProcessors(pass()).resolve();
    const starts = [makeSupervisor(), makeSupervisor()].map((supervisor) =>
      supervisor.startFlow(flow, { n: numbers(100) }, { id: "shared" }),
    );
    const runs = await Promise.all(starts);
    for (const run of runs) expect(await run.outputs.m.toArray()).toEqual(numbers(100));
    await Promise.all(runs.map((run) => run.done));
  },
  { stores: ["redis"] },
);

onEveryStore(
  "run(id) and runs() from another supervisor: outputs, status, progress, cancel",
  async (makeSupervisor) => {
    const [starter, onlooker] = [makeSupervisor(), makeSupervisor()];
    const flow = Flow.fromProcessors(pass()).resolve();
    const n = new ControlledSource<number>();
    const run = await starter.startFlow(flow, { n });
    const seen = await onlooker.run(run.id);
    n.push(1, 2, 3);
    expect(await collect(seen.outputs.m as AsyncIterable<unknown>, 3)).toEqual([1, 2, 3]);
    expect((await seen.status()).state).toBe("running");
    expect((await seen.progress()).streams.m).toMatchObject({ values: 3, state: "open" });
    expect(await onlooker.runs()).toEqual([expect.objectContaining({ id: run.id, state: "running" })]);
    await seen.cancel("by the onlooker");
    for (const done of [run.done, seen.done]) {
      expect(await within(errorOf(done), "the cancellation", { deadlineMs: 1_000 })).toMatchObject({ reason: "by the onlooker" });
    }
    await within(n.left, "the source to be left");
    expect(await onlooker.runs()).toEqual([expect.objectContaining({ id: run.id, state: "cancelled" })]);
  },
  { stores: ["redis"] },
);

onEveryStore(
  "an onlooker's promises settle when its supervisor is closed, and the run goes on",
  async (makeSupervisor) => {
    const [starter, onlooker] = [makeSupervisor(), makeSupervisor()];
    const n = new ControlledSource<number>();
    const run = await starter.startFlow(Flow.fromProcessors(pass()).resolve(), { n });
    const seen = await onlooker.run(run.id);
    n.push(1);
    const reading = errorOf(collect(seen.outputs.m as AsyncIterable<unknown>));
    expect(await seen.outputs.m?.first()).toBe(1);
    await onlooker.close();
    await within(reading, "the reader", { deadlineMs: 1_000 });
    await within(errorOf(seen.done), "done of a closed onlooker", { deadlineMs: 1_000 });
    n.push(2);
    n.end();
    expect(await run.outputs.m.toArray()).toEqual([1, 2]);
    await run.done;
  },
  { stores: ["redis"] },
);

onEveryStore("runs that are unknown, or long over, are said to be lost", async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  const error = await errorOf(supervisor.run("never started"));
  expect(error).toMatchObject({ code: "RUN_LOST", message: expect.stringContaining("never started") });
  const run = await supervisor.startFlow(Flow.fromProcessors(pass()).resolve(), { n: [1] }, { keepMs: 20 });
  await run.done;
  await eventually(() => expect(supervisor.run(run.id)).rejects.toThrow(RunLostError));
});

function diamond() {
  const fork = new Processor({ name: "fork", inputs: { n: number }, outputs: { a: number, b: number } });
  fork.implementEach({}, (n) => ({ a: n, b: -n }));
  const join = new Processor({ name: "join", inputs: { a: number, b: number }, outputs: { sum: number } });
  join.implement(async function* ({ a, b }) {
    for await (const [x, y] of a.streamWith(b)) yield { sum: x + y };
  });
  return Flow.fromProcessors(fork, join).resolve();
}

onEveryStore('outputs: "all" hands out every stream, also supplied ones', async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  const run = await supervisor.startFlow(diamond(), { n: numbers(500) }, { outputs: "all" });
  expect(Object.keys(run.outputs).sort()).toEqual(["a", "b", "n", "sum"]);
  await run.done;
  expect(await run.outputs.n.toArray()).toEqual(numbers(500));
  expect(await run.outputs.b.toArray()).toEqual(numbers(500).map((n) => -n));
  expect(Object.keys((await supervisor.startFlow(diamond(), { n: [] })).outputs)).toEqual(["sum"]);
});

onEveryStore("retain: what was dropped cannot be read again, and the error names the option", async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  const again = new Processor({ name: "again", inputs: { n: number }, outputs: { sum: number } });
  again.implement(async function* ({ n }) {
    for (let i = 0; i < 2; i++) {
      let sum = 0;
      for await (const value of n) sum += value;
      yield { sum };
    }
  });
  const flow = Flow.fromProcessors(again).resolve();
  const values = numbers(20_000);
  const kept = await supervisor.startFlow(flow, { n: values }, { streams: { n: { retain: "all" } } });
  expect(await kept.outputs.sum.toArray()).toEqual([199_990_000, 199_990_000]);

  const dropped = await supervisor.startFlow(flow, { n: values });
  const error = await errorOf(dropped.outputs.sum.toArray());
  expect(error).toMatchObject({
    failure: { processor: "again", code: "TRIMMED", message: expect.stringMatching(/"n".*retain: "all"/) },
  });
  expect((error as Error).cause).toBeInstanceOf(TrimmedError);

  const once = await supervisor.startFlow(
    Flow.fromProcessors(pass()).resolve(),
    { n: values },
    { streams: { m: { retain: "unread" } } },
  );
  expect(await once.outputs.m.toArray()).toEqual(values);
  await once.done;
  expect(await errorOf(once.outputs.m.toArray())).toMatchObject({ code: "TRIMMED" });
});

onEveryStore("status says for whom a writer waits; progress counts", async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  const n = new ControlledSource<number>();
  const go = new ControlledSource<number>();
  const attached = gate();
  const slow = new Processor({ name: "slow", inputs: { m: number, go: number }, outputs: { out: number } });
  slow.implement(async function* ({ m, go }) {
    const turns = go.stream();
    for await (const value of m) {
      attached.open();
      await turns.next();
      yield { out: value };
    }
  });
  const flow = Flow.fromProcessors(pass(), slow).resolve();
  const run = await supervisor.startFlow(flow, { n, go }, { streams: { m: { highWater: { values: 10 } } } });
  n.push(0);
  await attached.opened;
  n.push(...numbers(99, 1));
  n.end();
  await eventually(async () => {
    expect((await run.status()).waits).toEqual(['the writer of "m" waits for "slow" to read it']);
  });
  const { state, streams, tasks } = await run.progress();
  expect(state).toBe("running");
  expect(tasks).toEqual({ pass: { state: "running", attempt: 1 }, slow: { state: "running", attempt: 1 } });
  expect(streams.m).toMatchObject({ state: "open", values: 10, backlog: 10, waitsFor: "slow" });
  go.push(...numbers(100));
  go.end();
  await run.done;
  const after = await run.progress();
  expect(after.state).toBe("completed");
  expect(after.streams.m).toMatchObject({ state: "completed", values: 100, backlog: 0 });
  expect(after.streams.out).toMatchObject({ state: "completed", values: 100, rate: expect.any(Number) });
  expect((await run.status()).waits).toEqual([]);
});

onEveryStore("LocalExecutor belongs to one supervisor, and stops with it", async (makeSupervisor) => {
  const executor = new LocalExecutor();
  const supervisor = makeSupervisor({ executor });
  expect(() => makeSupervisor({ executor })).toThrow(SupervisorStateError);
  const run = await supervisor.startFlow(Flow.fromProcessors(pass()).resolve(), { n: [1] });
  await run.done;
  await supervisor.close();
  await expect(executor.dispatch({ run: run.id, processor: "pass", index: 0, attempt: 1 })).rejects.toThrow(SupervisorStateError);
  await executor.close();
});

/** "Run a function by name", and nothing more: performs tasks in its own time, and each of them twice. */
class TwiceExecutor implements Executor {
  readonly local = true;
  readonly tasks: Task[] = [];
  readonly #performing: Promise<void>[] = [];
  #host: ExecutorHost | undefined;

  start(host: ExecutorHost): void {
    this.#host = host;
  }

  async dispatch(task: Task): Promise<void> {
    this.tasks.push(task);
    for (let i = 0; i < 2; i++) this.#performing.push((this.#host as ExecutorHost).perform({ ...task }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#performing);
  }
}

onEveryStore("an executor of one's own: performing a task twice does nothing more", async (makeSupervisor) => {
  const executor = new TwiceExecutor();
  const run = await makeSupervisor({ executor }).startFlow(diamond(), { n: numbers(10) });
  expect(await run.outputs.sum.toArray()).toEqual(numbers(10).map(() => 0));
  await run.done;
  expect(executor.tasks.map(({ processor }) => processor).sort()).toEqual(["fork", "join"]);
  for (const { attempt } of Object.values((await run.progress()).tasks)) expect(attempt).toBe(1);
});
