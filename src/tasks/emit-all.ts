import type { Emitter } from "./emitter.ts";
import { isAsyncIterable, isIterable } from "./results.ts";

/** What of an emitter takes the emissions of one call. */
export type Emits = Pick<Emitter, "emit" | "refuseReturned" | "full" | "room">;

/**
 * Writes whatever a handler returned for one value: nothing, one emission, or any number of them.
 *
 * @throws HandlerError also for what a generator returns at its end: only what it yields is emitted.
 */
export async function emitAll(result: unknown, emitter: Emits): Promise<void> {
  if (result === undefined) return;
  if (isAsyncIterable(result)) await emitEach(result[Symbol.asyncIterator](), emitter);
  else if (isIterable(result)) await emitEach(result[Symbol.iterator](), emitter);
  else emitter.emit(result);
}

async function emitEach(iterator: Iterator<unknown> | AsyncIterator<unknown>, emitter: Emits): Promise<void> {
  /** Whether it may hold what it opened. One that throws has ended. */
  let isOpen = false;
  try {
    for (;;) {
      const next = iterator.next();
      const { done, value } = "then" in next ? await next : next;
      if (done) {
        emitter.refuseReturned(value);
        return;
      }
      isOpen = true;
      emitter.emit(value);
      if (emitter.full) await emitter.room();
      isOpen = false;
    }
  } finally {
    // What went wrong with an emission is what counts.
    if (isOpen) await Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
