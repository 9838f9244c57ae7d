import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Lets the event loop breathe: a handler that never waits for anything would keep timers, sockets and signals from
 * running. Asking is cheap enough to do for every value.
 */
export class Pace {
  /** Values until the clock is looked at again: few where each takes long. */
  #left = 1;
  #step = 1;
  #since = performance.now();
  #lookedAt = this.#since;

  /** Whether this task has had the event loop for long enough; to be asked once per value. */
  get due(): boolean {
    return --this.#left === 0 && this.over;
  }

  /** The same, when many values were handled since it was asked last. */
  get over(): boolean {
    const now = performance.now();
    this.#step = now - this.#lookedAt < SLICE_MS / 8 ? Math.min(this.#step * 2, MAX_STEP) : 1;
    this.#left = this.#step;
    this.#lookedAt = now;
    return now - this.#since > SLICE_MS;
  }

  /** Gives others their turn. */
  async yield(): Promise<void> {
    await nextTurn();
    this.#since = this.#lookedAt = performance.now();
  }
}

const MAX_STEP = 64;
const SLICE_MS = 8;
