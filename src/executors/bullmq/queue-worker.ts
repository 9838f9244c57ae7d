import { DelayedError, type Job, type QueueOptions, Worker, type WorkerOptions } from "bullmq";
import type { Log } from "../../processor/implementation.ts";
import type { ExecutorHost, Task } from "../executor.ts";
import type { TaskEnvelope } from "./task-envelope.ts";

/** How a {@link QueueWorker} takes and performs tasks. */
export interface QueueWorkerSettings {
  readonly queue: string;
  readonly processor: string;
  readonly connection: QueueOptions["connection"];
  readonly prefix: string;
  readonly concurrency: number;
  /** Of BullMQ's worker. */
  readonly options: Omit<WorkerOptions, "connection" | "concurrency" | "autorun" | "prefix">;
  readonly host: Pick<ExecutorHost, "log" | "waitingSince">;
  /** Performs a job's task. @throws DelayedError when the job was put off. */
  readonly perform: (job: Job<TaskEnvelope>, task: Task, token: string) => Promise<void>;
}

/** So long a task has waited for streams when another one may begin in its place. */
const GIVES_WAY_MS = 1_000;
/** How often that is looked at while all places are taken. */
const LOOK_MS = 250;
/** How long BullMQ believes a silent worker, where its options do not say so. */
const LOCK_MS = 30_000;

/**
 * Takes the tasks of one processor from its queue, so many at once. Where all of them have waited for streams for a while, others begin beside them: what they wait
 * for may be another task's to give, which waits in a queue for the place of a task of another run, and so on. (With every place taken by who waits, no run would go on.)
 */
export class QueueWorker {
  readonly #settings: QueueWorkerSettings;
  readonly #worker: Worker<TaskEnvelope>;
  readonly #performing = new Set<Task>();
  /** Jobs beside those that BullMQ's own loop has taken. */
  readonly #beside = new Set<Promise<void>>();
  #looking: NodeJS.Timeout | undefined;
  #taking: Promise<void> | undefined;
  #taken = 0;

  constructor(settings: QueueWorkerSettings) {
    const { queue, connection, prefix, concurrency, options, processor, host } = settings;
    this.#settings = settings;
    this.#worker = new Worker<TaskEnvelope>(queue, (job, token = "") => this.#perform(job, token), {
      ...options,
      connection,
      prefix,
      concurrency,
    });
    // What a task ends with is in its run; this is one whose end could not be recorded, or that nobody here knows.
    this.#worker.on("failed", (job, error) => sayFailed(host.log, processor, job, error));
    this.#worker.on("error", (error) => {
      host.log.warn(`BullMQ worker of processor "${processor}": ${error.message}`);
    });
  }

  async ready(): Promise<void> {
    await this.#worker.waitUntilReady();
  }

  /** Takes no more; settles when what was taken is over. */
  async stop(): Promise<void> {
    await this.#worker.close();
    await this.#taking;
    await Promise.all(this.#beside);
    clearInterval(this.#looking);
  }

  async #perform(job: Job<TaskEnvelope>, token: string): Promise<void> {
    const { v: _, ...task } = job.data;
    this.#performing.add(task);
    this.#looking ??= this.#isFull ? setInterval(() => this.#look(), LOOK_MS).unref() : undefined;
    try {
      await this.#settings.perform(job, task, token);
    } finally {
      this.#performing.delete(task);
      if (!this.#isFull) {
        clearInterval(this.#looking);
        this.#looking = undefined;
      }
    }
  }

  get #isFull(): boolean {
    return this.#performing.size >= this.#settings.concurrency;
  }

  #look(): void {
    if (this.#taking || ![...this.#performing].every((task) => this.#givesWay(task))) return;
    this.#taking = this.#takeBeside()
      .catch((error: unknown) => this.#settings.host.log.debug("Could not look for another task", { error }))
      .finally(() => {
        this.#taking = undefined;
      });
  }

  #givesWay(task: Task): boolean {
    const since = this.#settings.host.waitingSince?.(task);
    return since !== undefined && performance.now() - since >= GIVES_WAY_MS;
  }

  /** As many more as there are places, if so many are queued. */
  async #takeBeside(): Promise<void> {
    for (let n = 0; n < this.#settings.concurrency; n++) {
      const token = `${this.#worker.id}:beside:${this.#taken++}`;
      const job = (await this.#worker.getNextJob(token, { block: false })) as Job<TaskEnvelope> | undefined;
      if (!job) return;
      const done = this.#performBeside(job, token).finally(() => this.#beside.delete(done));
      this.#beside.add(done);
    }
  }

  /** What BullMQ's own loop does for the jobs that it takes. */
  async #performBeside(job: Job<TaskEnvelope>, token: string): Promise<void> {
    const { host, processor, options } = this.#settings;
    const lockMs = options.lockDuration ?? LOCK_MS;
    const renewing = setInterval(() => {
      // Whether the task is still this process's is told by its lease.
      job.extendLock(token, lockMs).catch(() => undefined);
    }, lockMs / 2).unref();
    try {
      await this.#perform(job, token);
      await job.moveToCompleted(undefined, token, false);
    } catch (error) {
      if (error instanceof DelayedError) return;
      sayFailed(host.log, processor, job, error);
      const failure = error instanceof Error ? error : new Error(String(error));
      await job
        .moveToFailed(failure, token, false)
        .catch((lost: unknown) => host.log.debug("A job could not be ended", { error: lost }));
    } finally {
      clearInterval(renewing);
    }
  }
}

function sayFailed(log: Log, processor: string, job: Job<TaskEnvelope> | undefined, error: unknown): void {
  log.error(`Task "${processor}" of run ${job?.data.run} could not be performed`, { error });
}
