import { pause } from "./inject.ts";

/** How numbers are given. */
export interface NumberedProducerOptions {
  /** How many numbers. Default: until `stop()`. */
  readonly count?: number;
  /** Milliseconds between two numbers. Default 0: as fast as they are taken. */
  readonly pauseMs?: number;
}

/**
 * The numbers from 0 on, as an input of a flow: whatever happens to it, each must come out once. What does come out is
 * for a {@link Verifier} to say.
 */
export class NumberedProducer implements AsyncIterable<number> {
  readonly #count: number;
  readonly #pauseMs: number;
  #given = 0;
  #stopped = false;

  constructor({ count = Number.POSITIVE_INFINITY, pauseMs = 0 }: NumberedProducerOptions = {}) {
    this.#count = count;
    this.#pauseMs = pauseMs;
  }

  /** How many numbers were given so far. */
  get given(): number {
    return this.#given;
  }

  /** Gives no more numbers: the input is complete. */
  stop(): void {
    this.#stopped = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    while (!this.#stopped && this.#given < this.#count) {
      yield this.#given++;
      if (this.#pauseMs > 0) await pause(this.#pauseMs);
    }
  }
}
