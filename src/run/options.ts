import { inspect } from "node:util";
import { DeclarationError } from "../errors.ts";
import type { StreamBounds } from "../streams/store.ts";

/** How much of a stream is kept, and how far its writer may run ahead. Every field has a default. */
export interface StreamOptions {
  /**
   * `unread` drops values once every consumer has streamed past them: the default inside a flow. `all` keeps them for
   * re-reading until the run expires: the default for outputs handed to the caller.
   */
  readonly retain?: "unread" | "all";
  /** How far a writer may be ahead of its slowest attached reader. Default 8192 values, 8 MiB. */
  readonly highWater?: { readonly values?: number; readonly bytes?: number };
  /** How far a writer may be ahead of a consumer that has not started to read, in bytes. Default 128 MiB. */
  readonly maxBacklog?: number;
}

/** Options of `startFlow`. */
export interface StartOptions<Stream extends string = string> {
  /** Names the run: starting the same flow under the same id twice is one run. Default: a random id. */
  readonly id?: string;
  /** `"all"` hands every stream of the flow to the caller, not only those that no processor consumes. */
  readonly outputs?: "unconsumed" | "all";
  /** By stream name. */
  readonly streams?: { readonly [Name in Stream]?: StreamOptions };
  /** For every stream that `streams` does not name. */
  readonly defaults?: StreamOptions;
  /**
   * What happens to the rest of the run when a processor fails: `cancel` (default) stops everything that is not
   * downstream of it; `continue` lets independent branches finish. Downstream always sees the failure itself.
   */
  readonly onError?: "cancel" | "continue";
  /**
   * How long the run may take, in milliseconds of the store's clock: then it fails with a `DeadlineError`, also when the
   * process that has started it is gone. Default: as long as it likes.
   */
  readonly deadlineMs?: number;
  /** How long the run can still be read after it has ended, in milliseconds. Default one hour. */
  readonly keepMs?: number;
}

const DEFAULTS = { values: 8192, bytes: 8 * 1024 * 1024, maxBacklog: 128 * 1024 * 1024 };

/** A stream's bounds, from the most specific option that says something. */
export function boundsOf(
  stream: string,
  output: boolean,
  specific: StreamOptions = {},
  general: StreamOptions = {},
): StreamBounds {
  const of = `Stream "${stream}"`;
  return {
    retain: oneOf(`${of}: retain`, specific.retain ?? general.retain ?? (output ? "all" : "unread"), ["unread", "all"]),
    highWaterValues: amount(
      `${of}: highWater.values`,
      specific.highWater?.values ?? general.highWater?.values ?? DEFAULTS.values,
    ),
    highWaterBytes: amount(`${of}: highWater.bytes`, specific.highWater?.bytes ?? general.highWater?.bytes ?? DEFAULTS.bytes),
    maxBacklogBytes: amount(`${of}: maxBacklog`, specific.maxBacklog ?? general.maxBacklog ?? DEFAULTS.maxBacklog),
  };
}

/** A whole number from 1. "Unbounded" is the largest one: records are stored as JSON, which has no infinity. */
export function amount(option: string, value: number): number {
  if (typeof value !== "number" || !(value > 0))
    throw new DeclarationError(`${option} must be greater than 0, found ${describe(value)}.`);
  return Math.min(Math.ceil(value), Number.MAX_SAFE_INTEGER);
}

/** One of a few words. */
export function oneOf<T extends string>(option: string, value: T, words: readonly T[]): T {
  if (words.includes(value)) return value;
  throw new DeclarationError(`${option} must be ${words.map((word) => `"${word}"`).join(" or ")}, found ${describe(value)}.`);
}

/** A value in a message. */
export function describe(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 40 });
}
