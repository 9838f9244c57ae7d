import { hostname } from "node:os";
import { DeclarationError, RunLostError, SupervisorStateError } from "../errors.ts";
import type { Executor } from "../executors/executor.ts";
import { LocalExecutor } from "../executors/local.ts";
import type { AllStreamsOf, FlowShape, OutputsOf, StartArguments } from "../flow/flow-types.ts";
import { ResolvedFlow } from "../flow/resolved-flow.ts";
import type { Log } from "../processor/implementation.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import { implementedHere } from "../processor/registry.ts";
import type { Source } from "../run/feed.ts";
import { FlowRun } from "../run/flow-run.ts";
import { inputsAtHand } from "../run/input-checks.ts";
import type { StartOptions } from "../run/options.ts";
import { checkInputs, newRunRecord } from "../run/record.ts";
import type { CreatedRun, RunRecord, RunStore, RunSummary, StreamEnd, StreamStore } from "../streams/store.ts";
import { loadingInThread } from "../threads/loading.ts";
import { endsWithin } from "../timers.ts";
import { DeadLetters } from "./dead-letters.ts";
import { AnnouncedCheck, Announcer, checkImplemented, mismatchesOf } from "./declarations.ts";
import { dispatchEarly, type EarlyDispatch, stopRun } from "./dispatch.ts";
import { stderrLog } from "./log.ts";
import { DEFAULT_LEASE_MS, openStore } from "./open-store.ts";
import type { SupervisorOptions } from "./options.ts";
import { Recovery } from "./recovery.ts";
import { RunDriver } from "./run-driver.ts";
import { TaskPerformer } from "./task-performer.ts";
import { chooseProcessors, type WorkOptions, workUntil } from "./work.ts";

/**
 * Knows the stream store, the executor and the implementations of this process, and starts runs. Most programs attach
 * one and use it as `Supervisor.instance`; `new Supervisor(options)` works beside it.
 *
 * @example
 * Supervisor.attach({ redis: "redis://localhost:6379/0" });
 * const run = await Supervisor.instance.startFlow(flow, { foo: [5] });
 * for await (const value of run.outputs.bar) console.log(value);
 */
export class Supervisor implements AsyncDisposable {
  static #attached: Supervisor | undefined;

  /** Values that were set aside because handling them failed for good: of every run that the store knows, or knew. */
  readonly deadLetters: DeadLetters;
  readonly #options: SupervisorOptions;
  /** In messages of other processes. */
  readonly #name: string;
  readonly #executor: Executor;
  readonly #performer: TaskPerformer;
  readonly #log: Log;
  readonly #implementations: Map<string, AnyProcessor>;
  readonly #announced = new AnnouncedCheck();
  readonly #drivers = new Map<string, RunDriver>();
  readonly #starting = new Set<Promise<RunStore>>();
  #store: Promise<StreamStore> | undefined;
  #recovery: Recovery | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Makes the supervisor of this process and remembers it.
   *
   * @throws SupervisorStateError when one is attached already and not closed.
   */
  static attach(options: SupervisorOptions = {}): Supervisor {
    if (Supervisor.#attached) {
      throw new SupervisorStateError(
        "A supervisor is attached already. Use Supervisor.instance, or close it before attaching another one.",
      );
    }
    Supervisor.#attached = new Supervisor(options);
    return Supervisor.#attached;
  }

  /** The attached supervisor. @throws SupervisorStateError when there is none. */
  static get instance(): Supervisor {
    if (!Supervisor.#attached) {
      throw new SupervisorStateError("No supervisor is attached. Call Supervisor.attach() once, where your program starts.");
    }
    return Supervisor.#attached;
  }

