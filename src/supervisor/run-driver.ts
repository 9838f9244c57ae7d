import { CancelledError } from "../errors.ts";
import type { Executor } from "../executors/executor.ts";
import type { Log } from "../processor/implementation.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import { feed, type Source } from "../run/feed.ts";
import { inputChecks } from "../run/input-checks.ts";
import type { Claim, RunEvent, RunStore } from "../streams/store.ts";
import { grownMessage } from "../tasks/perform.ts";
import { type Attempt, dispatchTask, type EarlyDispatch, withdrawTask } from "./dispatch.ts";

/** What driving a run needs. */
export interface DriverOptions {
  readonly run: RunStore;
  /** The flow's processors, by name. */
  readonly processors: ReadonlyMap<string, AnyProcessor>;
  readonly executor: Executor;
  readonly log: Log;
  /** Tasks that were claimed along with the run's creation. */
  readonly claims: readonly Claim[];
  /** Inputs that were stored along with the run. */
  readonly taken: readonly number[];
  /** Set where tasks were dispatched while it was created. */
  readonly early: EarlyDispatch | undefined;
}

/** Keeps a run going in the process that started it: feeds its inputs and dispatches its tasks when they are ready. */
export class RunDriver {
  readonly run: RunStore;
  readonly #options: DriverOptions;
  readonly #claims: Map<number, Claim>;
  /** One per supplied input that is still fed. */
  readonly #feeds = new Map<number, AbortController>();
  #supplied: Promise<void> = Promise.resolve();
  readonly #stopped = new Set<number>();
  /** What is ready from the beginning, while that is found out. */
  #starting: Attempt[] | undefined;

  constructor(options: DriverOptions) {
    this.run = options.run;
    this.#options = options;
    this.#claims = new Map(options.claims.map((claim) => [claim.task, claim]));
  }

  /** Starts to drive; `onEnded` is called once when every task has settled. */
  start(inputs: Readonly<Record<string, Source>>, onEnded: () => void): void {
    this.run.record.streams.forEach((stream, index) => {
      const source = inputs[stream.name];
      if (stream.producer === undefined && source && !this.#options.taken.includes(index)) this.#feed(index, source);
    });
    let unwatch: (() => void) | undefined;
    let ended = false;
    const listener = (event: RunEvent) => {
      this.#on(event);
      if (event.type !== "ended") return;
      ended = true;
      unwatch?.();
      onEnded();
    };
    this.#starting = [];
    unwatch = this.run.watch(listener);
    const ready = this.#starting;
    this.#starting = undefined;
    const { early } = this.#options;
    for (const attempt of ready) if (!early?.tasks.includes(attempt.task)) this.#dispatch(attempt);
    // Memory may have been full then, and the creation has waited for it.
    void early?.refused.then((attempts) => {
      for (const attempt of attempts) this.#dispatch(attempt);
    });
    for (const claim of this.#options.claims) this.#dispatch(claim);
    if (ended) unwatch();
  }

  /** The claim of a task that is performed here, once. */
  takeClaim(task: number): Claim | undefined {
    const claim = this.#claims.get(task);
    this.#claims.delete(task);
    return claim;
  }

  /** Settles when nothing more is to be supplied: the inputs are complete, or the run needs no more of them. */
  get supplied(): Promise<void> {
    return this.#supplied;
  }

  get isSupplying(): boolean {
    return this.#feeds.size > 0;
  }

  /** A processor of this run's flow. */
  processor(name: string): AnyProcessor | undefined {
    return this.#options.processors.get(name);
  }

  #on(event: RunEvent): void {
    // Workers dispatch what they make ready themselves.
    if (event.type === "ready" && this.#starting) this.#starting.push(event);
    else if (event.type === "ready" && event.here) this.#dispatch(event);
    if (event.type === "withdrawn" && event.here) withdrawTask(this.run.record, event, this.#options.executor, this.#options.log);
    if (event.type === "grown" && this.run.record.streams[event.stream]?.producer === undefined)
      this.#options.log.debug(...grownMessage(this.run.record, event));
    if (event.type === "stopped") this.#stopFeeds(event.tasks, event.end.state === "cancelled");
    if (event.type === "ended") this.#stopFeeds([], true);
  }

  #dispatch(ready: Attempt): void {
    dispatchTask(this.run.record, ready, this.#options.executor, this.#options.log).catch(() => {
      // Whoever looks after the run next may find another way, if the task is free.
      const claim = this.takeClaim(ready.task);
      if (claim) this.run.release(claim).catch(() => undefined);
    });
  }

  #feed(stream: number, source: Source): void {
    const abort = new AbortController();
    this.#feeds.set(stream, abort);
    const { id, streams } = this.run.record;
    const origin = { run: id, input: streams[stream]?.name ?? "" };
    const checks = inputChecks(this.run.record, this.#options.processors, stream);
    const fed = feed(source, this.run.writer(stream), checks, origin, abort.signal)
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        this.#options.log.error(`Input "${origin.input}" of run ${id} could not be written`, { error });
      })
      .finally(() => {
        this.#feeds.delete(stream);
      });
    this.#supplied = Promise.all([this.#supplied, fed]).then(() => undefined);
  }

  /** Stops feeding what nobody will read any more. */
  #stopFeeds(stopped: readonly number[], all: boolean): void {
    for (const task of stopped) this.#stopped.add(task);
    for (const [stream, abort] of this.#feeds) {
      const consumers = this.run.record.streams[stream]?.consumers ?? [];
      if (all || consumers.every((task) => this.#stopped.has(task)))
        abort.abort(new CancelledError("nobody reads this input any more"));
    }
  }
}
