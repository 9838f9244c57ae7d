import { CancelledError, FencedError, TrimmedError } from "../../errors.ts";
import { type ConsumerKey, Consumers, type Cursor, type Position } from "../flow-control.ts";
import type { Place } from "../place.ts";
import { estimateBytes, totalBytes } from "../size.ts";
import type { StreamEnd, StreamRecord } from "../store.ts";

/**
 * Values that follow one another, and where they begin. The last chunk of a stream grows until it is sealed. One that was
 * let go of has no `next`.
 */
export interface MemoryChunk {
  readonly start: Position;
  values: readonly unknown[];
  bytes: number;
  sealed: boolean;
  next: MemoryChunk | undefined;
}

/**
 * One stream in memory: a linked list of chunks. Readers hold their own place in the list; what every consumer has passed
 * is cut off at its head.
 */
export class MemoryStream {
  readonly record: StreamRecord;
  readonly consumers: Consumers;
  readonly top: Position = { values: 0, bytes: 0 };
  floor = 0;
  end: StreamEnd | undefined;
  /** The writer that may write: a claim's token, "" for a supplied input, nobody before a task is claimed. */
  owner: string | undefined;
  head: MemoryChunk;
  #tail: MemoryChunk;
  /** Of each task that may read this again: up to where it is done for good. Values above are kept. */
  readonly done: Map<number, number> | undefined;
  /** How far the input is that it follows. */
  place: Place | undefined;
  /** Of all values, where they may have to be made again; kept by the writers of handlers that follow no input. */
  checksum = 0;
  /** Readers that wait for values and writers that wait for room. */
  readonly #readers = new Set<() => void>();
  readonly #writers = new Set<() => void>();
  #unannounced = 0;
  #announcing = false;

  /** @param restart the tasks that may read it again. */
  constructor(record: StreamRecord, restart: readonly number[] = []) {
    this.record = record;
    this.done = restart.length > 0 ? new Map(restart.map((task) => [task, 0])) : undefined;
    this.consumers = new Consumers(record);
    this.owner = record.producer === undefined ? "" : undefined;
    this.head = this.#tail = { start: { values: 0, bytes: 0 }, values: [], bytes: 0, sealed: false, next: undefined };
  }

  append(value: unknown): void {
    const bytes = estimateBytes(value);
    let tail = this.#tail;
    if (tail.sealed || tail.values.length >= CHUNK_VALUES) tail = this.#addChunk([]);
    (tail.values as unknown[]).push(value);
    tail.bytes += bytes;
    this.top.values++;
    this.top.bytes += bytes;
    this.#announce(1);
  }

  appendMany(values: readonly unknown[], bytes = totalBytes(values)): void {
    if (values.length < FEW_VALUES) {
      // A chunk of their own would cost more than copying them.
      for (let i = 0; i < values.length; i++) this.append(values[i]);
      return;
    }
    const chunk = this.#tail.sealed || this.#tail.values.length > 0 ? this.#addChunk(values) : this.#tail;
    chunk.values = values;
    chunk.bytes = bytes;
    chunk.sealed = true;
    this.top.values += values.length;
    this.top.bytes += bytes;
    this.#announce(values.length);
  }

  /** Values from an index up to another one, which are here. @throws TrimmedError. */
  read(from: number, until: number): readonly unknown[] {
    if (from < this.floor) throw this.trimmedError(from);
    const found: unknown[] = [];
    for (let chunk: MemoryChunk | undefined = this.head; chunk && chunk.start.values < until; chunk = chunk.next) {
      const { values, start } = chunk;
      if (start.values + values.length <= from) continue;
      found.push(...values.slice(Math.max(0, from - start.values), until - start.values));
    }
    return found;
  }

  /** How many bytes the values up to a position have. */
  bytesAt(position: number): number {
    if (position >= this.top.values) return this.top.bytes;
    let chunk = this.head;
    while (chunk.next && chunk.next.start.values <= position) chunk = chunk.next;
    const { start, values, bytes } = chunk;
    return start.bytes + Math.round((bytes * (position - start.values)) / Math.max(values.length, 1));
  }

