import type { StreamReader } from "../streams/store.ts";
import { ClosingGenerator } from "./closing.ts";
import type { InputReader } from "./io.ts";

/** Values one by one, at the reader's pace; leaving the loop early closes the reader. */
export class ValueIterator<T> implements AsyncIterableIterator<T>, AsyncDisposable {
  readonly #reader: StreamReader;
  #values: readonly unknown[] = [];
  #index = 0;
  /** Set while a call waits for values: calls that come meanwhile queue behind it. */
  #pending: Promise<IteratorResult<T>> | undefined;

  constructor(reader: InputReader) {
    this.#reader = reader;
    reader.heldBy?.(() => this.#values.length - this.#index);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#pending) return this.#queue();
    if (this.#index < this.#values.length && !this.#reader.revoked) return this.#nextHeld();
    return this.#nextTaken();
  }

  async return(): Promise<IteratorResult<T>> {
    this.#reader.close();
    this.#values = [];
    this.#index = 0;
    return DONE;
  }

  async throw(error: unknown): Promise<IteratorResult<T>> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #nextHeld(): Promise<IteratorResult<T>> {
    return Promise.resolve({ done: false, value: this.#values[this.#index++] as T });
  }

  #nextTaken(): Promise<IteratorResult<T>> {
    try {
      const values = this.#reader.take(VALUES_AT_ONCE);
      if (values) {
        this.#values = values;
        this.#index = 1;
        return Promise.resolve({ done: false, value: values[0] as T });
      }
    } catch (error) {
      this.#reader.close();
      return Promise.reject(error);
    }
    this.#values = [];
    this.#index = 0;
    return this.#queue(this.#wait());
  }

  async #wait(): Promise<IteratorResult<T>> {
    try {
      while (await this.#reader.wait()) {
        const values = this.#reader.take(VALUES_AT_ONCE);
        if (!values) continue;
        this.#values = values;
        this.#index = 1;
        return { done: false, value: values[0] as T };
      }
    } catch (error) {
      this.#reader.close();
      throw error;
    }
    this.#reader.close();
    return DONE;
  }

  #queue(first?: Promise<IteratorResult<T>>): Promise<IteratorResult<T>> {
    // After an error the iterator is over: it is thrown once, and those who asked meanwhile get the end.
    const next = () => this.#afterPending();
    const result = first ?? (this.#pending as Promise<IteratorResult<T>>).then(next, next);
    const settled = result.finally(() => {
      if (this.#pending === settled) this.#pending = undefined;
    });
    this.#pending = settled;
    return settled;
  }

  #afterPending(): Promise<IteratorResult<T>> {
    if (this.#index < this.#values.length && !this.#reader.revoked) return this.#nextHeld();
    return this.#wait();
  }
}

/** Lists of values as they come, each of at most `maxSize`; leaving the loop early closes the reader. */
export function batchesOf<T>(reader: StreamReader, maxSize: number): AsyncGenerator<readonly T[], void, undefined> {
  return new ClosingGenerator(takeBatches<T>(reader, maxSize), () => reader.close());
}

async function* takeBatches<T>(reader: StreamReader, maxSize: number): AsyncGenerator<readonly T[], void, undefined> {
  try {
    while (await reader.wait()) {
      for (;;) {
        const values = reader.take(maxSize);
        if (!values) break;
        yield values as readonly T[];
      }
    }
  } finally {
    reader.close();
  }
}

/** How many values an iterator takes at once; what it has taken is not passed before it asks for more. */
const VALUES_AT_ONCE = 1024;
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };
