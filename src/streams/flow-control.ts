/**
 * Who reads a stream, how far they are, and what follows from it: what may be trimmed and whether the writer must wait.
 * Pure bookkeeping, shared by every store.
 */
import type { StreamRecord } from "./store.ts";

/** A consumer of a stream: a task of the run by its index, or somebody outside. */
export type ConsumerKey = number | "caller";

/** How far somebody is in a stream. */
export interface Position {
  values: number;
  bytes: number;
}

/** One open reader's position; only its reader moves it. */
export interface Cursor extends Position {
  readonly consumer: ConsumerKey;
}

/** Why a writer must wait. */
export interface Blocker {
  readonly consumer: ConsumerKey;
  /** `behind`: it reads, and is too far behind. `unstarted`: it has not started, and the backlog is at its limit. */
  readonly why: "behind" | "unstarted";
}

export class Consumers {
  readonly #record: StreamRecord;
  /** Open cursors of each consumer; `undefined` before its first and, with `#released`, after its last. */
  readonly #cursors = new Map<ConsumerKey, Set<Cursor>>();
  readonly #released = new Set<ConsumerKey>();
  readonly #expected: readonly ConsumerKey[];
  /** Doubled when bounds alone would deadlock the run. */
  #scale = 1;
  /** Up to here a writer has room, whatever happens: cursors only move on, and all else that counts resets this. */
  #room: Position = { values: 0, bytes: 0 };

  constructor(record: StreamRecord) {
    this.#record = record;
    this.#expected = record.output ? [...record.consumers, "caller"] : record.consumers;
  }

  attach(consumer: ConsumerKey): Cursor {
    const cursor: Cursor = { consumer, values: 0, bytes: 0 };
    const open = this.#cursors.get(consumer);
    if (open) open.add(cursor);
    else this.#cursors.set(consumer, new Set([cursor]));
    this.#released.delete(consumer);
    this.recheck();
    return cursor;
  }

  detach(cursor: Cursor): void {
    const open = this.#cursors.get(cursor.consumer);
    if (!open?.delete(cursor) || open.size > 0) return;
    this.#cursors.delete(cursor.consumer);
    this.#released.add(cursor.consumer);
  }

  /** A consumer that needs this stream no more, whether it read it or not. */
  release(consumer: ConsumerKey): void {
    this.#cursors.delete(consumer);
    this.#released.add(consumer);
  }

  /** Whether a consumer has not started to read yet. */
  get hasUnstarted(): boolean {
    return this.#expected.some((consumer) => this.#unstarted(consumer));
  }

  /** Values up to here are needed by nobody. `retain` in place of the stream's own. */
  floor(top: number, retain = this.#record.bounds.retain): number {
    if (retain === "all") return 0;
    let floor = top;
    for (const consumer of this.#expected) {
      const at = this.position(consumer);
      if (at !== undefined && at < floor) floor = at;
    }
    for (const open of this.#cursors.values()) for (const cursor of open) if (cursor.values < floor) floor = cursor.values;
    return floor;
  }

  /** Values that the slowest consumer has not passed. */
  backlog(top: number): number {
    let lowest = top;
    for (const consumer of this.#expected) {
      const at = this.position(consumer);
      if (at !== undefined && at < lowest) lowest = at;
    }
    return top - lowest;
  }

  /** Cursors have moved back, or anything else has happened that may take room from a writer. */
  recheck(): void {
    this.#room = { values: 0, bytes: 0 };
  }

  /** Whether a writer at `top` must wait; the quick form of `blockers(top).length > 0`, asked after every value. */
  full(top: Position): boolean {
    if (top.values < this.#room.values && top.bytes < this.#room.bytes) return false;
    this.#room = this.#roomNow();
    return top.values >= this.#room.values || top.bytes >= this.#room.bytes;
  }

  /** How many more values a writer at `top` may write, if they are of the size of those before; 0 when it must wait. */
  credit(top: Position): number {
    if (this.full(top)) return 0;
    const meanBytes = top.values === 0 ? 1 : Math.max(top.bytes / top.values, 1);
    return Math.ceil(Math.min(this.#room.values - top.values, (this.#room.bytes - top.bytes) / meanBytes));
  }

  /** How far a writer may go before it must wait. */
  #roomNow(): Position {
    const { highWaterValues, highWaterBytes, maxBacklogBytes } = this.#record.bounds;
    const room = { values: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
    for (const open of this.#cursors.values()) {
      for (const cursor of open) {
        room.values = Math.min(room.values, cursor.values + highWaterValues * this.#scale);
        room.bytes = Math.min(room.bytes, cursor.bytes + highWaterBytes * this.#scale);
      }
    }
    if (this.hasUnstarted) room.bytes = Math.min(room.bytes, maxBacklogBytes * this.#scale);
    return room;
  }

  /** For whom a writer at `top` must wait. */
  blockers(top: Position): Blocker[] {
    const { highWaterValues, highWaterBytes, maxBacklogBytes } = this.#record.bounds;
    const found: Blocker[] = [];
    for (const [consumer, open] of this.#cursors) {
      for (const cursor of open) {
        const values = top.values - cursor.values;
        const bytes = top.bytes - cursor.bytes;
        if (values < highWaterValues * this.#scale && bytes < highWaterBytes * this.#scale) continue;
        found.push({ consumer, why: "behind" });
        break;
      }
    }
    if (top.bytes < maxBacklogBytes * this.#scale) return found;
    for (const consumer of this.#expected) if (this.#unstarted(consumer)) found.push({ consumer, why: "unstarted" });
    return found;
  }

  /** How large the bound in values is now. */
  get bound(): number {
    return this.#record.bounds.highWaterValues * this.#scale;
  }

  /** Doubles the bounds (Parks' scheduling: when bounds alone block a run, grow the smallest full buffer). */
  grow(): void {
    this.#scale *= 2;
  }

  #unstarted(consumer: ConsumerKey): boolean {
    return !this.#cursors.has(consumer) && !this.#released.has(consumer);
  }

  /** Where a consumer is: its slowest cursor, 0 before it starts, `undefined` once it needs nothing more. */
  position(consumer: ConsumerKey): number | undefined {
    const open = this.#cursors.get(consumer);
    if (!open) return this.#released.has(consumer) ? undefined : 0;
    let lowest = Number.POSITIVE_INFINITY;
    for (const cursor of open) if (cursor.values < lowest) lowest = cursor.values;
    return lowest;
  }
}
