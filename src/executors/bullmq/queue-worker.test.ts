/** How tasks are taken from a queue of BullMQ, by a loop of our own over it. */
import { setTimeout as delay } from "node:timers/promises";
import { Queue } from "bullmq";
import { expect, onTestFinished, test } from "vitest";
import { type CountedServer, countedServer } from "../../../test/support/counted-server.ts";
import { BullMQExecutor, type BullMQOptions } from "../bullmq.ts";
import { type ExecutorHost, type Task, TaskLeftError } from "../executor.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
/** Each of a run of its own: another one of the same run would be a replica, which is offered to other workers first. */
const taskOf = (index: number): Task => ({ run: `run${index}`, processor: "works", index, attempt: 1 });

/** One process: its executor, what it performs, and when. */
async function processOn(server: CountedServer, perform: (task: Task) => Promise<void>, options: Partial<BullMQOptions> = {}) {
  const executor = new BullMQExecutor({ redis: server.url, prefix: "q", ...options });
  onTestFinished(() => executor.close());
  const performed: number[] = [];
  const errors: unknown[] = [];
  const host: ExecutorHost = {
    perform: async (task) => {
      performed.push(task.index);
      await perform(task);
    },
    log: { ...silent, error: (_, fields) => void errors.push(fields?.error) },
  };
  executor.start(host);
  return { executor, performed, errors, work: (concurrency = 1) => executor.work({ processors: ["works"], concurrency }) };
}

/** What waits at it goes on when it opens. */
function closedGate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

function queueOn(server: CountedServer): Queue {
  const queue = new Queue("works", { connection: { url: server.url }, prefix: "q" });
  onTestFinished(() => queue.close());
  return queue;
}

async function dispatch(executor: BullMQExecutor, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await executor.dispatch(taskOf(index));
}

test("a rate limit holds, and nobody asks in vain all the time", async () => {
  const server = await countedServer();
  const at: number[] = [];
  const limiter = { max: 2, duration: 400 };
  const { executor, performed, work } = await processOn(server, async () => void at.push(performance.now()), {
    worker: { limiter },
  });
  await work(5);
  await dispatch(executor, 6);
  const before = await server.calls("evalsha");
  await expect.poll(() => performed, { timeout: 10_000 }).toHaveLength(6);
  expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThan(2 * limiter.duration * 0.9);
  // Two for each task (taken, ended), and a few a second while there is none to be had.
  expect((await server.calls("evalsha")) - before).toBeLessThan(60);
});

test("a queue that is paused gives nothing, without a hot loop, and goes on", async () => {
  const server = await countedServer();
  const { executor, performed, work } = await processOn(server, async () => {});
  const queue = queueOn(server);
  await queue.pause();
  await work();
  await dispatch(executor, 1);
  const before = await server.calls("evalsha");
  // Nothing signals that nothing happens.
  await delay(500);
  expect(performed).toEqual([]);
  expect((await server.calls("evalsha")) - before).toBeLessThan(30);
  await queue.resume();
  await expect.poll(() => performed).toEqual([0]);
});

test("tasks that are queued already are performed side by side at once, and idle workers ask for nothing", async () => {
  const server = await countedServer();
  const gate = closedGate();
  const { executor, performed, work } = await processOn(server, () => gate.passed);
  await dispatch(executor, 8);
  await work(5);
  await expect.poll(() => performed).toEqual([0, 1, 2, 3, 4]);
  gate.open();
  await expect.poll(() => performed).toHaveLength(8);
  await expect.poll(() => queueOn(server).getJobCountByTypes("active", "waiting")).toBe(0);
  const before = await server.calls("evalsha");
  await delay(500);
  expect((await server.calls("evalsha")) - before).toBeLessThan(5);
});

test("a task that comes while a worker stops is given back, and another one has it at once", async () => {
  const server = await countedServer();
  const gate = closedGate();
  const [stopping, other] = [await processOn(server, () => gate.passed), await processOn(server, async () => {})];
  const worker = await stopping.work(2);
  await dispatch(stopping.executor, 1);
  await expect.poll(() => stopping.performed).toEqual([0]);
  // Until it waits for the next one.
  await delay(100);
  const stopped = worker.stop();
  await stopping.executor.dispatch(taskOf(1));
  await expect.poll(() => queueOn(server).getJobCountByTypes("waiting")).toBe(1);
  await other.work();
  await expect.poll(() => other.performed).toEqual([1]);
  gate.open();
  await stopped;
  expect(stopping.performed).toEqual([0]);
  await expect.poll(() => queueOn(server).getJobCountByTypes("active", "waiting", "failed", "completed")).toBe(0);
});

test("a task that takes longer than its job's lock keeps it, beside an idle worker", async () => {
  const server = await countedServer();
  const worker = { lockDuration: 300, stalledInterval: 100, maxStalledCount: 100 };
  const [first, second] = [
    await processOn(server, () => delay(1_000), { worker }),
    await processOn(server, () => delay(1_000), { worker }),
  ];
  await Promise.all([first.work(), second.work()]);
  await first.executor.dispatch(taskOf(0));
  await expect.poll(() => [...first.performed, ...second.performed]).toEqual([0]);
  await expect.poll(() => queueOn(server).getJobCountByTypes("active", "waiting"), { timeout: 5_000 }).toBe(0);
  expect([...first.performed, ...second.performed]).toEqual([0]);
});

test("what BullMQ's options have given up is not performed, and is said", async () => {
  const server = await countedServer();
  const leave = async () => {
    throw new TaskLeftError("It", new Error("not mine"));
  };
  const { executor, performed, errors, work } = await processOn(server, leave, { worker: { maxStartedAttempts: 1 } });
  await work();
  await executor.dispatch(taskOf(0));
  await expect.poll(() => errors, { timeout: 5_000 }).toHaveLength(1);
  expect(String(errors[0])).toContain("`maxStartedAttempts` allows 1");
  expect(performed).toEqual([0]);
});

test("many tasks that end at once are no reason to warn", async () => {
  const server = await countedServer();
  const gate = closedGate();
  const { executor, performed, work } = await processOn(server, () => gate.passed);
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on("warning", onWarning);
  onTestFinished(() => void process.off("warning", onWarning));
  await work(30);
  await dispatch(executor, 30);
  await expect.poll(() => performed, { timeout: 5_000 }).toHaveLength(30);
  gate.open();
  await expect.poll(() => queueOn(server).getJobCountByTypes("active", "waiting"), { timeout: 5_000 }).toBe(0);
  expect(warnings.map(String)).toEqual([]);
});
