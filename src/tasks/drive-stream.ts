import { Checkpoint } from "../processor/checkpoint.ts";
import { AbortFlag } from "./abort-flag.ts";
import type { Emitter } from "./emitter.ts";
import { Pace } from "./pace.ts";
import { isAsyncIterable, isIterable } from "./results.ts";

/** What driving a plain handler works with. */
export interface StreamDrive {
  readonly emitter: Emitter;
  readonly signal: AbortSignal;
  /** Saves a checkpoint, with all that was emitted before it. */
  readonly save: (checkpoint: Checkpoint) => Promise<void>;
}

/** Performs a plain handler: writes what its generator yields, or the one emission it returns. */
export async function driveStream(result: unknown, drive: StreamDrive): Promise<void> {
  const { emitter } = drive;
  if (isAsyncIterable(result)) {
    await drain(result[Symbol.asyncIterator](), drive);
  } else if (isIterable(result)) {
    await drain(result[Symbol.iterator](), drive);
  } else {
    const emission = await result;
    if (emission !== undefined) emitter.emit(emission);
  }
}

async function drain(
  generator: Iterator<unknown> | AsyncIterator<unknown>,
  { emitter, signal, save }: StreamDrive,
): Promise<void> {
  const pace = new Pace();
  const aborted = new AbortFlag(signal);
  let ended = false;
  try {
    for (;;) {
      const next = generator.next();
      // Awaiting what a plain generator answers at once would cost more than its values.
      const result = "then" in next ? await next : next;
      if (result.done) {
        ended = true;
        emitter.refuseReturned(result.value);
        return;
      }
      if (aborted.raised) throw signal.reason;
      if (result.value instanceof Checkpoint) {
        await save(result.value);
        continue;
      }
      emitter.emit(result.value);
      if (emitter.full) await emitter.room();
      else if (pace.due) await pace.yield();
    }
  } catch (error) {
    // A generator that threw has ended; one whose emission was refused still holds what it opened.
    if (!ended) await Promise.resolve(generator.return?.()).catch(() => undefined);
    throw error;
  }
}
