/** A run that may wait for news. */
export interface CheckedRun {
  readonly ended: boolean;
  /** Whether anything here waits for what only the server can tell. */
  readonly hasWaiting: boolean;
  /** Asks the server. */
  sync(): Promise<void>;
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
  #turn: Iterator<CheckedRun> | undefined;

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
    for (const run of due) if (run.hasWaiting && !run.ended) run.sync().catch(() => undefined);
  }

  #inTurn(): CheckedRun[] {
    const found: CheckedRun[] = [];
    for (let looked = Math.min(IN_TURN, this.#runs.size); looked > 0; looked--) {
      // Runs that come or go meanwhile do not upset it; after the last one comes the first.
      let next = this.#turn?.next();
      if (!next || next.done) {
        this.#turn = this.#runs.values();
        next = this.#turn.next();
      }
      if (!next.done) found.push(next.value);
    }
    return found;
  }
}
