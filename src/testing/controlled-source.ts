/**
 * A source of values that a test controls: it gives what is pushed, when it is pushed. Usable wherever an async iterable
 * is, so also as an input of a flow. One consumer at a time.
 *
 * @example
 * const numbers = new ControlledSource<number>();
 * const run = await supervisor.startFlow(flow, { numbers });
 * numbers.push(1, 2);
 * numbers.end();
 */
export class ControlledSource<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  #outcome: { readonly error?: unknown; readonly failed: boolean } | undefined;
  #wake = new Signal();
  readonly #asked = new Signal();
  readonly #left = new Signal();

  /** Settles when a consumer has asked for its first value. */
  get started(): Promise<void> {
    return this.#asked.fired;
  }

  /** Settles when the consumer needs no more: it has left early, or has seen the end. */
  get left(): Promise<void> {
    return this.#left.fired;
  }

  /** Values that were pushed and not taken yet. */
  get pending(): number {
    return this.#values.length;
  }

  push(...values: readonly T[]): void {
    if (this.#outcome) throw new Error("This source has ended: nothing can be pushed any more.");
    this.#values.push(...values);
    this.#notify();
  }

  /** Completes the source, after the values that were pushed. */
  end(): void {
    this.#outcome ??= { failed: false };
    this.#notify();
  }

  /** Makes the source throw, after the values that were pushed. */
  fail(error: unknown): void {
    this.#outcome ??= { failed: true, error };
    this.#notify();
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.end();
        this.#left.fire();
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    this.#asked.fire();
    for (;;) {
      if (this.#values.length > 0) return { done: false, value: this.#values.shift() as T };
      if (this.#outcome) break;
      await this.#wake.fired;
    }
    this.#left.fire();
    if (!this.#outcome.failed) return { done: true, value: undefined };
    const { error } = this.#outcome;
    this.#outcome = { failed: false };
    throw error;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = new Signal();
    wake.fire();
  }
}

/** Something that happens once. */
class Signal {
  readonly fired: Promise<void>;
  fire: () => void = () => {};

  constructor() {
    this.fired = new Promise((resolve) => {
      this.fire = resolve;
    });
  }
}
