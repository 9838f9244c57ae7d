import { setTimeout as sleep } from "node:timers/promises";
import { DeclarationError } from "datagraph";

/** How time passes; another one in tests. */
export interface Clock {
  /** In milliseconds, from any moment. It never goes back. */
  now(): number;
  /** @throws what the signal is aborted with, at once. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wait: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
};

/** Permits that grow at a steady rate, up to a number that may be taken at once. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /**
   * @param burst how many may be taken at once after a pause.
   * @param now in milliseconds, as in every other call.
   * @throws DeclarationError when a number is out of range.
   */
  constructor(perSecond: number, burst: number, now: number) {
    if (!(perSecond > 0 && perSecond < Number.POSITIVE_INFINITY)) {
      throw new DeclarationError(`A rate limit's perSecond is a number above 0, found ${perSecond}.`);
    }
    if (!(burst >= 1)) throw new DeclarationError(`A rate limit's burst is a number from 1, found ${burst}.`);
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes a permit, if need be one of the future, and gives how many milliseconds there are until then. */
  take(now: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = Math.max(this.#at, now);
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs;
  }
}
