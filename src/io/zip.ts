import { DatagraphError } from "../errors.ts";
import { ClosingGenerator } from "./closing.ts";

/** @see IO.streamWith */
export type ZipOptions<P> = { readonly pad: P; readonly strict?: never } | { readonly pad?: never; readonly strict?: boolean };

/** `streamWith(…, { strict: true })` over streams that are not equally long. */
export class UnequalStreamsError extends DatagraphError {
  constructor(ended: readonly string[], going: readonly string[], after: number) {
    const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");
    super("UNEQUAL_STREAMS", `Streams are not equally long: ${list(ended)} ended after ${after} values, ${list(going)} went on.`);
  }
}

interface NamedStream extends AsyncIterable<unknown> {
  readonly name: string;
}

/** Reads several streams value by value, as tuples. */
export function zip(streams: readonly NamedStream[], options: ZipOptions<unknown>): AsyncGenerator<unknown[], void, undefined> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const leaving = new AbortController();
  return new ClosingGenerator(zipValues(streams, iterators, options, leaving.signal), () => {
    leaving.abort();
    for (const iterator of iterators) void iterator.return?.();
  });
}

async function* zipValues(
  streams: readonly NamedStream[],
  iterators: readonly AsyncIterator<unknown>[],
  options: ZipOptions<unknown>,
  left: AbortSignal,
): AsyncGenerator<unknown[], void, undefined> {
  const padding = "pad" in options;
  try {
    for (let count = 0; ; count++) {
      const results = await Promise.all(iterators.map((iterator) => iterator.next()));
      if (left.aborted) return;
      const ended = results.filter((result) => result.done).length;
      if (ended === results.length) return;
      if (ended > 0 && options.strict) throw unequal(streams, results, count);
      if (ended > 0 && !padding) return;
      yield results.map((result) => (result.done ? options.pad : result.value));
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.();
  }
}

function unequal(
  streams: readonly NamedStream[],
  results: readonly IteratorResult<unknown>[],
  count: number,
): UnequalStreamsError {
  const named = (done: boolean) => streams.filter((_, i) => (results[i]?.done ?? false) === done).map((stream) => stream.name);
  return new UnequalStreamsError(named(true), named(false), count);
}
