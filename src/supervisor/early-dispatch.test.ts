/** Tasks are dispatched while their run is created: they may be there first, and none stays where there is no run. */
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { fresh } from "../../test/support/fresh.ts";
import { RedisServer } from "../../test/support/redis.ts";
import { StoreError } from "../errors.ts";
import { BullMQExecutor } from "../executors/bullmq.ts";
import type { Executor, Task } from "../executors/executor.ts";
import { Flow } from "../flow/flow.ts";
import { Processor } from "../processor/processor.ts";
import { newRunRecord } from "../run/record.ts";
import { connectRedisStore } from "../streams/redis/redis-store.ts";
import { RunConflictError } from "../streams/run-record.ts";
import { within } from "../testing/eventually.ts";
import { dispatchTask } from "./dispatch.ts";
import { Supervisor } from "./supervisor.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const doubles = () => new Processor({ name: "doubles", inputs: ["n"], outputs: ["m"] });
const waits = () => new Processor({ name: "waits", inputs: ["m"], outputs: ["o"], wait: true });

/** Takes note of what it is asked for. */
class Noting implements Executor {
  readonly local = false;
  readonly dispatched: Task[] = [];
  readonly withdrawn: Task[] = [];
  start(): void {}
  async dispatch(task: Task): Promise<void> {
    this.dispatched.push(task);
  }
  async withdraw(task: Task): Promise<void> {
    this.withdrawn.push(task);
  }
  async close(): Promise<void> {}
}

async function starting(url: string) {
  const executor = new Noting();
  const redis = { url, prefix: `${fresh()}:`, outageMs: 300 };
  const supervisor = new Supervisor({ redis, executor, log });
  onTestFinished(() => supervisor.close());
  await supervisor.runs(); // connects
  return { executor, supervisor, redis };
}

test.each([
  ["short", "here"],
  ["long", "x".repeat(5_000)],
])("a worker that has a task before its run is there looks for it again, with a %s record", async (_, by) => {
  const redis = { url: inject("redisUrl"), prefix: `${fresh()}:` };
  const processor = doubles().implement(async function* ({ n }) {
    for await (const value of n) yield { m: Number(value) * 2 };
  });
  const worker = new Supervisor({ redis, executor: new BullMQExecutor(), log, leaseMs: 60_000 });
  onTestFinished(() => worker.close());
  void worker.work({ processors: [processor] });
  const store = await connectRedisStore({ ...redis, log, durable: true });
  onTestFinished(() => store.close());
  const starter = new BullMQExecutor();
  onTestFinished(() => starter.close());
  starter.start({ perform: async () => {}, redis, log });
  const flow = Flow.fromProcessors(doubles()).resolve();
  const record = newRunRecord(flow, {}, { durable: true, by, now: Date.now(), implementationOf: () => undefined });
  await dispatchTask(record, { task: 0, attempt: 1 }, starter, log);
  // Long enough for the task to be taken.
  await delay(60);
  await store.create(record, { inputs: () => new Map([[0, [1, 2, 3]]]) });
  const run = await worker.run(record.id);
  expect(await within(run.outputs.m?.toArray() ?? Promise.reject(new Error("no output")), "the output")).toEqual([2, 4, 6]);
});

test("what is ready from the beginning is dispatched once, along with its record; what waits is not", async () => {
  const { executor, supervisor } = await starting(inject("redisUrl"));
  const run = await supervisor.startFlow(Flow.fromProcessors(doubles(), waits()).resolve(), { n: [1] });
  expect(executor.dispatched).toMatchObject([
    { run: run.id, processor: "doubles", index: 0, attempt: 1, record: { id: run.id } },
  ]);
  await run.cancel();
});

test("what was dispatched for a run that could not be created is taken back", async () => {
  const server = await RedisServer.start();
  onTestFinished(() => server.stop());
  const { executor, supervisor } = await starting(server.url);
  const client = new Redis(server.url);
  await client.config("SET", "maxmemory", "1");
  client.disconnect();
  await expect(supervisor.startFlow(Flow.fromProcessors(doubles()).resolve(), { n: [1] })).rejects.toThrow(StoreError);
  expect(executor.dispatched).toHaveLength(1);
  expect(executor.withdrawn.map(({ run, index }) => ({ run, index }))).toEqual(
    executor.dispatched.map(({ run, index }) => ({ run, index })),
  );
});

test("nothing is dispatched under an id that may be another run's before that is known", async () => {
  const { executor, supervisor } = await starting(inject("redisUrl"));
  const id = fresh("run");
  await supervisor.startFlow(Flow.fromProcessors(doubles()).resolve(), { n: [1] }, { id });
  const other = Flow.fromProcessors(new Processor({ name: "other", inputs: ["n"], outputs: ["m"] })).resolve();
  await expect(supervisor.startFlow(other, { n: [1] }, { id })).rejects.toThrow(RunConflictError);
  expect(executor.dispatched.map(({ processor }) => processor)).toEqual(["doubles"]);
});

test("a run whose inputs came along with it needs its starter no more", async () => {
  const { executor, supervisor, redis } = await starting(inject("redisUrl"));
  const { id } = await supervisor.startFlow(Flow.fromProcessors(doubles()).resolve(), { n: [1, 2] });
  expect(executor.dispatched).toHaveLength(1);
  const elsewhere = new Supervisor({ redis, executor: new Noting(), log });
  onTestFinished(() => elsewhere.close());
  await supervisor.close();
  const run = await elsewhere.run(id);
  expect(await run.status()).toMatchObject({ state: "running" });
  await run.cancel();
});
