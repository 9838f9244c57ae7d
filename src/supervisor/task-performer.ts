import { setTimeout as delay } from "node:timers/promises";
import { NotImplementedHereError, RunLostError } from "../errors.ts";
import { type Executor, type Task, TaskLeftError } from "../executors/executor.ts";
import { DeclarationMismatchError } from "../processor/declaration-record.ts";
import type { DependencyFactory } from "../processor/dependency.ts";
import type { Log } from "../processor/implementation.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import { UnknownFormatError } from "../streams/envelope.ts";
import type { RunRecord, RunStore } from "../streams/store.ts";
import { Injector } from "../tasks/injector.ts";
import { Performance } from "../tasks/perform.ts";
import { performedInThreads, threadOverrides } from "../threads/isolated.ts";
import { checkTaskDeclaration } from "./declarations.ts";
import { onTaskEvent } from "./dispatch.ts";
import type { SupervisorOptions } from "./options.ts";
import type { RunDriver } from "./run-driver.ts";

/** What a {@link TaskPerformer} has of its supervisor. */
export interface PerformerHost {
  /** In messages of other processes. */
  readonly name: string;
  readonly executor: Executor;
  readonly log: Log;
  /** The processors that this process implements, beside those of the flows it has started. */
  readonly implementations: ReadonlyMap<string, AnyProcessor>;
  /** The driver of a run that was started here. */
  driverOf(run: string): RunDriver | undefined;
  /** @throws RunLostError; UnknownFormatError; StoreError. */
  openRun(run: string, record?: RunRecord): Promise<RunStore>;
}

/** A task is dispatched while its run is created, and may be here first: so long a run that is not there yet is waited for, each time. */
const NOT_YET_THERE_MS = [5, 20, 80, 320, undefined];

/** A task under way. */
interface Performing {
  /** Each has a signal of its own: thousands that listen to one would each search all that listen already. */
  readonly stopping: AbortController;
  /** Once it is claimed. */
  attempt?: Performance;
}

/** Performs tasks in this process: finds the run and the implementation, and decides whether they fit. */
export class TaskPerformer {
  readonly #host: PerformerHost;
  readonly #injector: Injector;
  readonly #overridden: ReadonlySet<DependencyFactory>;
  readonly #threads: boolean;
  readonly #performing = new Map<Task, Performing>();
  readonly #stopping = new AbortController();

  constructor(host: PerformerHost, { overrides: given = [], threads = {} }: Pick<SupervisorOptions, "overrides" | "threads">) {
    const overrides = [...given];
    this.#host = host;
    this.#threads = threads !== false;
    this.#overridden = new Set(overrides.map(([factory]) => factory));
    this.#injector = new Injector({ overrides: [...overrides, ...threadOverrides(threads || {})] });
  }

  /** Aborted when this process stops performing tasks. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The tasks under way. */
  get performing(): Iterable<Task> {
    return this.#performing.keys();
  }

  /** @see ExecutorHost.waitingSince */
  waitingSince(task: Task): number | undefined {
    return this.#performing.get(task)?.attempt?.waitingSince;
  }

  /** Tells all tasks to stop. */
  stop(reason: Error): void {
    this.#stopping.abort(reason);
    for (const { stopping } of this.#performing.values()) stopping.abort(reason);
  }

  /** Cleans up the dependencies that live as long as the process; ends its threads. */
  close(): Promise<void> {
    return this.#injector.close();
  }

  /**
   * Performs a task and settles when it is over, however it ended.
   *
   * @throws TaskLeftError when it is another process's to perform; NotImplementedHereError; RunLostError; StoreError.
   */
  async perform(task: Task): Promise<void> {
    const performing: Performing = { stopping: new AbortController() };
    if (this.stopping.aborted) performing.stopping.abort(this.stopping.reason);
    this.#performing.set(task, performing);
    try {
      await this.#perform(task, performing);
    } finally {
      this.#performing.delete(task);
    }
  }

  async #perform(task: Task, performing: Performing): Promise<void> {
    for (const waitMs of NOT_YET_THERE_MS) {
      try {
        await this.#performOnce(task, performing);
        return;
      } catch (error) {
        const mayCome = error instanceof RunLostError && task.attempt === 1 && performing.attempt === undefined;
        if (!mayCome || waitMs === undefined) throw error;
        await delay(waitMs);
      }
    }
  }

  async #performOnce({ run: id, processor: name, index, record }: Task, performing: Performing): Promise<void> {
    const { executor, log, implementations } = this.#host;
    const driver = this.#host.driverOf(id);
    const run = driver?.run ?? (await this.#unlessNewer(this.#host.openRun(id, record), id, name));
    const processor = [driver?.processor(name), implementations.get(name)].find((candidate) => candidate?.implementation);
    if (!processor?.implementation) throw new NotImplementedHereError([name]);
    // A replica has an index of its own, and its processor's declaration.
    this.#checkDeclaration(
      run.record,
      run.record.tasks.findIndex((task) => task.processor === name),
      processor,
    );
    const { implementation } = processor;
    const claim = driver?.takeClaim(index) ?? (await this.#unlessNewer(run.claim(index), id, name));
    if (!claim) return;
    // What this task makes ready is dispatched here, by nobody else, and what it ends is taken back; the driver does so for the runs started here.
    const unwatch = driver ? undefined : run.watch((event) => onTaskEvent(run, event, executor, log));
    performing.attempt = new Performance({
      run,
      claim,
      processor,
      implementation: this.#threads ? performedInThreads(name, implementation, this.#overridden) : implementation,
      injector: this.#injector,
      log,
      // A worker's log says what it does; in a program's own process that would be noise.
      level: executor.local ? "debug" : "info",
      stopping: performing.stopping.signal,
    });
    await performing.attempt.perform().finally(unwatch);
  }

  /** @throws TaskLeftError when only a newer version can read the run. */
  async #unlessNewer<T>(found: Promise<T>, run: string, processor: string): Promise<T> {
    try {
      return await found;
    } catch (error) {
      if (error instanceof UnknownFormatError) throw new TaskLeftError(`Task "${processor}" of run ${run}`, error);
      throw error;
    }
  }

  /** @throws TaskLeftError when the run's starter declares the processor differently. */
  #checkDeclaration(record: RunRecord, task: number, processor: AnyProcessor): void {
    try {
      checkTaskDeclaration(record, task, processor, this.#host.name);
    } catch (error) {
      if (!(error instanceof DeclarationMismatchError)) throw error;
      throw new TaskLeftError(`Task "${error.processor}" of run ${record.id}`, error);
    }
  }
}
