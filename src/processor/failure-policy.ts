import { DeclarationError } from "../errors.ts";
import { MAX_TIMER_MS } from "../timers.ts";
import { type NonRetryable, ONCE, predicateOf, type RetryOptions, type RetryPolicy, retryPolicy } from "./retry.ts";

/** What happens to a value (or a list of them) whose handling fails. */
export interface FailureOptions {
  /**
   * Try again. What an attempt emits is held until it has succeeded, so that nothing is emitted twice. Default: once is
   * all.
   */
  readonly retry?: RetryOptions;
  /**
   * Where a value goes that has failed for good. Default: nowhere, its run fails. With `continue` it is set aside in the
   * dead letters and the run goes on without it; with `stop` it is set aside and the run fails. Values that cannot be
   * decoded, or that the input's schema refuses, are set aside without an attempt, and on workers one that five processes have
   * died of without another one.
   */
  readonly deadLetter?: "continue" | "stop";
  /**
   * Errors that are no value's fault: a database that is away, say, refuses every value. They fail the run at once: nothing
   * is tried again or set aside. Classes, names, or a predicate. Default: none.
   */
  readonly fatal?: NonRetryable;
  /**
   * How long one call may take, in milliseconds: then its `signal` fires and it fails with a `TimeoutError`. What a call
   * that does not listen to its signal still does is not waited for. Default: as long as it likes.
   */
  readonly timeoutMs?: number;
}

/** The same with its defaults, for handlers of values that declare any of it. */
export interface FailurePolicy {
  readonly retry: RetryPolicy;
  readonly deadLetter: "continue" | "stop" | undefined;
  readonly timeoutMs: number | undefined;
  readonly fatal: (error: unknown) => boolean;
}

/** `undefined` where nothing is declared. @param of whose options they are, for messages. @throws DeclarationError. */
export function failurePolicy(
  { retry, deadLetter, timeoutMs, fatal = [] }: FailureOptions,
  of: string,
): FailurePolicy | undefined {
  // Without any of these there is nothing that an error could be spared.
  if (retry === undefined && deadLetter === undefined && timeoutMs === undefined) return undefined;
  if (deadLetter !== undefined && deadLetter !== "continue" && deadLetter !== "stop") {
    throw new DeclarationError(`${of}: deadLetter must be "continue" or "stop", found ${JSON.stringify(deadLetter)}.`);
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= MAX_TIMER_MS)) {
    throw new DeclarationError(
      `${of}: timeoutMs must be more than 0 and at most ${MAX_TIMER_MS} milliseconds, found ${timeoutMs}.`,
    );
  }
  return { retry: retry === undefined ? ONCE : retryPolicy(retry, of), deadLetter, timeoutMs, fatal: predicateOf(fatal) };
}
