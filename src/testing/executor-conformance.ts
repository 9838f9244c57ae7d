import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { Executor, ExecutorHost, Task } from "../executors/executor.ts";
import { eventually, within } from "./eventually.ts";

/**
 * Declares the tests that every executor must pass, with Vitest.
 *
 * @param name names the executor in the tests' output.
 * @param makeExecutor makes an executor that was not started; the suite starts and closes it. One with workers must
 *   have one worker, in this process, that performs tasks with the host it is started with, two at a time or more.
 * @example testExecutor("local", () => new LocalExecutor());
 */
export function testExecutor(name: string, makeExecutor: () => Executor | Promise<Executor>): void {
  describe(`executor: ${name}`, () => {
    const stages: Stage[] = [];
    const open = async (): Promise<Stage> => {
      const stage = new Stage(await makeExecutor());
      stages.push(stage);
      return stage;
    };
    afterEach(async () => {
      for (const stage of stages.splice(0)) await stage.close();
    });

    testDispatching(open);
    testClosing(open);
    it("performs nothing before it is started", async () => {
      const { executor } = await open();
      await expect(executor.dispatch(taskOf("early"))).rejects.toThrow();
    });
  });
}

function testDispatching(open: () => Promise<Stage>): void {
  it("performs a task by its name, in its run", async () => {
    const stage = await open();
    stage.start();
    const task = taskOf("any text: { } * [ ] \n 🙂 __proto__");
    await stage.executor.dispatch(task);
    expect((await stage.performed(1))[0]).toEqual(task);
  });

  it("takes a task and does not wait until it is done", async () => {
    const stage = await open();
    stage.start();
    await within(stage.executor.dispatch(taskOf("takes long")), "dispatch() while the task is performed");
    await stage.performed(1);
    expect(stage.finished).toBe(0);
  });

  it("performs several tasks at once", async () => {
    const stage = await open();
    stage.start();
    const tasks = [taskOf("one"), taskOf("two")];
    for (const task of tasks) await stage.executor.dispatch(task);
    const performed = await stage.performed(2);
    expect(new Set(performed.map(({ processor }) => processor))).toEqual(new Set(["one", "two"]));
    expect(stage.finished).toBe(0);
  });

  it("takes a task that was taken already, and performs it once", async () => {
    const stage = await open();
    stage.start();
    const task = taskOf("once");
    await Promise.all([stage.executor.dispatch(task), stage.executor.dispatch({ ...task })]);
    await stage.performed(1);
    await stage.executor.dispatch(task);
    await stage.executor.dispatch({ ...task, index: 1 });
    const performed = await stage.performed(2);
    expect(performed.map(({ index }) => index).sort()).toEqual([0, 1]);
  });

  it("keeps tasks of different runs apart", async () => {
    const stage = await open();
    stage.start();
    const [here, there] = [taskOf("same"), taskOf("same")];
    await Promise.all([stage.executor.dispatch(here), stage.executor.dispatch(there)]);
    const performed = await stage.performed(2);
    expect(new Set(performed.map(({ run }) => run))).toEqual(new Set([here.run, there.run]));
  });

  it("goes on after a task that could not be performed, and says so", async () => {
    const stage = await open();
    stage.start();
    stage.fails = new Error("the store is away");
    await stage.executor.dispatch(taskOf("fails"));
    await eventually(() => {
      expect(stage.problems).toBeGreaterThan(0);
    });
    stage.fails = undefined;
    await stage.executor.dispatch(taskOf("works"));
    await eventually(() => {
      expect(stage.tasks.map(({ processor }) => processor)).toContain("works");
    });
  });
}

function testClosing(open: () => Promise<Stage>): void {
  it("waits with close() for what it performs", async () => {
    const stage = await open();
    stage.start();
    await stage.executor.dispatch(taskOf("goes on"));
    await stage.performed(1);
    let finishedAtClose: number | undefined;
    const closing = stage.executor.close().then(() => {
      finishedAtClose = stage.finished;
    });
    stage.release();
    await within(closing, "close()");
    expect(finishedAtClose).toBe(1);
  });

  it("closes twice, and at once", async () => {
    const stage = await open();
    stage.start();
    await within(Promise.all([stage.executor.close(), stage.executor.close()]), "close() twice at once");
    await within(stage.executor.close(), "close() once more");
  });

  it("closes without having been started", async () => {
    const { executor } = await open();
    await within(executor.close(), "close()");
  });

  it("takes nothing once it is closed", async () => {
    const stage = await open();
    stage.start();
    await stage.executor.close();
    await expect(stage.executor.dispatch(taskOf("late"))).rejects.toThrow();
    expect(stage.tasks).toEqual([]);
  });
}

/** A host that notes what it is asked for, and goes on performing until it is released. */
class Stage {
  readonly executor: Executor;
  readonly tasks: Task[] = [];
  finished = 0;
  /** Errors and warnings in the log. */
  problems = 0;
  /** What performing rejects with. */
  fails: Error | undefined;
  readonly #released: Promise<void>;
  release: () => void = () => {};

  constructor(executor: Executor) {
    this.executor = executor;
    this.#released = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  start(): void {
    const problem = () => {
      this.problems++;
    };
    const host: ExecutorHost = {
      perform: (task) => this.#perform(task),
      log: { debug: () => {}, info: () => {}, warn: problem, error: problem },
    };
    this.executor.start(host);
  }

  /** The tasks that are or were performed, once there are so many. */
  performed(count: number): Promise<readonly Task[]> {
    return eventually(() => {
      expect(this.tasks).toHaveLength(count);
      return this.tasks;
    });
  }

  async close(): Promise<void> {
    this.release();
    await within(this.executor.close(), "close()");
  }

  async #perform(task: Task): Promise<void> {
    if (this.fails) throw this.fails;
    this.tasks.push(task);
    await this.#released;
    this.finished++;
  }
}

function taskOf(processor: string): Task {
  return { run: `conformance-${randomUUID()}`, processor, index: 0, attempt: 1 };
}
