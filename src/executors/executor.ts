import { DatagraphError } from "../errors.ts";
import type { Log } from "../processor/implementation.ts";
import type { RedisOptions } from "../streams/redis/options.ts";
import type { RunRecord } from "../streams/store.ts";

/** One attempt at one processor within one run: what an executor is asked to perform, by name. Plain data. */
export interface Task {
  readonly run: string;
  readonly processor: string;
  /** Index in the run's record; with the run it identifies the task. */
  readonly index: number;
  /** 1 for the first attempt; a task whose worker was lost is dispatched again as the next one. */
  readonly attempt: number;
  /** Its run's, where that is short: who performs the task need not ask the store for it. */
  readonly record?: RunRecord;
}

/** What an executor gets from its supervisor. */
export interface ExecutorHost {
  /**
   * Performs a task in this process and settles when it is over, however it ended: how is recorded in its run. Rejects
   * only when that could not be recorded, and with a {@link TaskLeftError} when this process must leave the task to another one: then
   * offer it again, after a while. Performing a task twice at once, or again when it is done, does nothing.
   */
  perform(task: Task): Promise<void>;
  /**
   * Since when a task that is performed here has only waited for streams, by `performance.now()`; `undefined` while it has other things to do. Who
   * performs so many tasks at once should let others begin in its place: runs may wait for each other's places else.
   */
  waitingSince?(task: Task): number | undefined;
  readonly log: Log;
  /** How long a process that says nothing is still believed to live, in milliseconds. */
  readonly leaseMs?: number;
  /** How the supervisor reaches Redis; absent when its streams are elsewhere. */
  readonly redis?: RedisOptions;
}

/** A task that this process cannot perform, though others may: of another declaration, or of a newer version. Nothing of it was begun. */
export class TaskLeftError extends DatagraphError {
  constructor(task: string, cause: Error) {
    super("TASK_LEFT", `${task} is left to other workers: ${cause.message}`, { cause });
  }
}

/** What a worker takes on. */
export interface WorkerOptions {
  /** Names of the processors it performs. */
  readonly processors: readonly string[];
  /** How many tasks of each processor it performs at once. */
  readonly concurrency: number;
}

/** A worker that takes tasks until it is stopped. */
export interface TaskWorker {
  /** Takes no more tasks; settles when those under way are over. Safe at any time, also twice. */
  stop(): Promise<void>;
}

/** Performs tasks, here or on workers: "run a function by name", and nothing more. Anyone can implement it. */
export interface Executor {
  /** Whether tasks are performed in the process that dispatches them, and end with it. */
  readonly local: boolean;
  /** Called once, before anything else. */
  start(host: ExecutorHost): void;
  /** Takes a task; settles when it is in good hands, not when it is done. Taking a task twice does nothing more. */
  dispatch(task: Task): Promise<void>;
  /** Gives up a task that was dispatched and that nobody has begun: its run has ended. Performing it all the same does nothing. */
  withdraw?(task: Task): Promise<void>;
  /** Takes tasks in this process, where they are not performed by whoever dispatches them. */
  work?(options: WorkerOptions): Promise<TaskWorker>;
  /** Stops: settles when no task is performed here any more. Safe at any time, also twice. */
  close(): Promise<void>;
}
