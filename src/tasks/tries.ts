import { FencedError, RunLostError, StreamFailedError, TimeoutError, TrimmedError } from "../errors.ts";
import type { FailurePolicy } from "../processor/failure-policy.ts";
import type { TaskContext } from "../processor/implementation.ts";
import { verdictOn } from "../processor/retry.ts";
import { callWithin } from "./call-timeout.ts";
import { isAsyncIterable, isIterable, isPromise } from "./results.ts";

/** What trying a handler needs. */
export interface TriesSettings {
  readonly policy: FailurePolicy;
  readonly task: TaskContext;
  /** Calls the handler. */
  readonly perform: (input: unknown, task: TaskContext) => unknown;
  /** Throws when an emission is none that could be written. */
  readonly validate: (emission: unknown) => void;
  /** Told of every attempt after the first. */
  readonly onRetry: () => void;
}

/** How trying has ended. */
export type Outcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: unknown; readonly attempts: number };

/**
 * Calls a handler until it succeeds or is to be given up. What a call emits is held until the call has succeeded: nothing
 * of an attempt that fails is ever seen.
 */
export class Tries {
  readonly #settings: TriesSettings;

  constructor(settings: TriesSettings) {
    this.#settings = settings;
  }

  /** Calls once. Gives an emission (or nothing) at once where the handler does, else a promise of one or of a list of them. */
  call(input: unknown, tries = 1): unknown {
    const { policy, perform, task } = this.#settings;
    const { timeoutMs } = policy;
    if (timeoutMs === undefined) return this.#settled(perform(input, tries === 1 ? task : { ...task, tries }));
    const limit = { limitMs: timeoutMs, signal: task.signal, late: () => new TimeoutError(task.processor, timeoutMs) };
    const settle = (result: unknown) => this.#settled(result);
    return callWithin(limit, (signal) => perform(input, { ...task, tries, signal }), settle);
  }

  /**
   * Calls again and again. @param failed how the first call has failed; absent when there was none yet.
   *
   * @throws what ends the task itself: its signal's reason, a failed or lost stream.
   */
  async until(input: unknown, failed?: { readonly error: unknown }): Promise<Outcome> {
    const { policy, task, onRetry } = this.#settings;
    for (let attempt = 1; ; attempt++) {
      const made = attempt === 1 && failed ? failed : await this.#attempt(input, attempt);
      if ("result" in made) return { ok: true, result: made.result };
      const { error } = made;
      this.throwIfOfTask(error);
      const verdict = verdictOn(policy.retry, { error, attempt, now: Date.now(), random: Math.random() });
      if (!verdict.again) return { ok: false, error, attempts: attempt };
      onRetry();
      task.log.debug(`"${task.processor}" tries a value again`, { run: task.run, attempt: attempt + 1, error });
      await waitOrAborted(verdict.afterMs, task.signal);
    }
  }

  /** @throws an error that is not about a value, but ends the task. */
  throwIfOfTask(error: unknown): void {
    throwIfOfTask(error, this.#settings.task);
    if (this.#settings.policy.fatal(error)) throw error;
  }

  async #attempt(input: unknown, attempt: number): Promise<{ result: unknown } | { error: unknown }> {
    try {
      return { result: await this.call(input, attempt) };
    } catch (error) {
      return { error };
    }
  }

  #settled(result: unknown): unknown {
    if (isPromise(result) || isAsyncIterable(result) || isIterable(result)) return this.#collect(result);
    if (result !== undefined) this.#settings.validate(result);
    return result;
  }

  async #collect(result: unknown): Promise<unknown> {
    const { validate, task } = this.#settings;
    const value = await result;
    if (!isAsyncIterable(value) && !isIterable(value)) {
      if (value !== undefined) validate(value);
      return value;
    }
    const emissions: unknown[] = [];
    for await (const emission of value) {
      task.signal.throwIfAborted();
      validate(emission);
      emissions.push(emission);
    }
    return emissions;
  }
}

/** @throws an error that trying again does not help: the task itself is over, or an input that has failed. */
export function throwIfOfTask(error: unknown, { signal, run }: Pick<TaskContext, "signal" | "run">): void {
  if (signal.aborted) throw signal.reason;
  for (let e = error, depth = 0; e instanceof Error && depth < 16; e = e.cause, depth++) {
    const ends = e instanceof FencedError || e instanceof RunLostError || e instanceof TrimmedError;
    if (ends || (e instanceof StreamFailedError && e.failure.run === run)) throw error;
  }
}

/** @throws the signal's reason as soon as it is aborted. */
export async function waitOrAborted(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw signal.reason;
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