  finish(end: StreamEnd): void {
    if (this.end) return;
    this.end = end;
    this.#tail.sealed = true;
    if (end.state === "cancelled") this.#dropAll();
    this.#wakeReaders();
    this.wakeWriters();
  }

  /** Whether nothing can follow this chunk but what is written from now on. */
  isLast(chunk: MemoryChunk): boolean {
    return chunk === this.#tail;
  }

  /** Keeps a chunk from growing under a reader that took it whole. */
  seal(chunk: MemoryChunk): void {
    chunk.sealed = true;
  }

  /** A cursor has moved: trim what nobody needs and give the writer room. */
  passed(): void {
    this.#trim();
    this.#giveRoom();
  }

  attach(consumer: ConsumerKey): Cursor {
    const cursor = this.consumers.attach(consumer);
    // A consumer that was waited for because it had not started may leave room now.
    this.#giveRoom();
    return cursor;
  }

  detach(cursor: Cursor): void {
    this.consumers.detach(cursor);
    this.passed();
  }

  release(consumer: number): void {
    this.consumers.release(consumer);
    this.done?.delete(consumer);
    this.passed();
  }

  whenReadable(wake: () => void): void {
    this.#readers.add(wake);
  }

  /** Undoes `whenReadable`. */
  forget(wake: () => void): void {
    this.#readers.delete(wake);
  }

  whenWritable(wake: () => void): void {
    this.#writers.add(wake);
  }

  wakeWriters(): void {
    for (const wake of this.#writers) {
      this.#writers.delete(wake);
      wake();
    }
  }

  /** Throws what keeps a writer with this token from going on. */
  checkOwner(token: string): void {
    if (this.end?.state === "cancelled") throw new CancelledError(this.end.reason);
    if (token !== this.owner) throw new FencedError(`Stream "${this.record.name}"`);
  }

  /** Throws what keeps a writer with this token from writing. */
  checkWritable(token: string): void {
    this.checkOwner(token);
    if (this.end) throw new FencedError(`Stream "${this.record.name}" has ended and`);
  }

  trimmedError(position: number): TrimmedError {
    return new TrimmedError(this.record.name, position, this.floor);
  }

  #giveRoom(): void {
    if (this.#writers.size > 0 && !this.consumers.full(this.top)) this.wakeWriters();
  }

  #addChunk(values: readonly unknown[]): MemoryChunk {
    const chunk: MemoryChunk = { start: { ...this.top }, values, bytes: 0, sealed: false, next: undefined };
    this.#tail.sealed = true;
    this.#tail.next = chunk;
    this.#tail = chunk;
    return chunk;
  }

  /** Wakes readers in bulk: per value would make every stage of a flow run once per value. */
  #announce(count: number): void {
    if (this.#readers.size === 0) return;
    this.#unannounced += count;
    if (this.#unannounced >= WAKE_VALUES) {
      this.#wakeReaders();
    } else if (!this.#announcing) {
      this.#announcing = true;
      setImmediate(() => {
        this.#announcing = false;
        this.#wakeReaders();
      });
    }
  }

  #wakeReaders(): void {
    this.#unannounced = 0;
    for (const wake of this.#readers) {
      this.#readers.delete(wake);
      wake();
    }
  }

  #trim(): void {
    const floor = Math.min(this.consumers.floor(this.top.values), ...(this.done?.values() ?? []));
    if (floor <= this.floor) return;
    this.floor = floor;
    while (this.head !== this.#tail && this.head.start.values + this.head.values.length <= floor) this.#dropHead();
    // The last chunk has no successor to move to: give it an empty one.
    if (this.head.values.length > 0 && floor >= this.top.values && this.head === this.#tail) {
      this.#addChunk([]);
      this.#dropHead();
    }
  }

  #dropAll(): void {
    this.#addChunk([]);
    while (this.head !== this.#tail) this.#dropHead();
    this.floor = this.top.values;
  }

  /**
   * Lets go of the first chunk, and cuts it off: a dead chunk in the old generation would keep all that came after it
   * alive, dead as well, until the next full collection.
   */
  #dropHead(): void {
    const dropped = this.head;
    this.head = dropped.next ?? this.#tail;
    dropped.next = undefined;
  }
}

const CHUNK_VALUES = 256;
const FEW_VALUES = 32;
const WAKE_VALUES = 64;
