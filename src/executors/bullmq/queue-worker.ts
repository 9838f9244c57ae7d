import { DelayedError, type Job, type QueueOptions, UnrecoverableError, Worker, type WorkerOptions } from "bullmq";
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
 * What the queue is asked and told after a job has come to an idle worker, or is over, waits so long: the tasks of a run begin together, and what they give first
 * is waited for. A queue that has more than one job is asked for the next one without a pause.
 */
const LATER_MS = 5;
/** How soon a queue that gives nothing at once, and cannot be waited for, is asked again: it has reached its rate limit, or cannot be reached. */
const RETRY_MS = 100;
/** A queue that has just been emptied answers at once, and once more as it is waited for. */
const QUICK_ANSWERS = 3;
const QUICK_MS = 3;

/**
 * Takes the tasks of one processor from its queue, so many at once. Where all of them have waited for streams for a while, others begin beside them: what they wait
 * for may be another task's to give, which waits in a queue for the place of a task of another run, and so on. (With every place taken by who waits, no run would go on.)
 *
 * The loop is ours, over what BullMQ has for [fetching jobs by hand](https://docs.bullmq.io/patterns/manually-fetching-jobs): its own one asks for a second job before
 * it performs the first, and never takes more than so many.
 */
export class QueueWorker {
  readonly #settings: QueueWorkerSettings;
  readonly #worker: Worker<TaskEnvelope>;
  readonly #performing = new Set<Task>();
  /** What was taken and is not ended yet, by token. */
  readonly #jobs = new Map<string, Job<TaskEnvelope>>();
  readonly #ends = new Set<Promise<void>>();
  /** Cuts short what is waited for: by stopping, and for a place by a task that is over. */
  readonly #pauses = new Set<() => void>();
  readonly #forPlaces = new Set<() => void>();
  #isStopping = false;
  readonly #renewing: NodeJS.Timeout;
  #taking: Promise<void> | undefined;
  #taken = 0;
  /** Why the queue could not be asked last time. */
  #refusal: string | undefined;