  constructor(options: SupervisorOptions = {}) {
    if (options.store && options.redis)
      throw new DeclarationError("Supervisor options: give either `store` or `redis`, not both.");
    const module = loadingInThread();
    if (module !== undefined) {
      throw new SupervisorStateError(
        `${module} is imported in a thread for its handlers, and makes a supervisor while it is loaded: that would run the whole program ` +
          "again. Implement isolated processors in a module of their own.",
      );
    }
    this.#options = options;
    this.#name = options.name ?? `${hostname()}:${process.pid}`;
    this.#log = options.log ?? stderrLog;
    this.#implementations = new Map((options.processors ?? []).map((processor) => [processor.declaration.name, processor]));
    this.deadLetters = new DeadLetters({
      store: async () => {
        this.#checkOpen();
        return (await this.#openStore()).deadLetters;
      },
      processor: (name) => this.#implementations.get(name) ?? implementedHere().find((each) => each.declaration.name === name),
      start: (flow, inputs, options) => this.#startFlow(flow, inputs, options),
    });
    this.#executor = options.executor ?? new LocalExecutor();
    this.#performer = new TaskPerformer(
      {
        name: this.#name,
        executor: this.#executor,
        log: this.#log,
        implementations: this.#implementations,
        driverOf: (run) => this.#drivers.get(run),
        openRun: (run, record) => this.#openRun(run, record),
      },
      options,
    );
    this.#executor.start({
      perform: (task) => this.#performer.perform(task),
      waitingSince: (task) => this.#performer.waitingSince(task),
      log: this.#log,
      leaseMs: options.leaseMs ?? DEFAULT_LEASE_MS,
      ...(options.redis !== undefined && { redis: typeof options.redis === "string" ? { url: options.redis } : options.redis }),
    });
  }

  /**
   * Starts a run of a resolved flow and returns at once, while it is going on.
   *
   * @param args the floating inputs by name, each an iterable or async iterable of values that is written as they
   *   arrive; then options. Both may be left out where the flow has no floating inputs.
   * @throws FlowInputError for missing, unknown or unusable inputs; NotImplementedHereError; DeclarationError for options;
   *   DeclarationMismatchError when those who implement a processor declare it differently; RunConflictError; StoreError when the store
   *   cannot be reached.
   */
  startFlow<S extends FlowShape>(
    flow: ResolvedFlow<S>,
    ...args: StartArguments<S, StartOptions & { readonly outputs: "all" }>
  ): Promise<FlowRun<AllStreamsOf<S>>>;
  startFlow<S extends FlowShape>(flow: ResolvedFlow<S>, ...args: StartArguments<S, StartOptions>): Promise<FlowRun<OutputsOf<S>>>;
  async startFlow(
    flow: ResolvedFlow<FlowShape>,
    inputs: Readonly<Record<string, Source>> = {},
    options: StartOptions = {},
  ): Promise<FlowRun> {
    return this.#startFlow(flow, inputs, options);
  }

  async #startFlow(
    flow: ResolvedFlow<FlowShape>,
    inputs: Readonly<Record<string, Source>>,
    options: StartOptions,
  ): Promise<FlowRun> {
    this.#checkOpen();
    if (!(flow instanceof ResolvedFlow)) {
      throw new DeclarationError("startFlow takes a resolved flow: call `.resolve()` on it first, which checks it.");
    }
    checkInputs(flow.floatingInputs, inputs);
    if (this.#executor.local) checkImplemented(flow.processors.values(), this.#implementations);
    const general = { ...this.#options.streams, ...options.defaults };
    const durable = !this.#executor.local;
    const implementationOf = (name: string) =>
      flow.processors.get(name)?.implementation ?? this.#implementations.get(name)?.implementation;
    const start = { durable, by: this.#name, now: Date.now(), implementationOf };
    const record = newRunRecord(flow, { ...options, defaults: general }, start);
    const starting = this.#start(record, options.id === undefined, flow, inputs);
    this.#starting.add(starting);
    try {
      const run = await starting;
      return this.#flowRun(run);
    } finally {
      this.#starting.delete(starting);
    }
  }

  /** A run by its id, started in any process. @throws RunLostError when the store does not know it (any more). */
  async run(id: string): Promise<FlowRun> {
    this.#checkOpen();
    return this.#flowRun(await this.#openRun(id));
  }

  /** The runs that the store knows, newest first. */
  async runs(): Promise<readonly RunSummary[]> {
    this.#checkOpen();
    return (await this.#openStore()).list();
  }

  /** Deletes a run that has ended, with its streams, before it expires; `false` when it goes on or is unknown. */
  async remove(id: string): Promise<boolean> {
    this.#checkOpen();
    return (await this.#openStore()).remove(id);
  }

  /**
   * Cancels the runs that cannot go on without this process (those that are performed here, and those it still supplies
   * inputs for), waits for their handlers and clean-ups (not longer than `graceMs`), and
   * frees connections. Safe at any time, also twice.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Performs tasks of the processors implemented here, whoever starts their runs, until `signal` is aborted or the
   * supervisor is closed; settles when the tasks under way have finished or were given back.
   *
   * @throws DeclarationError when the executor has no workers, or nothing is implemented here; StoreError.
   */
  async work(options: WorkOptions = {}): Promise<void> {
    this.#checkOpen();
    const known = [...implementedHere(), ...this.#implementations.values()];
    const processors = chooseProcessors(options.processors ?? known, known);
    for (const processor of processors) this.#implementations.set(processor.declaration.name, processor);
    const { declarations } = await this.#openStore();
    const signals = [this.#performer.stopping, ...(options.signal ? [options.signal] : [])];
    const names = processors.map(({ declaration }) => declaration.name);
    const stopTasks = () => this.#performer.stop(new SupervisorStateError("The worker was stopped."));
    const patienceMs = this.#options.graceMs ?? DEFAULT_GRACE_MS;
    const announcer = declarations && new Announcer(declarations, processors, this.#name, this.#log);
    const end = { ended: AbortSignal.any(signals), stopTasks, patienceMs, log: this.#log };
    await workUntil(this.#executor, names, options, end).finally(() => announcer?.stop());
  }

  #flowRun(run: RunStore): FlowRun {
    const explain = async (record: RunRecord, tasks: readonly number[]) => {
      const board = (await this.#openStore()).declarations;
      return board ? mismatchesOf(board, record, tasks) : new Map();
    };
    const driver = this.#drivers.get(run.record.id);
    // A driver hears of it by itself.
    const stop = (end: StreamEnd) => (driver ? run.stop(end) : stopRun(run, end, this.#executor, this.#log));
    return new FlowRun(run, { supplied: driver?.supplied, explain, stop });
  }

  async #close(): Promise<void> {
    this.#recovery?.stop();
    if (Supervisor.#attached === this) Supervisor.#attached = undefined;
    const reachable = await this.#cancelRuns();
    this.#performer.stop(new SupervisorStateError("The supervisor was closed."));
    // What waits for a store that does not answer is given up now; how it ended cannot be recorded.
    if (!reachable) await this.#closeStore();
    await this.#closeExecutor();
    await this.#performer.close();
    await this.#closeStore();
  }

  async #closeStore(): Promise<void> {
    // One that could not be opened has nothing to close; who asked for it was told.
    await this.#store?.then(
      (store) => store.close(),
      () => undefined,
    );
  }

  /** Handlers were told to stop. One that does not listen is left behind: it must not keep the process. */
  async #closeExecutor(): Promise<void> {
    const { graceMs = DEFAULT_GRACE_MS } = this.#options;
    if (await endsWithin(graceMs, this.#executor.close())) return;
    const tasks = [...this.#performer.performing].map(({ processor, run }) => `"${processor}" of run ${run}`).join(", ");
    this.#log.warn(`Closed while handlers still ran ${graceMs} ms after their signal: ${tasks}`);
  }

  /** @param isNewId whether no other run can have its id. */
  async #start(
    record: RunRecord,
    isNewId: boolean,
    flow: ResolvedFlow<FlowShape>,
    inputs: Readonly<Record<string, Source>>,
  ): Promise<RunStore> {
    const store = await this.#openStore();
    this.#checkOpen();
    if (record.durable && store.declarations) await this.#announced.check(store.declarations, record);
    // Who performs its tasks itself needs not compete for them.
    const atHand = () => inputsAtHand(record, flow.processors, inputs);
    const creating = store.create(record, { claim: this.#executor.local, inputs: atHand });
    const early = isNewId && !this.#executor.local ? dispatchEarly(record, this.#executor, this.#log) : undefined;
    try {
      const created = await creating;
      if (created.created) this.#drive(created, flow, inputs, early);
      return created.run;
    } catch (error) {
      early?.withdraw();
      throw error;
    }
  }

  /** Cancels the runs that need this process, also those that are just being started; `false` when the store did not take note in time. */
  async #cancelRuns(): Promise<boolean> {
    const reason = this.#executor.local
      ? "its supervisor was closed"
      : "its supervisor was closed before its inputs were complete";
    const stopped = Promise.allSettled(this.#starting).then(() => {
      const needy = [...this.#drivers.values()].filter(({ isSupplying }) => this.#executor.local || isSupplying);
      return Promise.allSettled(needy.map(({ run }) => run.stop({ state: "cancelled", reason })));
    });
    return endsWithin(CLOSE_PATIENCE_MS, stopped);
  }

  #drive(
    { run, claims = [], taken = [] }: CreatedRun,
    flow: ResolvedFlow<FlowShape>,
    inputs: Readonly<Record<string, Source>>,
    early?: EarlyDispatch,
  ): void {
    const { id } = run.record;
    const [executor, log] = [this.#executor, this.#log];
    const driver = new RunDriver({ run, processors: flow.processors, executor, log, claims, taken, early });
    this.#drivers.set(id, driver);
    driver.start(inputs, () => this.#drivers.delete(id));
  }

  async #openRun(id: string, record?: RunRecord): Promise<RunStore> {
    const run = await (await this.#openStore()).open(id, record);
    if (!run) throw new RunLostError(id);
    return run;
  }

  #openStore(): Promise<StreamStore> {
    this.#store ??= openStore(this.#options, this.#log).then(
      (store) => {
        const { leaseMs = DEFAULT_LEASE_MS } = this.#options;
        if (!this.#closing) this.#recovery = new Recovery(store, this.#executor, this.#log, leaseMs);
        return store;
      },
      (error: unknown) => {
        // The next call may find the server back.
        this.#store = undefined;
        throw error;
      },
    );
    return this.#store;
  }

  #checkOpen(): void {
    if (this.#closing) throw new SupervisorStateError("This supervisor is closed. Make or attach another one.");
  }
}

const DEFAULT_GRACE_MS = 5_000;

/** How long `close()` waits for the store before it gives up what only the store can do. */
const CLOSE_PATIENCE_MS = 5_000;
