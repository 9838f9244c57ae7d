import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Lets the event loop breathe: a handler that never waits for anything would keep timers, sockets and signals from
 * running. Asking is cheap enough to do for every value.
 */
export class Pace {
  #count = 0;
  #since = performance.now();

  /** Whether this task has had the event loop for long enough. */
  get due(): boolean {
    if ((++this.#count & (CHECK_EVERY - 1)) !== 0) return false;
    return performance.now() - this.#since > SLICE_MS;
  }

  /** Gives others their turn. */
  async yield(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
  }
}

/** A power of two. */
const CHECK_EVERY = 64;
const SLICE_MS = 8;