  constructor(settings: QueueWorkerSettings) {
    const { queue, connection, prefix, options, processor, host } = settings;
    this.#settings = settings;
    this.#worker = new Worker<TaskEnvelope>(queue, null, { ...options, connection, prefix, autorun: false });
    this.#worker.on("error", (error) => {
      host.log.warn(`BullMQ worker of processor "${processor}": ${error.message}`);
    });
    this.#renewing = setInterval(() => this.#renew(), this.#lockMs / 2).unref();
  }

  async ready(): Promise<void> {
    await this.#worker.waitUntilReady();
    await this.#worker.startStalledCheckTimer();
    this.#taking ??= this.#take();
  }

  /** Takes no more; settles when what was taken is over. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const goOn of [...this.#pauses, ...this.#forPlaces]) goOn();
    while (this.#ends.size > 0) await Promise.all(this.#ends);
    // Ends the wait for a job. One that comes meanwhile is given back.
    await this.#worker.close(true);
    await this.#taking;
    clearInterval(this.#renewing);
  }

  async #take(): Promise<void> {
    let [quick, idle] = [0, false];
    while (!this.#isStopping) {
      if (this.#isFull) {
        await this.#pause(LOOK_MS, this.#forPlaces);
        await this.#takeBeside();
        continue;
      }
      const asked = performance.now();
      const job = await this.#next({ block: true });
      const waited = performance.now() - asked > QUICK_MS;
      quick = job || waited ? 0 : quick + 1;
      if (quick >= QUICK_ANSWERS) await this.#pause(RETRY_MS);
      else if (job && idle) await this.#pause(LATER_MS);
      idle = !job;
    }
  }

  /** As many more as there are places, if so many are queued and all those that were taken wait. */
  async #takeBeside(): Promise<void> {
    if (!this.#isFull || ![...this.#performing].every((task) => this.#givesWay(task))) return;
    for (let n = 0; n < this.#settings.concurrency && !this.#isStopping; n++) if (!(await this.#next({ block: false }))) return;
  }

  /** Begins the next job's task, if there is one; `block` waits for a while until there is. */
  async #next(how: { readonly block: boolean }): Promise<boolean> {
    const token = `${this.#worker.id}:${this.#taken++}`;
    let job: Job<TaskEnvelope> | undefined;
    try {
      job = await this.#worker.getNextJob(token, how);
      this.#refusal = undefined;
    } catch (error) {
      this.#sayRefused(error);
      await this.#pause(RETRY_MS);
    }
    if (!job) return false;
    if (this.#isStopping) {
      // Its lock lapses else, and it is given to another one then.
      await job.moveToWait(token).catch((error: unknown) => this.#sayNotEnded(error));
      return false;
    }
    this.#jobs.set(token, job);
    const ended = this.#perform(job, token).finally(() => {
      this.#jobs.delete(token);
      this.#ends.delete(ended);
    });
    this.#ends.add(ended);
    return true;
  }

  /** Performs a job's task, and ends the job. */
  async #perform(job: Job<TaskEnvelope>, token: string): Promise<void> {
    const { host, processor, perform } = this.#settings;
    const { v: _, ...task } = job.data;
    this.#performing.add(task);
    let end: (() => Promise<unknown>) | undefined = () => job.moveToCompleted(undefined, token, false);
    try {
      this.#checkGivenUp(job);
      await perform(job, task, token);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      // What a task ends with is in its run; this is one whose end could not be recorded, or that nobody here knows.
      if (!(error instanceof DelayedError)) sayFailed(host.log, processor, job, error);
      end = error instanceof DelayedError ? undefined : () => job.moveToFailed(failure, token, false);
    }
    this.#performing.delete(task);
    for (const goOn of this.#forPlaces) goOn();
    if (!end) return;
    await this.#pause(LATER_MS);
    await end().catch((error: unknown) => this.#sayNotEnded(error));
  }

  /** @throws UnrecoverableError for a job that BullMQ's own options have given up. */
  #checkGivenUp({ deferredFailure, attemptsStarted }: Job<TaskEnvelope>): void {
    const { maxStartedAttempts } = this.#settings.options;
    if (deferredFailure) throw new UnrecoverableError(deferredFailure);
    if (maxStartedAttempts !== undefined && attemptsStarted > maxStartedAttempts)
      throw new UnrecoverableError(
        `It was started ${attemptsStarted} times; \`maxStartedAttempts\` allows ${maxStartedAttempts}.`,
      );
  }

  /** Once for as long as it lasts. */
  #sayRefused(error: unknown): void {
    const { host, processor } = this.#settings;
    const message = error instanceof Error ? error.message : String(error);
    if (!this.#isStopping && message !== this.#refusal) host.log.warn(`Tasks of "${processor}" cannot be asked for: ${message}`);
    this.#refusal = message;
  }

  #sayNotEnded(error: unknown): void {
    this.#settings.host.log.debug("A job could not be ended", { error });
  }

  get #isFull(): boolean {
    return this.#performing.size >= this.#settings.concurrency;
  }

  get #lockMs(): number {
    return this.#settings.options.lockDuration ?? LOCK_MS;
  }

  #givesWay(task: Task): boolean {
    const since = this.#settings.host.waitingSince?.(task);
    return since !== undefined && performance.now() - since >= GIVES_WAY_MS;
  }

  /** Whether a task is still this process's is told by its lease; this only keeps its job from being given to others. */
  #renew(): void {
    if (this.#jobs.size === 0) return;
    const ids = [...this.#jobs.values()].map(({ id = "" }) => id);
    this.#worker.extendJobLocks(ids, [...this.#jobs.keys()], this.#lockMs).catch(() => undefined);
  }

  /** Waits so long, or until it is cut short as one of these; stopping does that to all. */
  async #pause(ms: number, among = this.#pauses): Promise<void> {
    if (this.#isStopping) return;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        clearTimeout(timer);
        among.delete(goOn);
        resolve();
      };
      const timer = setTimeout(goOn, ms);
      among.add(goOn);
    });
  }
}

function sayFailed(log: Log, processor: string, job: Job<TaskEnvelope> | undefined, error: unknown): void {
  log.error(`Task "${processor}" of run ${job?.data.run} could not be performed`, { error });
}
