import { CancelledError, Flow, Processor, Supervisor, SupervisorStateError } from "datagraph";
import { expect, test } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource, collect, within } from "./kit/testing.ts";
import { errorOf, gate, number } from "./kit/values.ts";

function endless() {
  const reasons: unknown[] = [];
  const produce = new Processor({ name: "produce", outputs: { n: number } });
  produce.implement(async function* (_, task) {
    task.signal.addEventListener("abort", () => reasons.push(task.signal.reason));
    for (let i = 0; ; i++) yield { n: i };
  });
  const pass = new Processor({ name: "pass", inputs: { n: number }, outputs: { m: number } });
  pass.implement(async function* ({ n }, task) {
    task.signal.addEventListener("abort", () => reasons.push(task.signal.reason));
    for await (const value of n) yield { m: value };
  });
  return { flow: Flow.fromProcessors(produce, pass).resolve(), reasons };
}

onEveryStore("cancel: every signal fires, readers and done get a CancelledError, streams are dropped", async (makeSupervisor) => {
  const { flow, reasons } = endless();
  const supervisor = makeSupervisor();
  const run = await supervisor.startFlow(flow);
  const out = run.outputs.m.stream();
  expect((await out.next()).value).toBe(0);
  const reading = errorOf(collect(run.outputs.m));
  await run.cancel("no longer needed");
  for (const failing of [reading, errorOf(run.done), errorOf(run.outputs.m.toArray()), errorOf(run.outputs.m.first())]) {
    const error = await within(failing, "a CancelledError", { deadlineMs: 1_000 });
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ code: "CANCELLED", reason: "no longer needed" });
  }
  const status = await run.status();
  expect(status).toMatchObject({ state: "cancelled", error: { reason: "no longer needed" } });
  await supervisor.close();
  expect(reasons).toHaveLength(2);
  for (const reason of reasons) expect(reason).toMatchObject({ code: "CANCELLED", reason: "no longer needed" });
});

onEveryStore("cancel: again, or after the end, changes nothing", async (makeSupervisor) => {
  const supervisor = makeSupervisor();
  const once = new Processor({ name: "once", outputs: { n: number } });
  once.implement(async () => ({ n: 1 }));
  const ended = await supervisor.startFlow(Flow.fromProcessors(once).resolve());
  await ended.done;
  await ended.cancel("too late");
  expect(await ended.outputs.n.toArray()).toEqual([1]);
  expect((await ended.status()).state).toBe("completed");

  const run = await supervisor.startFlow(endless().flow);
  await Promise.all([run.cancel("first"), run.cancel("second")]);
  await run.cancel("third");
  expect(await errorOf(run.done)).toMatchObject({ reason: "first" });
});

onEveryStore("cancel: supplied sources are left, also one in the middle of a wait", async (makeSupervisor) => {
  const pass = new Processor({ name: "pass", inputs: { n: number }, outputs: { m: number } });
  pass.implementEach({}, (n) => ({ m: n }));
  const n = new ControlledSource<number>();
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(pass).resolve(), { n });
  await n.started;
  await run.cancel();
  await within(n.left, "the source to be left", { deadlineMs: 1_000 });
});

onEveryStore(
  "cancel: a handler that ignores its signal does not keep the run from settling",
  async (makeSupervisor, { logged }) => {
    const stuck = gate();
    const begun = gate();
    const ignore = new Processor({ name: "ignore", outputs: { n: number } });
    ignore.implement(async function* () {
      begun.open();
      await stuck.opened;
      yield { n: 1 };
    });
    const supervisor = makeSupervisor({ graceMs: 20 });
    const run = await supervisor.startFlow(Flow.fromProcessors(ignore).resolve());
    await begun.opened;
    await run.cancel();
    expect(await within(errorOf(run.done), "done", { deadlineMs: 1_000 })).toBeInstanceOf(CancelledError);
    await within(supervisor.close(), "close()", { deadlineMs: 2_000 });
    expect(logged.take("warn").map(({ message }) => message)).toEqual([expect.stringContaining(`"ignore" of run ${run.id}`)]);
    stuck.open();
  },
);

onEveryStore("close() in the middle of a run cancels it and waits for its handlers", async (makeSupervisor) => {
  let ended = 0;
  const slow = new Processor({ name: "slow", outputs: { n: number } });
  slow.implement(async function* (_, task) {
    try {
      for (let i = 0; ; i++) yield { n: i };
    } finally {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(task.signal.aborted).toBe(true);
      ended++;
    }
  });
  const supervisor = makeSupervisor();
  const runs = await Promise.all([1, 2, 3].map(() => supervisor.startFlow(Flow.fromProcessors(slow).resolve())));
  const readers = runs.map((run) => errorOf(collect(run.outputs.n)));
  for (const run of runs) expect(await run.outputs.n.first()).toBe(0);
  await Promise.all([supervisor.close(), supervisor.close()]);
  expect(ended).toBe(3);
  for (const run of runs) expect(await errorOf(run.done)).toMatchObject({ reason: "its supervisor was closed" });
  for (const error of await Promise.all(readers)) expect(error).toBeInstanceOf(CancelledError);
  await expect(supervisor.startFlow(Flow.fromProcessors(slow).resolve())).rejects.toThrow(SupervisorStateError);
  await expect(supervisor.run("any")).rejects.toThrow(SupervisorStateError);
  await expect(supervisor.runs()).rejects.toThrow(SupervisorStateError);
});

onEveryStore("close() while a run is being started leaves nothing that hangs", async (makeSupervisor) => {
  const { flow } = endless();
  for (const turns of [0, 1, 2, 3, 5, 8]) {
    const supervisor = makeSupervisor();
    const starting = supervisor.startFlow(flow).then(
      (run) => errorOf(run.done),
      (error: unknown) => error,
    );
    for (let i = 0; i < turns; i++) await null;
    await supervisor.close();
    const error = await within(starting, `the run or the refusal, closed after ${turns} turns`, { deadlineMs: 2_000 });
    expect(error instanceof CancelledError || error instanceof SupervisorStateError, String(error)).toBe(true);
  }
});

onEveryStore(
  "await using: leaving the scope of a run cancels it, leaving that of a supervisor closes it",
  async (makeSupervisor) => {
    const { flow } = endless();
    let inScope: Promise<unknown>;
    const supervisor = makeSupervisor();
    {
      await using run = await supervisor.startFlow(flow);
      expect(await run.outputs.m.first()).toBe(0);
      inScope = errorOf(run.done);
    }
    expect(await within(inScope, "the cancellation")).toMatchObject({ reason: "its scope was left" });
    {
      await using scoped = makeSupervisor();
      const run = await scoped.startFlow(flow);
      inScope = errorOf(run.done);
    }
    expect(await within(inScope, "the cancellation")).toMatchObject({ reason: "its supervisor was closed" });
  },
);

test("the attached supervisor is one, until it is closed", async () => {
  expect(() => Supervisor.instance).toThrow(SupervisorStateError);
  {
    await using attached = Supervisor.attach();
    expect(Supervisor.instance).toBe(attached);
    expect(() => Supervisor.attach()).toThrow(/attached already.*Supervisor\.instance/);
  }
  expect(() => Supervisor.instance).toThrow(/No supervisor is attached.*Supervisor\.attach\(\)/);
  await using again = Supervisor.attach();
  expect(Supervisor.instance).toBe(again);
});
