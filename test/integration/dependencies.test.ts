import { CancelledError, depends, Flow, Processor, StreamFailedError } from "datagraph";
import { expect } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource } from "./kit/testing.ts";
import { errorOf, gate, number, text } from "./kit/values.ts";

onEveryStore("sync, async and nested dependencies", async (makeSupervisor) => {
  const one = depends(() => 1);
  const two = depends(async () => 2);
  const three = depends({ one, two }, ({ one, two }) => one + two);
  const six = depends({ three, two }, async ({ three, two }) => three * two);
  const use = new Processor({ name: "use", inputs: { n: number }, outputs: { m: number } });
  use.implement({ one, three, six }, async ({ n, one, three, six }) => ({
    m: (await n.first()) * 1000 + one * 100 + three * 10 + six,
  }));
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(use).resolve(), { n: [7] });
  expect(await run.outputs.m.toArray()).toEqual([7136]);
});

onEveryStore("one instance per task, shared by what needs it, cleaned up in reverse order", async (makeSupervisor) => {
  const log: string[] = [];
  const base = depends(async function* () {
    log.push("base opens");
    yield { id: log.length };
    log.push("base closes");
  });
  const left = depends({ base }, function* ({ base }) {
    log.push("left opens");
    yield base;
    log.push("left closes");
  });
  const use = new Processor({ name: "use", inputs: { n: number }, outputs: { same: number } });
  use.implementEach({}, { left, base }, (n, { left, base }) => {
    log.push(`value ${n}`);
    return { same: left === base ? 1 : 0 };
  });
  const supervisor = makeSupervisor();
  const flow = Flow.fromProcessors(use).resolve();
  for (let i = 0; i < 2; i++) {
    const run = await supervisor.startFlow(flow, { n: [1, 2] });
    expect(await run.outputs.same.toArray()).toEqual([1, 1]);
    await run.done;
    expect(log.splice(0)).toEqual(["base opens", "left opens", "value 1", "value 2", "left closes", "base closes"]);
  }
});

onEveryStore("clean-up also when the handler fails", async (makeSupervisor) => {
  const log: string[] = [];
  const resource = depends(async function* () {
    try {
      yield "open";
    } finally {
      log.push("closed");
    }
  });
  const fail = new Processor({ name: "fail", outputs: { out: text } });
  fail.implement({ resource }, async function* ({ resource }) {
    yield { out: resource };
    throw new Error("boom");
  });
  const supervisor = makeSupervisor();
  const run = await supervisor.startFlow(Flow.fromProcessors(fail).resolve());
  expect(await errorOf(run.done)).toBeInstanceOf(StreamFailedError);
  await supervisor.close();
  expect(log).toEqual(["closed"]);
});

onEveryStore("clean-up also when the run is cancelled", async (makeSupervisor) => {
  let closed = false;
  const resource = depends(async function* () {
    yield "open";
    closed = true;
  });
  const wait = new Processor({ name: "wait", inputs: { n: number }, outputs: { out: text } });
  wait.implement({ resource }, async function* ({ n, resource }) {
    for await (const value of n) yield { out: `${resource} ${value}` };
  });
  const n = new ControlledSource<number>();
  const supervisor = makeSupervisor();
  const run = await supervisor.startFlow(Flow.fromProcessors(wait).resolve(), { n });
  n.push(1);
  expect(await run.outputs.out.first()).toBe("open 1");
  await run.cancel("enough");
  expect(await errorOf(run.done)).toBeInstanceOf(CancelledError);
  await supervisor.close();
  expect(closed).toBe(true);
});

onEveryStore("clean-up of what each handler used waits for the calls that are under way", async (makeSupervisor) => {
  let open = false;
  const usedClosed: number[] = [];
  const resource = depends(async function* () {
    open = true;
    yield {};
    open = false;
  });
  const slow = gate();
  const use = new Processor({ name: "use", inputs: { n: number }, outputs: { m: number } });
  use.implementEach({ concurrency: 4 }, { resource }, async (n) => {
    if (n === 2) {
      setImmediate(slow.open);
      throw new Error("boom");
    }
    await slow.opened;
    if (!open) usedClosed.push(n);
    return { m: n };
  });
  const supervisor = makeSupervisor();
  const run = await supervisor.startFlow(Flow.fromProcessors(use).resolve(), { n: [0, 1, 2, 3] });
  expect(await errorOf(run.done)).toBeInstanceOf(StreamFailedError);
  await supervisor.close();
  await slow.opened;
  expect(usedClosed, "calls that found their resource closed").toEqual([]);
  expect(open).toBe(false);
});

onEveryStore("process scope: one for all tasks, cleaned up when the supervisor closes", async (makeSupervisor) => {
  let opened = 0;
  let closed = 0;
  const shared = depends(
    async function* () {
      opened++;
      yield { name: "shared" };
      closed++;
    },
    { scope: "process" },
  );
  const use = new Processor({ name: "use", inputs: { n: number }, outputs: { out: text } });
  use.implementEach({}, { shared }, (n, { shared }) => ({ out: `${shared.name} ${n}` }));
  const supervisor = makeSupervisor();
  const flow = Flow.fromProcessors(use).resolve();
  const runs = await Promise.all([1, 2, 3].map((n) => supervisor.startFlow(flow, { n: [n] })));
  for (const [i, run] of runs.entries()) expect(await run.outputs.out.toArray()).toEqual([`shared ${i + 1}`]);
  await Promise.all(runs.map((run) => run.done));
  expect([opened, closed]).toEqual([1, 0]);
  await supervisor.close();
  expect([opened, closed]).toEqual([1, 1]);
});

onEveryStore("overrides replace factories, and what those need is not made", async (makeSupervisor) => {
  let made = 0;
  const connection = depends(() => {
    made++;
    return "real connection";
  });
  const getUser = ({ connection }: { connection: string }) => `user from ${connection}`;
  const user = depends({ connection }, getUser);
  const use = new Processor({ name: "use", outputs: { out: text } });
  use.implement({ user }, async ({ user }) => ({ out: user }));
  const flow = Flow.fromProcessors(use).resolve();
  const faked = await makeSupervisor({ overrides: [[getUser, () => "fake user"]] }).startFlow(flow);
  expect(await faked.outputs.out.first()).toBe("fake user");
  expect(made).toBe(0);
  const real = await makeSupervisor().startFlow(flow);
  expect(await real.outputs.out.first()).toBe("user from real connection");
  await Promise.all([faked.done, real.done]);
});

onEveryStore("a dependency that cannot be made fails the task with its error", async (makeSupervisor) => {
  const cause = new Error("no database");
  const database = depends(async (): Promise<string> => {
    throw cause;
  });
  const use = new Processor({ name: "use", outputs: { out: text } });
  use.implement({ database }, async ({ database }) => ({ out: database }));
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(use).resolve());
  const error = await errorOf(run.outputs.out.toArray());
  expect(error).toMatchObject({ code: "STREAM_FAILED", failure: { processor: "use", message: "no database" } });
  expect((error as StreamFailedError).cause).toBe(cause);
});
