import { TrimmedError } from "../../errors.ts";
import { type ConsumerKey, Consumers, type Cursor, type Position } from "../flow-control.ts";
import type { Place } from "../place.ts";
import type { StreamEnd, StreamRecord } from "../store.ts";

/** Encoded values that follow one another. */
export interface EncodedChunk {
  /** Index of its first value, from 0. */
  readonly first: number;
  readonly count: number;
  readonly body: Uint8Array;
  /** Bytes of the stream up to its end. */
  readonly bytesAfter: number;
  /** How far the input is that the stream follows, to be noted together with these values. */
  readonly place?: Place;
  /** Of all values up to its last one, to be noted together with them. */
  readonly checksum?: number;
}

/**
 * What this process knows of one stream: how much is stored, who reads it, and the chunks that this process itself
 * wrote lately. Readers here take those without asking the server for what has just been sent to it.
 */
export class RedisStream {
  readonly index: number;
  readonly record: StreamRecord;
  readonly consumers: Consumers;
  /** Stored, as far as known here. */
  readonly stored: Position = { values: 0, bytes: 0 };
  /** Accepted by the writer of this process, if it is here; else what is stored. */
  readonly top: Position = { values: 0, bytes: 0 };
  floor = 0;
  end: StreamEnd | undefined;
  /** Set while it follows an input: for the script, the field of its task's position, and that task's other outputs. */
  followed: readonly [field: string, others: string] | undefined;
  /** The writer, where it is in this process: then nobody else can add values. */
  writer: object | undefined;
  /** How many values there were when the server last promised to tell of the next ones. */
  toldFrom: number | undefined;
  /** Whether what is read here must be there for others, too, when this process dies. */
  readonly durable: boolean;
  readonly #recent: EncodedChunk[] = [];
  #recentBytes = 0;
  readonly #remote = new Map<string, Cursor>();
  readonly #readers = new Set<() => void>();
  readonly #writers = new Set<() => void>();

  constructor(index: number, record: StreamRecord, durable = true) {
    this.durable = durable;
    this.index = index;
    this.record = record;
    this.consumers = new Consumers(record);
  }

  /** Consumers as the scripts want them: the tasks, comma-separated, and whether outside readers count. */
  get consumerArguments(): [consumers: string, output: string] {
    return [this.record.consumers.join(","), this.record.output ? "1" : "0"];
  }

  /**
   * A chunk written here is on its way. In a run that ends with this process anyway, readers here may have it at once: whatever
   * keeps it from being stored ends them as well.
   */
  sentHere(chunk: EncodedChunk): void {
    if (this.#isSeenOnceStored(chunk)) return;
    this.#remember(chunk);
    this.wakeReaders();
  }

  /** A chunk written here is stored. */
  storedHere(chunk: EncodedChunk): void {
    if (this.#isSeenOnceStored(chunk)) this.#remember(chunk);
    this.#advance(chunk.first + chunk.count, chunk.bytesAfter);
    // Readers here may have passed it before.
    this.passed();
  }

  /**
   * So much is stored, says the server. What is written here is better known from the writer: its chunks are at hand only
   * once each is confirmed, and a reader that was woken before would ask the server for them.
   */
  learn(values: number, bytes?: number): void {
    if (!this.writer) this.#advance(values, bytes);
  }

  /** The same, of a chunk that was just stored, and came along where it is small. @param isToldOn whether the server will tell of the next one. */
  hear(values: number, chunk: EncodedChunk | undefined, isToldOn = false): void {
    if (this.writer) return;
    // Only what follows what is known: readers look for chunks by their order.
    if (chunk?.first === this.stored.values) this.#remember(chunk);
    if (isToldOn) this.toldFrom = values;
    this.#advance(values, chunk?.bytesAfter);
  }

  #advance(values: number, bytes = this.stored.bytes): void {
    const more = values > this.stored.values;
    this.stored.values = Math.max(values, this.stored.values);
    this.stored.bytes = Math.max(bytes, this.stored.bytes);
    if (!more) return;
    if (!this.writer) Object.assign(this.top, this.stored);
    this.wakeReaders();
  }

  finish(end: StreamEnd, values: number): void {
    if (this.end) return;
    this.#advance(values);
    this.end = end;
    if (end.state === "cancelled") this.forgetAll();
    this.wakeReaders();
    this.wakeWriters();
  }

  /** The chunk with the value after `position`, if it was written here lately. */
  recentAt(position: number): EncodedChunk | undefined {
    // Who asks for what was dropped is told so, though a part of it may be at hand.
    if (position < this.floor) return undefined;
    let low = 0;
    let high = this.#recent.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const chunk = this.#recent[middle];
      if (!chunk) return undefined;
      if (position < chunk.first) high = middle - 1;
      else if (position >= chunk.first + chunk.count) low = middle + 1;
      else return chunk;
    }
    return undefined;
  }

