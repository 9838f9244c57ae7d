/** A run that may wait for news. */
export interface CheckedRun {
  readonly ended: boolean;
  /** Whether anything here waits for what only the server can tell. */
  readonly hasWaiting: boolean;
  /** Asks the server. */
  syncInBackground(): Promise<void>;
}

/** So many runs are asked about at once where all that happens to them should have been heard. */
const IN_TURN = 32;

/**
 * Asks the server about runs in case news of them were lost. News come over a connection, and are lost with it, which is
 * noticed; so where that holds, runs are asked about in turn, a few at a time: what it costs does not grow with them.
 */
export class RunChecks {
  readonly #runs: ReadonlyMap<string, CheckedRun>;
  /** Those that something may have happened to before the server took note that it is to be told here. */
  readonly #unsure = new Set<CheckedRun>();
  /** Whose turn it is, as the place among all. */
  #next = 0;

  /** @param runs those of this process, as they come and go. */
  constructor(runs: ReadonlyMap<string, CheckedRun>) {
    this.#runs = runs;
  }

  /** Has a run asked about next time, whether or not it is its turn. */
  include(run: CheckedRun): void {
    this.#unsure.add(run);
  }

  /** @param hears whether all that is published reaches this process. */
  check(hears: boolean): void {
    const due = hears ? new Set([...this.#unsure, ...this.#inTurn()]) : this.#runs.values();
    this.#unsure.clear();
    for (const run of due) if (run.hasWaiting && !run.ended) run.syncInBackground().catch(() => undefined);
  }

  /** The next few, in the order in which they came; nothing is held of them until the next time, as they may have ended by then. */
  #inTurn(): CheckedRun[] {
    const all = [...this.#runs.values()];
    if (this.#next >= all.length) this.#next = 0;
    const found = all.slice(this.#next, this.#next + IN_TURN);
    this.#next += found.length;
    return found;
  }
}
