import type { Executor } from "../executors/executor.ts";
import type { Log } from "../processor/implementation.ts";
import type { RunStore, StreamStore } from "../streams/store.ts";
import { dispatchTask } from "./dispatch.ts";

/**
 * Looks, from time to time, after runs whose processes have gone silent. Every process with a supervisor does; there is
 * no leader, and the store sees to it that they do not all look at the same runs.
 */
export class Recovery {
  readonly #store: StreamStore;
  readonly #executor: Executor;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  constructor(store: StreamStore, executor: Executor, log: Log, leaseMs: number) {
    this.#store = store;
    this.#executor = executor;
    this.#log = log;
    // A random share, so that processes started together do not look together.
    const everyMs = (leaseMs / LOOKS_PER_LEASE) * (0.75 + Math.random() / 2);
    this.#timer = setInterval(() => {
      void this.#look();
    }, everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const runs = await this.#store.recover();
      // Tasks of a local executor end with their process: there is nobody to dispatch them to.
      if (!this.#executor.local) for (const run of runs) dispatchReady(run, this.#executor, this.#log);
    } catch (error) {
      this.#log.debug("Could not look after runs; trying again", { error });
    } finally {
      this.#looking = false;
    }
  }
}

/** Often enough for a lost task to go on within one and a half leases. */
const LOOKS_PER_LEASE = 4;

/** Dispatches the tasks of a run that are ready now. Dispatching one again does nothing. */
function dispatchReady(run: RunStore, executor: Executor, log: Log): void {
  const unwatch = run.watch((event) => {
    if (event.type === "ready") dispatchTask(run.record, event, executor, log).catch(() => undefined);
  });
  unwatch();
}
