import type { Failure } from "../errors.ts";

/** A value that was set aside because handling it failed for good; it outlives its run. */
export interface DeadLetter {
  /** `task.index@run`: the same value of the same run is set aside once. */
  readonly id: string;
  readonly run: string;
  /** The processor that could not handle it. */
  readonly processor: string;
  /** The input stream it came in, and which of its values it is, 1 for the first. */
  readonly stream: string;
  readonly index: number;
  /** How many values it is: 1, unless its bytes could not be decoded and hold several. */
  readonly count: number;
  /** How often the handler was called with it; 0 when it was refused before. */
  readonly attempts: number;
  /** What went wrong, with its causes. */
  readonly failure: Failure;
  /** When it was set aside, in milliseconds since the epoch: the store's time. */
  readonly at: number;
  /** The name of the codec that made `bytes`. */
  readonly codec: string;
  /** It, as encoded. Absent where it cannot be encoded: a value in memory may be anything. */
  readonly bytes?: Uint8Array;
  /** It, decoded. Absent where it cannot be. */
  readonly value?: unknown;
  /** All the streams of the processor, by name: what it takes to perform it again. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** A value that a task sets aside. */
export interface SetAside {
  /** Which value of the task's input it is, 1 for the first. */
  readonly index: number;
  /** Index of the input in the run's record. */
  readonly stream: number;
  /** The value, as it was read, or what could not be decoded. */
  readonly content: { readonly value: unknown } | { readonly bytes: Uint8Array; readonly count: number };
  readonly attempts: number;
  readonly failure: Failure;
}

/** The dead letters of a store, of all its runs. */
export interface DeadLetterStore {
  /** Those of one run, or of all, in the order of their streams. Those set aside meanwhile may be left out. */
  list(run?: string): AsyncIterable<DeadLetter>;
  get(id: string): Promise<DeadLetter | undefined>;
  /** Forgets one for good; `false` when it is unknown. A run that goes on does not handle its value again. */
  remove(id: string): Promise<boolean>;
}

/** What a task says of the values that it could not handle; part of its claim. */
export interface TaskFailures {
  /**
   * Sets a value aside. Doing so again, also by another attempt, changes nothing.
   *
   * @throws FencedError when the claim is lost; DeadLettersFullError; RunLostError; StoreError.
   */
  setAside(letter: SetAside): Promise<void>;
  /** The values (their `index`) that earlier attempts have set aside: they are done. */
  known(): Promise<ReadonlySet<number>>;
  /** Counts a value that is tried again, for the run's progress. */
  retried(): void;
}

/** How many dead letters are kept of each run, and for how long. Every field has a default. */
export interface DeadLetterLimits {
  /** How long after the last one of the run was set aside, in milliseconds. Default seven days. */
  readonly keepMs?: number;
  /** Default 10,000. A run with more failures fails. */
  readonly maxCount?: number;
  /** Bytes of their values and errors. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** Limits with their defaults. */
export function deadLetterLimits({
  keepMs = 7 * 24 * 60 * 60_000,
  maxCount = 10_000,
  maxBytes = 64 * 1024 * 1024,
}: DeadLetterLimits = {}): Required<DeadLetterLimits> {
  return { keepMs, maxCount, maxBytes };
}

/** Where a dead letter is: everything before the `@` is ours, everything behind it the run's id, which is any text. */
export function deadLetterId(run: string, task: number, index: number): string {
  return `${task}.${index}@${run}`;
}

/** The parts of an id; `undefined` when it is none. */
export function parseDeadLetterId(
  id: string,
): { readonly run: string; readonly task: number; readonly index: number } | undefined {
  const [, task, index, run] = /^(\d+)\.(\d+)@(.+)$/s.exec(id) ?? [];
  return run === undefined ? undefined : { run, task: Number(task), index: Number(index) };
}
