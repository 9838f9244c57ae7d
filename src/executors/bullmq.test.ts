import { expect, inject, test } from "vitest";
import { fresh } from "../../test/support/fresh.ts";
import { DeclarationError, SupervisorStateError } from "../errors.ts";
import { testExecutor } from "../testing/executor-conformance.ts";
import { BullMQExecutor } from "./bullmq.ts";
import type { Executor, ExecutorHost, Task, TaskWorker } from "./executor.ts";

/** The executor with one worker beside it, that takes on every processor it is asked for. */
class WithWorker implements Executor {
  readonly local = false;
  readonly #executor = new BullMQExecutor({ redis: inject("redisUrl"), prefix: fresh("dgq") });
  readonly #workers = new Map<string, Promise<TaskWorker>>();

  start(host: ExecutorHost): void {
    this.#executor.start(host);
  }

  async dispatch(task: Task): Promise<void> {
    await this.#executor.dispatch(task);
    const { processor } = task;
    if (!this.#workers.has(processor))
      this.#workers.set(processor, this.#executor.work({ processors: [processor], concurrency: 2 }));
    await this.#workers.get(processor);
  }

  close(): Promise<void> {
    return this.#executor.close();
  }
}

testExecutor("BullMQ", () => new WithWorker());

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const host = (redis?: string): ExecutorHost => ({
  perform: async () => {},
  log,
  ...(redis !== undefined && { redis: { url: redis } }),
});

test("needs a Redis, its own or the supervisor's", async () => {
  expect(() => new BullMQExecutor().start(host())).toThrow(DeclarationError);
  const executor = new BullMQExecutor();
  executor.start(host(inject("redisUrl")));
  expect(() => executor.start(host(inject("redisUrl")))).toThrow(SupervisorStateError);
  await executor.close();
});

test("a worker that was stopped takes no more, twice over, while others go on", async () => {
  const performed: string[] = [];
  const executor = new BullMQExecutor({ redis: inject("redisUrl"), prefix: fresh("dgq") });
  executor.start({ ...host(), perform: async ({ processor }) => void performed.push(processor) });
  const stopped = await executor.work({ processors: ["one"], concurrency: 1 });
  await executor.work({ processors: ["other"], concurrency: 1 });
  await Promise.all([stopped.stop(), stopped.stop()]);
  const task = { run: "run", index: 0, attempt: 1 };
  await executor.dispatch({ ...task, processor: "one" });
  await executor.dispatch({ ...task, processor: "other" });
  await expect.poll(() => performed).toEqual(["other"]);
  await executor.close();
});
