import { DeclarationError, DecodingError, DeterminismError, EncodingError, HandlerError, ValidationError } from "../errors.ts";
import { MAX_TIMER_MS } from "../timers.ts";
import { RetryableError, TerminalError } from "./verbs.ts";

/** How long to wait before trying again. Every field has a default. */
export interface Backoff {
  /** Before the second attempt, in milliseconds. Default 200. */
  readonly initialMs?: number;
  /** Each wait is so many times the one before. Default 2. */
  readonly factor?: number;
  /** No wait is longer, in milliseconds. Default 30 seconds. */
  readonly maxMs?: number;
  /**
   * Which part of each wait is left to chance, so that what failed together does not come back together: 0 none of it,
   * 1 all of it. Default 1 ("full jitter": M. Brooker, Exponential Backoff and Jitter, 2015).
   */
  readonly jitter?: number;
}

/** An error that is not worth another attempt: its class, its name, or whatever says so. */
export type NonRetryable = readonly (string | ErrorClass)[] | ((error: unknown) => boolean);
export type ErrorClass = abstract new (...args: never) => Error;

/** How often a handler is tried that throws. Every field has a default. */
export interface RetryOptions {
  /** How often it is tried, the first time included. Default 3. */
  readonly attempts?: number;
  readonly backoff?: Backoff;
  /**
   * Errors that fail at once: classes (an error of a subclass counts), names, or a predicate. Always among them are
   * `TerminalError`, values that a schema, a codec or the handler's contract refuses, and generators that give other values the
   * second time: those would fail again.
   */
  readonly nonRetryable?: NonRetryable;
}

/** Options with their defaults. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly backoff: Required<Backoff>;
  readonly nonRetryable: (error: unknown) => boolean;
}

/** What is to be done about an attempt that has failed. */
export type Verdict = { readonly again: true; readonly afterMs: number } | { readonly again: false };

/** Never again: for what declares no `retry`. */
export const ONCE: RetryPolicy = {
  attempts: 1,
  backoff: { initialMs: 0, factor: 1, maxMs: 0, jitter: 0 },
  nonRetryable: () => true,
};

/** Checks options and completes them. @param of whose they are, for messages. @throws DeclarationError. */
export function retryPolicy({ attempts = 3, backoff = {}, nonRetryable = [] }: RetryOptions, of: string): RetryPolicy {
  const { initialMs = 200, factor = 2, maxMs = 30_000, jitter = 1 } = backoff;
  const check = (option: string, value: number, fits: boolean, expected: string) => {
    if (!fits) throw new DeclarationError(`${of}: retry.${option} must be ${expected}, found ${value}.`);
  };
  check("attempts", attempts, Number.isInteger(attempts) && attempts >= 1, "a whole number from 1");
  check("backoff.initialMs", initialMs, initialMs >= 0 && initialMs < Infinity, "0 or more milliseconds");
  check("backoff.factor", factor, factor >= 1 && factor < Infinity, "1 or more");
  check("backoff.maxMs", maxMs, maxMs >= 0 && maxMs <= MAX_TIMER_MS, `from 0 to ${MAX_TIMER_MS} milliseconds`);
  check("backoff.jitter", jitter, jitter >= 0 && jitter <= 1, "from 0 to 1");
  return { attempts, backoff: { initialMs, factor, maxMs, jitter }, nonRetryable: predicateOf(nonRetryable) };
}

/**
 * What is to be done now that an attempt has failed.
 *
 * @param attempt the one that failed, 1 for the first. @param now milliseconds since the epoch, for `retryAfter`.
 * @param random from 0 to 1, for the jitter.
 */
export function verdictOn(
  { attempts, backoff, nonRetryable }: RetryPolicy,
  { error, attempt, now, random }: { error: unknown; attempt: number; now: number; random: number },
): Verdict {
  if (attempt >= attempts || neverAgain(error)) return { again: false };
  if (error instanceof RetryableError) return { again: true, afterMs: askedFor(error, now) ?? waitMs(backoff, attempt, random) };
  return nonRetryable(error) ? { again: false } : { again: true, afterMs: waitMs(backoff, attempt, random) };
}

/** The wait after an attempt that failed, 1 for the first. */
function waitMs({ initialMs, factor, maxMs, jitter }: Required<Backoff>, attempt: number, random: number): number {
  const longest = Math.min(initialMs * factor ** (attempt - 1), maxMs);
  return Math.round(longest * (1 - jitter * random));
}

/** What an error asks for itself; only so long as a timer can wait. */
function askedFor({ retryAfter }: RetryableError, now: number): number | undefined {
  const ms = retryAfter instanceof Date ? retryAfter.getTime() - now : retryAfter;
  return ms === undefined || Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_TIMER_MS);
}

function neverAgain(error: unknown): boolean {
  return REFUSALS.some((refusal) => error instanceof refusal);
}

/** Whether an error is one of those that options name. */
export function predicateOf(nonRetryable: NonRetryable): (error: unknown) => boolean {
  if (typeof nonRetryable === "function") return nonRetryable;
  return (error) =>
    nonRetryable.some((each) =>
      typeof each === "string" ? error instanceof Error && error.name === each : error instanceof each,
    );
}

/** What will be refused again, however often it is tried. */
const REFUSALS = [TerminalError, ValidationError, HandlerError, EncodingError, DecodingError, DeclarationError, DeterminismError];
