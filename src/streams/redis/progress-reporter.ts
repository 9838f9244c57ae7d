import type { Cursor, Position } from "../flow-control.ts";
import { REPORT_EVERY, type RedisStream } from "./redis-stream.ts";

/**
 * Sends how far a consumer is: a position, or `x` when it needs the stream no more. What is sent again later must still be
 * `wanted` then: said after its release, a position would hold the writer for ever.
 */
export type SendProgress = (stream: RedisStream, field: string, at: Position | "x", wanted: () => boolean) => Promise<void>;

/**
 * Reports how far one consumer of this process is in one stream: often enough for writers elsewhere to go on and for
 * the store to be trimmed, never once per value, and one report at a time.
 */
export class ProgressReporter {
  readonly #stream: RedisStream;
  readonly #field: string;
  readonly #send: SendProgress;
  readonly #cursors = new Set<Cursor>();
  #reported: Position = { values: -1, bytes: 0 };
  #sending = false;
  #released = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: RedisStream, field: string, send: SendProgress) {
    this.#stream = stream;
    this.#field = field;
    this.#send = send;
  }

  add(cursor: Cursor): void {
    this.#cursors.add(cursor);
    this.#released = false;
    this.#stopped = false;
    // Nobody expects an outside reader: until the server knows of it, what others have passed is dropped in front of it.
    const mustBeKnown = cursor.consumer === "caller" && this.#stream.record.bounds.retain === "unread";
    if (mustBeKnown && this.#cursors.size === 1) this.#report();
    else this.moved();
  }

  moved(): void {
    const at = this.#position();
    if (!at) return;
    const { highWaterValues, highWaterBytes } = this.#stream.record.bounds;
    const { values, bytes } = this.#reported;
    const far = at.values - values >= highWaterValues * REPORT_EVERY || at.bytes - bytes >= highWaterBytes * REPORT_EVERY;
    if (far) this.#report();
    else this.#later();
  }

  remove(cursor: Cursor): void {
    if (!this.#cursors.delete(cursor)) return;
    if (this.#cursors.size > 0) this.moved();
    // Mostly the task that read it settles next, which releases its inputs anyway.
    else this.#later();
  }

  /** Says again what was said, so that it does not lapse. */
  refresh(): void {
    if (this.#cursors.size > 0) this.#report();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#cursors.clear();
    this.#released = true;
    this.#stopped = true;
  }

  /** The slowest of this consumer's readers. */
  #position(): Position | undefined {
    let lowest: Position | undefined;
    for (const cursor of this.#cursors) if (!lowest || cursor.values < lowest.values) lowest = cursor;
    return lowest && { values: lowest.values, bytes: lowest.bytes };
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#report();
    }, IDLE_MS).unref();
  }

  #report(): void {
    if (this.#sending || this.#released) return;
    const at = this.#position();
    if (at && at.values === this.#reported.values && this.#timer) return;
    this.#sending = true;
    this.#released = at === undefined;
    if (at) this.#reported = at;
    this.#send(this.#stream, this.#field, at ?? "x", () => !this.#stopped)
      // A store that cannot be reached shows in what reads and writes; a report that is missing is repeated with the next.
      .catch(() => undefined)
      .finally(() => {
        this.#sending = false;
        const now = this.#position();
        if (!now ? !this.#released : now.values > this.#reported.values) this.#later();
      });
  }
}

const IDLE_MS = 40;
