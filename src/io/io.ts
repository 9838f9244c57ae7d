import { DeclarationError, EmptyStreamError } from "../errors.ts";
import type { StreamReader } from "../streams/store.ts";
import { batchesOf, ValueIterator } from "./iterate.ts";
import { merge, type Tagged } from "./merge.ts";
import { type ZipOptions, zip } from "./zip.ts";

/** A reader that may want to know how far those are who use what it gives. */
export interface InputReader extends StreamReader {
  /** Whoever takes several values and hands them on one by one says how many of them it still holds. */
  heldBy?(held: () => number): void;
}

/** Opens readers of one stream. */
export type OpenReader = (options: { readonly from: number; readonly peek: boolean }) => InputReader;

/**
 * A stream as its readers see it: an ordered sequence of values that ends exactly once. Iterate it, or read it with one
 * of its methods; every reader starts at the first value and goes at its own pace, and leaving a loop early frees what
 * it held.
 *
 * All reading throws {@link StreamFailedError} when the stream failed, {@link CancelledError} when it was cancelled and
 * {@link TrimmedError} when its values are no longer kept.
 */
export class IO<T, Name extends string = string> implements AsyncIterable<T> {
  readonly name: Name;
  readonly #open: OpenReader;

  constructor(name: Name, open: OpenReader) {
    this.name = name;
    this.#open = open;
  }

  /**
   * The first value, as soon as it is there. Looks without attaching: it neither throttles the writer nor lets values be
   * dropped, so the stream can be read from its beginning afterwards.
   *
   * @throws EmptyStreamError when the stream completes without a value.
   */
  async first(): Promise<T> {
    const reader = this.#open({ from: 0, peek: true });
    try {
      if (await reader.wait()) {
        const values = reader.take(1);
        if (values) return values[0] as T;
      }
    } finally {
      reader.close();
    }
    throw new EmptyStreamError(this.name);
  }

  /** Every value, in order. `from` skips so many values at the beginning (default 0). */
  stream({ from = 0 }: { from?: number } = {}): AsyncIterableIterator<T> {
    if (!Number.isInteger(from) || from < 0)
      throw new DeclarationError(`stream({ from }) takes a whole number from 0, found ${from}.`);
    return new ValueIterator<T>(this.#open({ from, peek: false }));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.stream();
  }

  /** Lists of the values that are there, each of 1 to `maxSize` values (default 1000). The lists must not be changed. */
  batches({ maxSize = 1000 }: { maxSize?: number } = {}): AsyncGenerator<readonly T[], void, undefined> {
    if (!Number.isInteger(maxSize) || maxSize < 1) {
      throw new DeclarationError(`batches({ maxSize }) takes a whole number from 1, found ${maxSize}.`);
    }
    return batchesOf<T>(this.#open({ from: 0, peek: false }), maxSize);
  }

  /**
   * This stream and others value by value, as tuples; ends with the shortest one.
   *
   * @param args the other streams, then optionally `{ pad: value }` to go on to the end of the longest one with `value`
   *   in place of what is missing, or `{ strict: true }` to throw when the streams are not equally long.
   * @throws UnequalStreamsError with `strict`.
   */
  streamWith<Others extends readonly IO<unknown>[], P = never>(
    ...args: [...others: Others, options: ZipOptions<P>]
  ): AsyncGenerator<[T | P, ...Zipped<Others, P>], void, undefined>;
  streamWith<Others extends readonly IO<unknown>[]>(
    ...others: Others
  ): AsyncGenerator<[T, ...Zipped<Others, never>], void, undefined>;
  streamWith(...args: readonly (IO<unknown> | ZipOptions<unknown>)[]): AsyncGenerator<unknown[], void, undefined> {
    const streams: IO<unknown>[] = [this];
    let options: ZipOptions<unknown> = {};
    for (const arg of args) {
      if (arg instanceof IO) streams.push(arg);
      else options = arg;
    }
    return zip(streams, options);
  }

  /** Values of this stream and others as they arrive, each with the name of its stream. Fair, in order per stream. */
  asAvailable<Others extends readonly IO<unknown>[]>(
    ...others: Others
  ): AsyncGenerator<Tagged<Name, T> | TaggedOf<Others[number]>, void, undefined>;
  asAvailable(...others: readonly IO<unknown>[]): AsyncGenerator<Tagged<string, unknown>, void, undefined> {
    return merge([this, ...others].map((io) => ({ name: io.name, reader: io.#open({ from: 0, peek: false }) })));
  }

  /** All values, once the stream has completed. For streams that fit into memory. */
  async toArray(): Promise<T[]> {
    const all: T[] = [];
    for await (const values of this.batches()) for (const value of values) all.push(value);
    return all;
  }

  /** A web `ReadableStream` of the values; cancelling it frees what it held. */
  toReadableStream(): ReadableStream<T> {
    const iterator = this.stream();
    return new ReadableStream<T>(
      {
        async pull(controller) {
          const { done, value } = await iterator.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          await iterator.return?.();
        },
      },
      // Nothing is read ahead: a checkpoint would take it for handled.
      { highWaterMark: 0 },
    );
  }
}

type ValueOfIO<S> = S extends IO<infer T> ? T : never;
type Zipped<Others extends readonly unknown[], P> = { [I in keyof Others]: ValueOfIO<Others[I]> | P };
type TaggedOf<S> = S extends IO<infer T, infer N> ? Tagged<N, T> : never;
