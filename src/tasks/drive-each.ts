import type { Following, ListBounds, StreamReader } from "../streams/store.ts";
import { MAX_TIMER_MS } from "../timers.ts";
import { AbortFlag } from "./abort-flag.ts";
import { Done } from "./done.ts";
import { emitAll } from "./emit-all.ts";
import type { Emitter } from "./emitter.ts";
import { Lanes } from "./lanes.ts";
import { Pace } from "./pace.ts";
import { isAsyncIterable, isIterable, isPromise } from "./results.ts";

/** Handles one value (or one batch of them). */
export type Call = (value: unknown) => unknown;

export interface EachSettings {
  readonly concurrency: number;
  readonly ordered: boolean;
}

/** What driving a handler of values works with. */
export interface Drive {
  readonly reader: StreamReader;
  readonly call: Call;
  readonly emitter: Emitter;
  readonly signal: AbortSignal;
  /** Set in durable runs: is told how far the input is. Results are handed on in order then, whatever the settings say. */
  readonly following?: Following;
  /** How many of the input's values come before the first. Default: as many as are done. */
  readonly from?: number;
  /** Told of calls that go on after the drive has failed. */
  readonly onLeft: (settled: Promise<void>) => void;
  /** Told how to find out whether a call is under way. */
  readonly onBegin: (isBusy: () => boolean) => void;
}

/**
 * Performs a handler of single values. Handlers that answer at once are called in a plain loop, without a promise per
 * value; the others overlap up to `concurrency`.
 */
export async function driveEach(drive: Drive, settings: EachSettings): Promise<void> {
  const { reader, call, emitter, signal, following } = drive;
  const done = following && new Done(following, drive.from);
  const lanes = lanesOf(drive, settings, async (result) => {
    await emitAll(result, emitter);
    done?.add();
    done?.tell();
  });
  const pace = new Pace();
  const aborted = new AbortFlag(signal);
  try {
    while (await reader.wait()) {
      for (let values = reader.take(VALUES_AT_ONCE); values; values = reader.take(VALUES_AT_ONCE)) {
        for (let i = 0; i < values.length; i++) {
          const result = call(values[i]);
          let isDue = pace.due;
          if (lanes.idle && isEmissionOrNothing(result)) {
            if (result !== undefined) isDue = emitter.gather(result) || isDue;
            if (done) isDue = done.add() || isDue;
          } else {
            handOver(emitter, done);
            await lanes.add(result);
            isDue = true;
          }
          if (isDue) await letGo(emitter, pace, done);
          if (aborted.raised) throw signal.reason;
        }
        await letGo(emitter, pace, done);
      }
    }
    await lanes.drain();
  } catch (error) {
    // Another attempt need not do again what is done. Whether it could be handed over is not what went wrong.
    if (done && signal.aborted) handOverIfPossible(emitter, done);
    throw error;
  } finally {
    aborted.close();
    reader.close();
    if (!lanes.idle) drive.onLeft(lanes.settled());
  }
}

/** Performs a handler of lists: as {@link driveEach}, with lists of up to `maxSize` values collected for `maxWaitMs` at most. */
export async function driveBatch(drive: Drive, settings: EachSettings & BatchSize): Promise<void> {
  const { reader, call, emitter, signal, following } = drive;
  let taken = drive.from ?? following?.from ?? 0;
  /** Where the lists end that are handled now. */
  const ends: number[] = [];
  const lanes = lanesOf(drive, settings, async (result) => {
    const end = ends.shift() ?? taken;
    following?.emits(end);
    await emitAll(result, emitter);
    following?.reached(end);
  });
  const next = () => nextBatch(reader, sizeOf(settings, following?.listFrom(taken), taken));
  try {
    for (let batch = await next(); batch; batch = await next()) {
      taken += batch.length;
      if (following) ends.push(taken);
      await lanes.add(call(batch));
      if (emitter.full) await emitter.room();
      if (signal.aborted) throw signal.reason;
    }
    await lanes.drain();
  } finally {
    reader.close();
    if (!lanes.idle) drive.onLeft(lanes.settled());
  }
}

/** Hands over what was gathered, and waits where others must go on first. */
async function letGo(emitter: Emitter, pace: Pace, done: Done | undefined): Promise<void> {
  handOver(emitter, done);
  if (emitter.full) await emitter.room();
  else if (pace.over) await pace.yield();
}

function handOver(emitter: Emitter, done: Done | undefined): void {
  emitter.handOver();
  done?.tell();
}

function handOverIfPossible(emitter: Emitter, done: Done): void {
  try {
    handOver(emitter, done);
  } catch {
    // The writers say so to whoever flushes them.
  }
}

/** @param handOn writes what a call gave. */
function lanesOf(
  { reader, following, onBegin }: Drive,
  { concurrency, ordered }: EachSettings,
  handOn: (result: unknown) => Promise<void>,
): Lanes {
  const lanes = new Lanes({
    concurrency,
    ordered: ordered || following !== undefined,
    handOn,
    // Whoever waits for the next value learns of it at once.
    onFailure: (error) => reader.close(error),
  });
  onBegin(() => !lanes.idle);
  return lanes;
}

interface BatchSize {
  readonly maxSize: number;
  readonly maxWaitMs: number;
}

/** A list that was handled before, and written in part, must be the same again: its values are all there. */
function sizeOf({ maxSize, maxWaitMs }: BatchSize, bounds: ListBounds | undefined, position: number): BatchSize {
  if (!bounds) return { maxSize, maxWaitMs };
  const size = bounds.until - position;
  return bounds.exact ? { maxSize: size, maxWaitMs: Number.POSITIVE_INFINITY } : { maxSize: Math.min(maxSize, size), maxWaitMs };
}

/** The next list of values: full, or what came until the time was up; `undefined` when the stream has completed. */
async function nextBatch(reader: StreamReader, { maxSize, maxWaitMs }: BatchSize): Promise<readonly unknown[] | undefined> {
  if (!(await reader.wait())) return undefined;
  const first = reader.take(maxSize) ?? [];
  if (first.length >= maxSize) return first;
  const batch = [...first];
  const deadline = performance.now() + maxWaitMs;
  while (batch.length < maxSize) {
    const more = reader.take(maxSize - batch.length);
    if (more) batch.push(...more);
    else if (!(await waitUntil(reader, deadline))) break;
  }
  return batch;
}

/** Waits for more values, but not past the deadline; `false` when there are none by then. */
async function waitUntil(reader: StreamReader, deadline: number): Promise<boolean> {
  const left = deadline - performance.now();
  if (left <= 0) return false;
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<boolean>((resolve) => {
    timer = setTimeout(
      () => {
        resolve(false);
      },
      Math.min(left, MAX_TIMER_MS),
    );
  });
  try {
    return await Promise.race([reader.wait(), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether it needs no waiting. */
function isEmissionOrNothing(result: unknown): boolean {
  return !isPromise(result) && !isAsyncIterable(result) && !isIterable(result);
}

const VALUES_AT_ONCE = 256;
