import { MAX_TIMER_MS, timerUntil } from "../timers.ts";

/** One timer for the earliest of several moments. It does not keep the process alive. */
export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings in so many milliseconds, unless it is set to an earlier moment. */
  set(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.#at) return;
    this.#at = at;
    this.#wait();
  }

  /** It is never set again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#at = Number.NEGATIVE_INFINITY;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const left = this.#at - performance.now();
    this.#timer = setTimeout(() => {
      // A timer cannot wait for longer than it can: it would fire at once.
      if (left > MAX_TIMER_MS) return this.#wait();
      this.#at = Number.POSITIVE_INFINITY;
      this.#ring();
    }, timerUntil(this.#at)).unref();
  }
}
