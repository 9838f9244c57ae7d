import { CancelledError, type Failure, FencedError, originName, originOf, toFailure } from "../errors.ts";
import type { FailurePolicy } from "../processor/failure-policy.ts";
import type { Implementation, Log, TaskContext } from "../processor/implementation.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import { canRestart } from "../streams/run-record.ts";
import type { Share } from "../streams/share.ts";
import type { Claim, Following, RunEvent, RunRecord, RunStore, StreamEnd } from "../streams/store.ts";
import { checkOf } from "./check.ts";
import { driveCarefully } from "./drive-carefully.ts";
import { type Drive, driveBatch, driveEach } from "./drive-each.ts";
import { Emitter } from "./emitter.ts";
import { Guard } from "./guard.ts";
import type { InjectionScope, Injector } from "./injector.ts";
import { hashOf, keyOf } from "./key.ts";
import { publishLeaseLost } from "./lease-lost.ts";
import { type PlainImplementation, performPlain } from "./perform-plain.ts";
import { type Guarding, performShared } from "./perform-shared.ts";
import { performer, type ValueImplementation } from "./shared-task.ts";
import { TaskInputs } from "./task-inputs.ts";

/** What performing a task needs beside the task itself. */
export interface TaskEnvironment {
  readonly run: RunStore;
  readonly claim: Claim;
  readonly processor: AnyProcessor;
  readonly implementation: Implementation;
  readonly injector: Injector;
  readonly log: Log;
  /** At which level the log is told that a task begins and ends. */
  readonly level: "debug" | "info";
  /** Aborted when this process stops performing tasks. */
  readonly stopping: AbortSignal;
}