  /** Forgets a chunk for good where its bytes have one reader: `true` when they are that reader's own from now on. */
  handOver(chunk: EncodedChunk): boolean {
    const { consumers, output } = this.record;
    const index = consumers.length + (output ? 1 : 0) === 1 ? this.#recent.indexOf(chunk) : -1;
    if (index < 0) return false;
    this.#recentBytes -= chunk.body.length;
    this.#recent.splice(index, 1);
    return true;
  }

  /** Forgets chunks that every reader here has passed; a consumer that has not started may still want them. */
  passed(): void {
    const floor = this.consumers.floor(this.stored.values, "unread");
    for (let oldest = this.#recent[0]; oldest && oldest.first + oldest.count <= floor; oldest = this.#recent[0])
      this.#forgetOldest();
    if (this.#writers.size > 0 && !this.consumers.full(this.top)) this.wakeWriters();
  }

  /** How far consumers in other processes are: field, `values:bytes`, … . One that is no longer named needs no more. */
  applyPositions(found: readonly string[], here: (field: string) => boolean): void {
    const named = new Set<string>();
    for (let i = 0; i + 1 < found.length; i += 2) {
      const field = found[i] ?? "";
      if (here(field)) continue;
      named.add(field);
      const [values = 0, bytes = 0] = (found[i + 1] ?? "").split(":").map(Number);
      const cursor = this.#remote.get(field) ?? this.consumers.attach(field.startsWith("@") ? "caller" : Number(field));
      this.#remote.set(field, Object.assign(cursor, { values, bytes }));
    }
    for (const [field, cursor] of this.#remote) {
      if (named.has(field)) continue;
      this.#remote.delete(field);
      this.consumers.detach(cursor);
    }
    this.consumers.recheck();
    this.passed();
  }

  /** For whom a writer elsewhere waits. A reader here may have passed what it waits for, and not have reported that yet. */
  distantWriterWaitsFor(): ConsumerKey[] {
    const { highWaterValues, highWaterBytes } = this.record.bounds;
    const values = this.stored.values + highWaterValues * REPORT_EVERY;
    const bytes = this.stored.bytes + highWaterBytes * REPORT_EVERY;
    return this.consumers.blockers({ values, bytes }).map(({ consumer }) => consumer);
  }

  /** Whether a consumer may be in another process, so that the server must be asked how far it is. */
  get hasDistantConsumers(): boolean {
    return this.#remote.size > 0 || this.consumers.hasUnstarted;
  }

  /** Whether the server will tell of the next values: its promise is kept once it is known that there are any. */
  get isToldOf(): boolean {
    return this.toldFrom === this.stored.values;
  }

  get hasWaiting(): boolean {
    return this.#readers.size > 0 || this.#writers.size > 0;
  }

  get readersWait(): boolean {
    return this.#readers.size > 0;
  }

  get writersWait(): boolean {
    return this.#writers.size > 0;
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

  wakeReaders(): void {
    wakeAll(this.#readers);
  }

  wakeWriters(): void {
    wakeAll(this.#writers);
  }

  trimmedError(position: number, floor: number): TrimmedError {
    return new TrimmedError(this.record.name, position, floor);
  }

  forgetAll(): void {
    this.#recent.length = 0;
    this.#recentBytes = 0;
  }

  /** A large chunk is handed over to its reader, who may alter it: not before it is certain that it needs no sending again. */
  #isSeenOnceStored({ body }: EncodedChunk): boolean {
    return this.durable || body.length >= LARGE_CHUNK_BYTES;
  }

  #remember(chunk: EncodedChunk): void {
    this.#recent.push(chunk);
    this.#recentBytes += chunk.body.length;
    while (this.#recentBytes > MAX_RECENT_BYTES || this.#recent.length > MAX_RECENT_CHUNKS) this.#forgetOldest();
  }

  #forgetOldest(): void {
    this.#recentBytes -= this.#recent.shift()?.body.length ?? 0;
  }
}

function wakeAll(waiting: Set<() => void>): void {
  for (const wake of waiting) {
    waiting.delete(wake);
    wake();
  }
}

/** The part of a stream's bounds that a consumer passes before it says so at once. */
export const REPORT_EVERY = 0.25;
/** So many values are put into one chunk at most, unless what came of one value must not be divided. */
export const CHUNK_VALUES = 512;
/** From here on copying the bytes of a chunk costs more than asking the server for them should somebody else want them. */
export const LARGE_CHUNK_BYTES = 16 * 1024;
const MAX_RECENT_BYTES = 4 * 1024 * 1024;
const MAX_RECENT_CHUNKS = 256;
