import { pickOne } from "./schedule.ts";
import type { WorkerProcess } from "./worker-process.ts";

/**
 * Some workers of one kind, each of which is replaced when it is killed. They serve many runs: starting a process is
 * what takes time.
 *
 * @example
 * await using pool = await WorkerPool.start(3, () => WorkerProcess.start(program, /^works/));
 * await pool.replace(0.5);
 */
export class WorkerPool {
  readonly #start: () => Promise<WorkerProcess>;
  #workers: readonly WorkerProcess[] = [];
  #kills = 0;
  #closed = false;

  private constructor(start: () => Promise<WorkerProcess>) {
    this.#start = start;
  }

  /** Starts so many workers, side by side; settles when all are ready. */
  static async start(size: number, startWorker: () => Promise<WorkerProcess>): Promise<WorkerPool> {
    const pool = new WorkerPool(startWorker);
    const started = await Promise.allSettled(Array.from({ length: size }, startWorker));
    pool.#workers = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const failed = started.find(({ status }) => status === "rejected");
    if (!failed) return pool;
    await pool.close();
    throw (failed as PromiseRejectedResult).reason;
  }

  /** Those that have not ended. */
  get alive(): readonly WorkerProcess[] {
    return this.#workers.filter(({ isAlive }) => isAlive);
  }

  /** How many were killed. */
  get kills(): number {
    return this.#kills;
  }

  /** Kills one of the workers (`pick` from 0 up to 1 says which) and starts another; settles when that one is ready. */
  async replace(pick: number): Promise<void> {
    const { alive } = this;
    if (alive.length > 0) {
      await pickOne(alive, pick).kill();
      this.#kills++;
    }
    const another = await this.#start();
    this.#workers = [...this.alive, another];
    if (this.#closed) await another.kill();
  }

  /** Kills all of them. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#workers.map((worker) => worker.kill()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