/** One attempt at one task that was claimed. */
export class Performance {
  readonly #environment: TaskEnvironment;
  readonly #claim: Claim;
  readonly #abort = new AbortController();
  /** Of the handler that is performed now. */
  #inputs: TaskInputs;
  /** Where several replicas perform it. */
  #share: Share | undefined;
  /** Calls that go on after one of them has failed. */
  readonly #left: Promise<void>[] = [];
  /** Whether a call is under way; a generator can always be waiting. */
  #isBusy = () => false;
  readonly #onBegin = (isBusy: () => boolean) => {
    this.#isBusy = isBusy;
  };

  constructor(environment: TaskEnvironment) {
    this.#environment = environment;
    this.#claim = environment.claim;
    this.#inputs = this.#makeInputs();
  }

  /**
   * Performs the task and settles it: at once when it fails or is stopped. Then waits for what still goes on of its
   * handler, and cleans up. A handler that does not listen to its signal delays neither its end nor its readers.
   */
  async perform(): Promise<void> {
    const { run, injector, log, level } = this.#environment;
    const { attempt } = this.#claim;
    log[level](`${this.#name} begins`, { attempt });
    const unlink = this.#linkSignals();
    const scope = injector.open();
    const work = this.#work(scope);
    let end: StreamEnd = { state: "completed" };
    let cleaned = false;
    try {
      await this.#orAborted(work);
      cleaned = true;
      await this.#orAborted(scope.close());
    } catch (error) {
      end = this.#endFor(error);
      this.#stop(new CancelledError("this task has ended"));
    }
    unlink();
    this.#inputs.close();
    // What a process that stops has not finished is another one's to do.
    const givesBack = end.state !== "completed" && this.#isStopping;
    if (givesBack) await run.release(this.#claim);
    else await run.settle(this.#claim, end);
    if (!this.#claim.lost.aborted)
      log[level](
        `${this.#name} ${givesBack ? "is given back" : end.state === "cancelled" ? "was cancelled" : `has ${end.state}`}`,
        { attempt },
      );
    if (cleaned) return;
    await work.catch(() => undefined);
    await Promise.all(this.#left);
    await Promise.resolve(scope.close()).catch((error: unknown) => {
      log.error(`${this.#name} could not clean up`, { error });
    });
  }

  /** Since when there has been nothing to do but wait for streams, by `performance.now()`; `undefined` while there is. */
  get waitingSince(): number | undefined {
    return this.#isBusy() ? undefined : this.#environment.run.waitingSince(this.#recordTask);
  }

  /** In messages. */
  get #name(): string {
    return `Task "${this.#environment.processor.declaration.name}" of run ${this.#environment.run.record.id}`;
  }

  /** Runs the handler until everything it emitted is stored. */
  async #work(scope: InjectionScope): Promise<void> {
    const { implementation } = this.#environment;
    this.#abort.signal.throwIfAborted();
    if (implementation.kind === "stream") return this.#performPlain(implementation, scope);
    // Before any writer is made: it takes the place in the input along with the values.
    const share = await this.#openShare(implementation);
    if (share) return this.#performShared(share, implementation, scope);
    const following = this.#follow(implementation);
    const emitter = this.#makeEmitter(this.#claim);
    let failed: { error: unknown } | undefined;
    try {
      const injected = await scope.resolve(implementation.needs);
      const streams = this.#inputs.streams(implementation.options.input);
      await this.#drive(implementation, { ...streams, ...injected }, emitter, following);
    } catch (error) {
      failed = { error };
    }
    await emitter.flush().catch((error: unknown) => {
      failed ??= { error };
    });
    if (failed) throw failed.error;
  }

  async #performPlain(implementation: PlainImplementation, scope: InjectionScope): Promise<void> {
    const { run } = this.#environment;
    return performPlain({
      implementation,
      claim: this.#claim,
      task: this.#taskContext(),
      injected: await scope.resolve(implementation.needs),
      openInputs: (saved) => {
        this.#inputs = this.#makeInputs(saved);
        if (this.#abort.signal.aborted) this.#inputs.stop(this.#abort.signal.reason);
        return this.#inputs;
      },
      makeEmitter: (claim) => this.#makeEmitter(claim),
      checkState: (state) => this.#checkState(state),
      saves: canRestart(run.record, this.#recordTask),
    });
  }

  async #performShared(share: Share, implementation: ValueImplementation, scope: InjectionScope): Promise<void> {
    const { input } = implementation.options;
    return performShared(share, {
      processor: this.#environment.processor,
      implementation,
      context: { ...this.#inputs.streams(input), ...(await scope.resolve(implementation.needs)) },
      task: this.#taskContext(),
      check: this.#inputs.checkOf(input),
      guard: (policy, how) => this.#guard(policy, input, how),
      failures: this.#claim.failures,
      streamOf: (output) => this.#streamIndex(output, "outputs"),
      onLeft: (settled) => this.#left.push(settled),
      onBegin: this.#onBegin,
    });
  }

  /** Waits for something, but not for longer than this task may go on. */
  async #orAborted(something: Promise<void> | undefined): Promise<void> {
    const { signal } = this.#abort;
    let onAbort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => {
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort);
      if (signal.aborted) onAbort();
    });
    try {
      await Promise.race([something, aborted]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** What this replica takes its values from; `undefined` where the task is one attempt's alone. */
  async #openShare({ options, failures }: ValueImplementation): Promise<Share | undefined> {
    const { run } = this.#environment;
    const { input, replicas, ordered, key } = options;
    const { name } = this.#environment.processor.declaration;
    this.#share = await this.#claim.share({
      input: this.#streamIndex(input, "inputs"),
      replicas,
      order: key ? "key" : ordered ? "input" : "none",
      ...(key && { hashOf: hashOf(keyOf(name, key), this.#inputs.checkOf(input)) }),
      ...(failures?.deadLetter !== undefined && { setsAside: true }),
    });
    if (this.#share && this.#abort.signal.aborted) this.#share.close(this.#abort.signal.reason);
    const count = this.#share?.sharing.replicas ?? 1;
    if (this.#share) this.#environment.log.debug(`${this.#name} is one of ${count} replicas`, { run: run.record.id });
    return this.#share;
  }

  /** Where a handler of values (or lists of them) goes on in its input; in a durable run, the only kind with another attempt. */
  #follow({ options }: ValueImplementation): Following | undefined {
    const { durable } = this.#environment.run.record;
    return durable ? this.#claim.follow(this.#streamIndex(options.input, "inputs")) : undefined;
  }

  async #drive(
    implementation: ValueImplementation,
    context: Record<string, unknown>,
    emitter: Emitter,
    following: Following | undefined,
  ): Promise<void> {
    const task = this.#taskContext();
    const { options, failures } = implementation;
    const from = following?.from ?? 0;
    const perform = performer(implementation, context, this.#environment.processor.declaration.name);
    const guard = failures && (await this.#guard(failures, options.input, { perform, emitter, task, from }));
    const marks = failures?.deadLetter !== undefined;
    const reader = this.#inputs.open(options.input, { from, peek: false, ...(marks && { undecodable: "mark" }) }, !guard);
    const unguarded = (value: unknown): unknown => perform(value, task);
    const call = guard ? (implementation.kind === "each" ? guard.handleValue : guard.handleList) : unguarded;
    const onLeft = (settled: Promise<void>) => this.#left.push(settled);
    const { signal } = task;
    const drive: Drive = { reader, call, emitter, signal, ...(following && { following }), onLeft, onBegin: this.#onBegin };
    const handle = (drive: Drive) =>
      implementation.kind === "each" ? driveEach(drive, options) : driveBatch(drive, implementation.options);
    const { suspects } = this.#claim;
    if (!following || !marks || !suspects) return handle(drive);
    const { log, processor } = this.#environment;
    const { deaths } = suspects;
    log.warn(`${this.#name} was lost with its processes again and again: it takes care which values it has in hand`, { deaths });
    const names = { processor: processor.declaration.name, stream: options.input };
    const inLists = implementation.kind === "batch";
    const passed = await driveCarefully({ ...drive, following, claim: this.#claim, suspects, inLists, handle, names });
    return handle({ ...drive, from: passed });
  }

  /** What stands between the runtime's loop and a handler whose failures are not simply those of its task. */
  async #guard(policy: FailurePolicy, input: string, { emitter, ...how }: Guarding): Promise<Guard> {
    const { attempt, failures } = this.#claim;
    const known = policy.deadLetter !== undefined && attempt > 1 ? await failures.known() : new Set<number>();
    const validate = (emission: unknown) => emitter.validate(emission);
    const stream = this.#streamIndex(input, "inputs");
    return new Guard({ ...how, policy, validate, check: this.#inputs.checkOf(input), failures, stream, known });
  }

  /** @param saved where a checkpoint has left them. */
  #makeInputs(saved?: ReadonlyMap<number, number>): TaskInputs {
    const { run, processor } = this.#environment;
    const streamOf = (input: string) => this.#streamIndex(input, "inputs");
    return new TaskInputs({ run, processor, task: this.#recordTask, streamOf }, saved);
  }

  #makeEmitter(claim: Claim): Emitter {
    const { run, processor } = this.#environment;
    const writerOf = (output: string) => run.writer(this.#streamIndex(output, "outputs"), claim);
    return new Emitter(processor.declaration.name, processor.outputs, writerOf);
  }

  /** A state as the processor declares it: it is checked when it is saved, and what its schema makes of it is what comes back. */
  #checkState(state: unknown): unknown {
    const { name, state: schema } = this.#environment.processor.declaration;
    const check = checkOf(schema, "state", `checkpoint of "${name}"`);
    return check ? check(state) : state;
  }

  /** The task in the run's record: this one, or the one that it is a replica of. */
  get #recordTask(): number {
    const { run, processor } = this.#environment;
    return run.record.tasks.findIndex((task) => task.processor === processor.declaration.name);
  }

  #streamIndex(name: string, side: "inputs" | "outputs"): number {
    const { record } = this.#environment.run;
    const found = record.tasks[this.#recordTask]?.[side].find((index) => record.streams[index]?.name === name);
    if (found === undefined) throw new RangeError(`Task ${this.#claim.task} of run ${record.id} has no stream "${name}"`);
    return found;
  }

  #taskContext(): TaskContext {
    const { run, processor, log } = this.#environment;
    return {
      signal: this.#abort.signal,
      run: run.record.id,
      processor: processor.declaration.name,
      attempt: this.#claim.attempt,
      state: undefined,
      tries: 1,
      log,
    };
  }

  /** Aborts the handler when its claim is lost, its run stops it, or this process does. */
  #linkSignals(): () => void {
    const { run, stopping, log, level } = this.#environment;
    const { task } = this.#claim;
    const unwatch = run.watch((event) => {
      if (event.type === "stopped" && event.tasks.includes(task)) this.#stop(reasonOf(event.end));
      if (event.type === "grown" && run.record.streams[event.stream]?.producer === this.#recordTask)
        log[level](...grownMessage(run.record, event));
    });
    const onLost = () => {
      const { attempt, lost } = this.#claim;
      this.#stop(lost.reason);
      if (!(lost.reason instanceof FencedError)) return;
      log.warn(`${this.#name} has lost its lease: this process, or its handler, was silent for too long`, { attempt });
      publishLeaseLost({ run: run.record.id, processor: this.#environment.processor.declaration.name, attempt });
    };
    const onStopping = () => {
      this.#stop(stopping.reason);
    };
    this.#claim.lost.addEventListener("abort", onLost);
    stopping.addEventListener("abort", onStopping);
    if (stopping.aborted) onStopping();
    return () => {
      unwatch();
      this.#claim.lost.removeEventListener("abort", onLost);
      stopping.removeEventListener("abort", onStopping);
    };
  }

  #stop(reason: unknown): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(reason);
    this.#inputs.stop(reason);
    this.#share?.close(reason);
  }

  get #isStopping(): boolean {
    const { stopping } = this.#environment;
    return stopping.aborted && this.#abort.signal.reason === stopping.reason;
  }

  #endFor(error: unknown): StreamEnd {
    const { run, processor } = this.#environment;
    const cancelled = this.#abort.signal.aborted ? this.#abort.signal.reason : error;
    if (cancelled instanceof CancelledError) return { state: "cancelled", reason: cancelled.reason };
    const failure: Failure = toFailure(error, {
      processor: processor.declaration.name,
      run: run.record.id,
      attempt: this.#claim.attempt,
    });
    return { state: "failed", failure, error: originOf(error) };
  }
}

/** What a log is told of a buffer that grew. */
export function grownMessage(
  { id, streams }: RunRecord,
  { stream, bound }: Extract<RunEvent, { type: "grown" }>,
): [message: string, fields: Record<string, unknown>] {
  const name = streams[stream]?.name;
  return [`Stream "${name}" of run ${id} may run further ahead: its bounds alone would have blocked the run`, { values: bound }];
}

/** Why a task is stopped, as its handler's signal says it. */
function reasonOf(end: StreamEnd): CancelledError {
  if (end.state === "failed") {
    if (end.failure.code === "DEADLINE") return new CancelledError(end.failure.message);
    return new CancelledError(`${originName(end.failure)} of the run failed: ${end.failure.message}`);
  }
  return new CancelledError(end.state === "cancelled" ? end.reason : "the run has ended");
}
