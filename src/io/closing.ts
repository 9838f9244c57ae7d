/**
 * A generator that is left at once. A plain async generator does nothing about what it holds when it is left before its
 * first value, and leaves only when the value comes that it waits for; this one closes what it reads first, which ends
 * the wait.
 */
export class ClosingGenerator<T> implements AsyncGenerator<T, void, undefined> {
  readonly #values: AsyncGenerator<T, void, undefined>;
  readonly #close: () => void;

  /** @param close frees what `values` reads, so that it comes to an end. Safe at any time, also twice. */
  constructor(values: AsyncGenerator<T, void, undefined>, close: () => void) {
    this.#values = values;
    this.#close = close;
  }

  next(): Promise<IteratorResult<T, void>> {
    return this.#values.next();
  }

  return(): Promise<IteratorResult<T, void>> {
    this.#close();
    return this.#values.return();
  }

  throw(error: unknown): Promise<IteratorResult<T, void>> {
    this.#close();
    return this.#values.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
