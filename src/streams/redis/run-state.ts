/** How much of a stream is stored, says the server. */
export interface StreamTop {
  readonly values: number;
  /** Absent where only the values are told. */
  readonly bytes?: number;
  readonly floor?: number;
}

/** What the scripts say of a run, by stream. */
export type StreamTops = ReadonlyMap<number, StreamTop>;

/** A run as the server has it. */
export interface RunState {
  readonly revision: number;
  /** Its envelope; empty where the revision is known. */
  readonly ledger: string;
  readonly tops: StreamTops;
}

/** Reads a script's reply: revision, ledger, then values, bytes and floor of each stream. */
export function runState([revision, ledger = "", ...numbers]: readonly string[]): RunState {
  const tops = new Map<number, StreamTop>();
  for (let i = 0; i * 3 < numbers.length; i++) {
    tops.set(i, { values: Number(numbers[i * 3]), bytes: Number(numbers[i * 3 + 1]), floor: Number(numbers[i * 3 + 2]) });
  }
  return { revision: Number(revision), ledger, tops };
}
