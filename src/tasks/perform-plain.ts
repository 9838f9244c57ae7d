import { CancelledError } from "../errors.ts";
import type { Checkpoint } from "../processor/checkpoint.ts";
import type { Implementation, TaskContext } from "../processor/implementation.ts";
import { ONCE, verdictOn } from "../processor/retry.ts";
import type { Claim } from "../streams/store.ts";
import { driveStream } from "./drive-stream.ts";
import type { Emitter } from "./emitter.ts";
import type { TaskInputs } from "./task-inputs.ts";
import { throwIfOfTask, waitOrAborted } from "./tries.ts";

/** How a plain handler is performed. */
export type PlainImplementation = Extract<Implementation, { readonly kind: "stream" }>;

/** What performing a plain handler needs of its attempt. */
export interface PlainPerformance {
  readonly implementation: PlainImplementation;
  readonly claim: Claim;
  readonly task: TaskContext;
  /** Dependencies, by name. */
  readonly injected: Record<string, unknown>;
  /** The inputs for one call. @param saved where the last checkpoint has left them. */
  readonly openInputs: (saved: ReadonlyMap<number, number> | undefined) => TaskInputs;
  readonly makeEmitter: (claim: Claim) => Emitter;
  /** A state as the processor declares it. @throws ValidationError. */
  readonly checkState: (state: unknown) => unknown;
  /** Whether checkpoints are for anything: whether it can be performed again. */
  readonly saves: boolean;
}

/**
 * Calls a plain handler until it has come to its end, and all it emitted is stored. One that throws is called again as its `retry` says, from its last
 * checkpoint or its beginning, as another attempt would.
 */
export async function performPlain(performance: PlainPerformance): Promise<void> {
  const { task, implementation } = performance;
  let { claim } = performance;
  for (let tries = 1; ; tries++) {
    const call = new PlainCall(performance, claim, tries);
    try {
      await call.perform();
      return;
    } catch (error) {
      call.end();
      throwIfOfTask(error, task);
      const verdict = verdictOn(implementation.retry ?? ONCE, { error, attempt: tries, now: Date.now(), random: Math.random() });
      if (!verdict.again) throw error;
      // What it has written is seen while it waits.
      claim = await claim.again();
      claim.failures.retried();
      task.log.debug(`"${task.processor}" is called again`, { run: task.run, tries: tries + 1, error });
      await waitOrAborted(verdict.afterMs, task.signal);
    }
  }
}

/** One call of the handler. */
class PlainCall {
  readonly #performance: PlainPerformance;
  readonly #claim: Claim;
  readonly #tries: number;
  readonly #inputs: TaskInputs;
  /** Tells what a call that has failed has left behind. */
  readonly #over = new AbortController();

  constructor(performance: PlainPerformance, claim: Claim, tries: number) {
    this.#performance = performance;
    this.#claim = claim;
    this.#tries = tries;
    this.#inputs = performance.openInputs(claim.saved?.positions);
  }

  async perform(): Promise<void> {
    const { implementation, injected, makeEmitter } = this.#performance;
    const emitter = makeEmitter(this.#claim);
    try {
      const task = this.#context();
      // The one place where a handler's checked types were erased: its declaration made sure that they fit.
      const result = implementation.handler({ ...this.#inputs.streams(), ...injected } as never, task);
      const save = (checkpoint: Checkpoint) => this.#save(checkpoint, emitter);
      await driveStream(result, { emitter, signal: task.signal, save });
    } catch (error) {
      // Values that were emitted before are not what went wrong.
      await emitter.flush().catch(() => undefined);
      throw error;
    }
    await emitter.flush();
    this.#claim.finish();
  }

  /** It has failed: whatever of it still goes on hears so. */
  end(): void {
    const reason = new CancelledError("this call of the handler has failed");
    this.#over.abort(reason);
    this.#inputs.stop(reason);
  }

  #context(): TaskContext {
    const { task, implementation, checkState } = this.#performance;
    const { saved } = this.#claim;
    const state = saved && checkState(saved.state);
    const signal = implementation.retry ? AbortSignal.any([task.signal, this.#over.signal]) : task.signal;
    return { ...task, state, tries: this.#tries, signal };
  }

  /** Saves where the handler is, with what it has emitted before; there is nothing to save where it cannot be performed again. */
  async #save({ state }: Checkpoint, emitter: Emitter): Promise<void> {
    const { checkState, saves } = this.#performance;
    checkState(state);
    // Where it is now: it does not go on before this is done.
    const positions = this.#inputs.save();
    emitter.handOver();
    if (saves) await this.#claim.save({ state, positions });
    else if (emitter.full) await emitter.room();
  }
}
