import { CancelledError, StreamFailedError } from "../errors.ts";
import type { Progress, RunState } from "../flow/topology.ts";
import { IO } from "../io/io.ts";
import type { RunRecord, RunSnapshot, RunStore, StreamEnd } from "../streams/store.ts";
import { toProgress } from "./progress.ts";

/** A run's state in brief. */
export interface RunStatus {
  readonly state: RunState;
  /** What failed, for a failed run. */
  readonly error?: StreamFailedError | CancelledError;
  /** What the run waits for, in words; empty when nothing is held up. */
  readonly waits: readonly string[];
}

/** Says why tasks that are ready find nobody to perform them, where that is known: by task. */
export type WaitExplainer = (record: RunRecord, tasks: readonly number[]) => Promise<ReadonlyMap<number, Error>>;

/** The names of the streams of a run, with an {@link IO} for each. */
export type RunOutputs = Readonly<Record<string, IO<unknown>>>;

interface FlowRunOptions {
  readonly supplied?: Promise<void> | undefined;
  readonly explain?: WaitExplainer;
  /** Ends the run before its time. */
  readonly stop?: (end: StreamEnd) => Promise<void>;
}

/**
 * One execution of a flow, as seen from any process. Leaving it alone is fine: the run goes on. `await using` cancels it
 * at the end of the scope unless it has ended by then.
 */
export class FlowRun<Outputs = RunOutputs> implements AsyncDisposable {
  /**
   * What the run hands out, by stream name: every output that no processor of the flow consumes, and all streams when it
   * was started with `outputs: "all"`.
   */
  readonly outputs: Outputs;
  /**
   * Settles when this process has supplied all it had for the run: from then on it may leave, and the run goes on where
   * there are workers. At once where it supplies nothing.
   */
  readonly supplied: Promise<void>;
  readonly #store: RunStore;
  readonly #explain: WaitExplainer | undefined;
  readonly #stop: (end: StreamEnd) => Promise<void>;
  readonly #done: Promise<void>;
  #isAwaited = false;
  readonly #unwatch: () => void;
  #last: { snapshot: RunSnapshot; at: number } | undefined;

  /** Made by a supervisor. */
  constructor(store: RunStore, { supplied = Promise.resolve(), explain, stop }: FlowRunOptions = {}) {
    this.#store = store;
    this.#explain = explain;
    this.#stop = stop ?? ((end) => store.stop(end));
    this.supplied = supplied;
    // The caller's type of `outputs` comes from the flow, whose streams are those of this record.
    this.outputs = outputsOf(store) as Outputs;
    let unwatch = () => {};
    this.#done = new Promise<void>((resolve, reject) => {
      unwatch = store.watch((event) => {
        if (event.type !== "stopped" && event.type !== "ended") return;
        if (event.end.state !== "completed") reject(errorOf(event.end));
        else if (event.type === "ended") resolve();
      });
    });
    this.#unwatch = unwatch;
    this.#whenDone(this.#unwatch);
  }

  /**
   * Settles when every processor has ended. Rejects with a {@link StreamFailedError} when the run fails (as soon as it
   * is known) or a {@link CancelledError}; a rejection that nobody waits for is not reported as unhandled.
   */
  get done(): Promise<void> {
    if (!this.#isAwaited) {
      this.#isAwaited = true;
      // The run may go on in other processes only; this one waits for it nevertheless.
      this.#whenDone(this.#store.watch(() => undefined, { hold: true }));
    }
    return this.#done;
  }

  get id(): string {
    return this.#store.record.id;
  }

  async status(): Promise<RunStatus> {
    const snapshot = await this.#store.snapshot();
    const error = snapshot.end && errorOf(snapshot.end);
    return { state: snapshot.state, ...(error && { error }), waits: await this.#waitsOf(snapshot) };
  }

  /** Counts per processor and stream, with rates since the call before. */
  async progress(): Promise<Progress> {
    const snapshot = await this.#store.snapshot();
    const at = performance.now();
    const earlier = this.#last && { snapshot: this.#last.snapshot, elapsedMs: at - this.#last.at };
    this.#last = { snapshot, at };
    return toProgress(this.#store.record, snapshot, earlier);
  }

  /**
   * Cancels the run: every handler's signal fires, readers get a {@link CancelledError}, streams are dropped. Settles when
   * that is recorded; a run that has ended stays as it is.
   */
  async cancel(reason = "cancelled by the caller"): Promise<void> {
    await this.#stop({ state: "cancelled", reason });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel("its scope was left");
    await this.done.catch(() => undefined);
  }

  #whenDone(callback: () => void): void {
    this.#done.catch(() => undefined).finally(callback);
  }

  async #waitsOf(snapshot: RunSnapshot): Promise<string[]> {
    const { record } = this.#store;
    const ready = record.durable ? snapshot.tasks.flatMap(({ state }, index) => (state === "ready" ? [index] : [])) : [];
    const reasons = await this.#explain?.(record, ready);
    const tasks = ready.map((index) => {
      const reason = reasons?.get(index);
      const waits = `processor "${record.tasks[index]?.processor}" waits for a worker that implements it`;
      return reason ? `${waits} as it is declared here. ${reason.message}` : waits;
    });
    const streams = snapshot.streams.flatMap(({ waitsFor }, index) => {
      if (waitsFor.length === 0) return [];
      const readers = waitsFor.map((consumer) =>
        consumer === "caller" ? "the caller" : `"${record.tasks[consumer]?.processor}"`,
      );
      return [`the writer of "${record.streams[index]?.name}" waits for ${readers.join(" and ")} to read it`];
    });
    return [...tasks, ...streams];
  }
}

function outputsOf(store: RunStore): RunOutputs {
  const outputs: Record<string, IO<unknown>> = {};
  store.record.streams.forEach(({ name, output }, index) => {
    if (!output) return;
    const io = new IO<unknown>(name, (options) => store.reader(index, { consumer: "caller", ...options }));
    Object.defineProperty(outputs, name, { value: io, enumerable: true });
  });
  return outputs;
}

function errorOf(end: StreamEnd): StreamFailedError | CancelledError | undefined {
  if (end.state === "failed") return new StreamFailedError(end.failure, end.error);
  return end.state === "cancelled" ? new CancelledError(end.reason) : undefined;
}
