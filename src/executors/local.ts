import { SupervisorStateError } from "../errors.ts";
import type { Executor, ExecutorHost, Task } from "./executor.ts";

/** Performs every task in this process as soon as it is dispatched. Tasks overlap on the event loop. */
export class LocalExecutor implements Executor {
  readonly local = true;
  readonly #active = new Map<string, Promise<void>>();
  #host: ExecutorHost | undefined;
  #closed = false;

  start(host: ExecutorHost): void {
    if (this.#host) throw new SupervisorStateError("This LocalExecutor belongs to a supervisor already; make one for each.");
    this.#host = host;
  }

  async dispatch(task: Task): Promise<void> {
    const host = this.#host;
    if (!host || this.#closed)
      throw new SupervisorStateError("The executor is not running: it was never attached, or is closed.");
    const key = `${task.run}:${task.index}`;
    if (this.#active.has(key)) return;
    const performed = host
      .perform(task)
      .catch((error: unknown) => {
        host.log.error(`Task "${task.processor}" of run ${task.run} could not be performed`, { error });
      })
      .finally(() => {
        this.#active.delete(key);
      });
    this.#active.set(key, performed);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#active.values());
  }
}
