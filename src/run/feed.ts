import { originOf, toFailure } from "../errors.ts";
import { Gatherer } from "../streams/gatherer.ts";
import type { StreamEnd, StreamWriter } from "../streams/store.ts";
import { AbortFlag } from "../tasks/abort-flag.ts";
import type { Check } from "../tasks/check.ts";
import { Pace } from "../tasks/pace.ts";

/** Anything that gives values: a list, a generator, an async generator, a `ReadableStream`. */
export type Source = Iterable<unknown> | AsyncIterable<unknown>;

/**
 * Writes a supplied input as its values arrive, and ends its stream when they do: completed, failed when the source
 * throws or a value is refused, cancelled when `signal` says so.
 */
export async function feed(
  source: Source,
  writer: StreamWriter,
  checks: readonly Check[],
  origin: { readonly run: string; readonly input: string },
  signal: AbortSignal,
): Promise<void> {
  let end: StreamEnd;
  try {
    await pump(source, writer, checks, signal);
    // A value may be refused only when it is sent: that fails the input as well.
    await writer.flush();
    end = { state: "completed" };
  } catch (error) {
    if (signal.aborted) return;
    end = { state: "failed", failure: toFailure(error, origin), error: originOf(error) };
  }
  await writer.end(end);
}

async function pump(source: Source, writer: StreamWriter, checks: readonly Check[], signal: AbortSignal): Promise<void> {
  const pace = new Pace();
  const gatherer = new Gatherer(writer);
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const abortable = new AbortableWait(signal);
  const aborted = new AbortFlag(signal);
  try {
    for (;;) {
      if (aborted.raised) throw signal.reason;
      const next = iterator.next();
      const result = "then" in next ? await abortable.wait(next) : next;
      if (result.done) {
        gatherer.handOver();
        return;
      }
      for (const check of checks) check(result.value);
      if (result !== next) {
        // What had to be waited for goes on at once; what a source gives without a wait goes on together.
        gatherer.handOver();
        writer.write(result.value);
        if (!writer.full && !pace.due) continue;
      } else {
        const isFull = gatherer.add(result.value);
        if (!isFull && !pace.due) continue;
        gatherer.handOver();
      }
      if (writer.full) await abortable.wait(writer.room());
      else if (pace.over) await pace.yield();
    }
  } catch (error) {
    // What came before the failure was accepted.
    if (!aborted.raised) gatherer.handOver();
    // Let the source free what it holds; it may be in the middle of a wait that never ends, so nobody waits for it.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
    throw error;
  }
}

/**
 * Waits for one thing after another, each until the signal aborts. A `Promise.race` against one promise of the abort would
 * keep every value that was ever waited for, for as long as that promise lives.
 */
class AbortableWait {
  readonly #signal: AbortSignal;
  #stop: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#stop?.(), { once: true });
  }

  wait<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#stop = () => reject(this.#signal.reason);
      // It may have aborted between two waits: then nobody calls.
      if (this.#signal.aborted) this.#stop();
      promise.then(resolve, reject);
    });
  }
}
