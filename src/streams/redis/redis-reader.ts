import type { Codec } from "../codecs/codec.ts";
import { throwUnlessCompleted } from "../ends.ts";
import type { Cursor } from "../flow-control.ts";
import type { ReaderOptions, StreamReader } from "../store.ts";
import { undecodable } from "../undecodable.ts";
import { type EncodedChunk, LARGE_CHUNK_BYTES, type RedisStream } from "./redis-stream.ts";

/** What a reader needs of its run. */
export interface ReaderRun {
  /** What a reader throws when values that were written are neither stored nor trimmed. */
  lacksValues(stream: RedisStream): Error;
  /** Stored chunks after a position, in order; few enough to hold. */
  fetch(stream: RedisStream, position: number): Promise<EncodedChunk[]>;
  /** Asks the server what is stored, and to be told when there is more. */
  listen(stream: RedisStream): Promise<void>;
  /** Throws when the run is lost. */
  check(): void;
  attached(stream: RedisStream, options: ReaderOptions): Cursor;
  moved(stream: RedisStream, cursor: Cursor): void;
  detached(stream: RedisStream, cursor: Cursor): void;
  readerWaits(reader: object, stream: number, options: ReaderOptions): void;
  readerGoesOn(reader: object): void;
}

export class RedisReader implements StreamReader {
  readonly #stream: RedisStream;
  readonly #options: ReaderOptions;
  readonly #run: ReaderRun;
  readonly #codec: Codec;
  readonly #cursor: Cursor | undefined;
  /** Values taken so far, and of those the ones of the chunk at hand. */
  #taken: number;
  #takenBytes = 0;
  #values: readonly unknown[] = [];
  #offset = 0;
  #chunk: EncodedChunk | undefined;
  #fetched: EncodedChunk[] = [];
  /** Among those that were written here: kept, so that what `wait` has promised is still there when it is taken. */
  #found: EncodedChunk | undefined;
  #fetching: Promise<void> | undefined;
  #hasListened = false;
  #closed: { readonly reason?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: RedisStream, options: ReaderOptions, run: ReaderRun, codec: Codec) {
    this.#stream = stream;
    this.#options = options;
    this.#run = run;
    this.#codec = codec;
    this.#taken = options.from ?? 0;
    this.#cursor = options.peek ? undefined : run.attached(stream, options);
  }

  take(max: number): readonly unknown[] | undefined {
    if (this.#closed) return this.#afterClose(undefined);
    const { end } = this.#stream;
    if (end?.state === "cancelled") throwUnlessCompleted(end);
    this.#pass();
    if (this.#offset >= this.#values.length && !this.#open()) return undefined;
    const available = this.#values.length - this.#offset;
    const count = Math.min(max, available);
    const whole = this.#offset === 0 && count === available;
    const taken = whole ? this.#values : this.#values.slice(this.#offset, this.#offset + count);
    this.#offset += count;
    this.#taken += count;
    const { bytesAfter, body } = this.#chunk ?? { bytesAfter: 0, body: { length: 0 } };
    this.#takenBytes = bytesAfter - Math.round(body.length * (1 - this.#offset / this.#values.length));
    if (this.#offset >= this.#values.length) {
      this.#values = [];
      this.#offset = 0;
    }
    return taken;
  }

  async wait(): Promise<boolean> {
    for (;;) {
      if (this.#closed) return this.#afterClose(false);
      this.#pass();
      const { stored, end } = this.#stream;
      if (end?.state === "cancelled") throwUnlessCompleted(end);
      if (this.#offset < this.#values.length || this.#next()) return true;
      if (this.#taken < stored.values) {
        await this.#fetch();
      } else if (end) {
        throwUnlessCompleted(end);
        return false;
      } else {
        this.#run.check();
        await this.#more();
      }
    }
  }

  get revoked(): boolean {
    return this.#stream.end?.state === "cancelled" || this.#closed?.reason !== undefined;
  }

  close(reason?: unknown): void {
    if (this.#closed) return;
    this.#closed = { reason };
    this.#values = [];
    this.#fetched = [];
    this.#found = undefined;
    this.#chunk = undefined;
    if (this.#cursor) this.#run.detached(this.#stream, this.#cursor);
    this.#wake?.();
  }

  #afterClose<T>(otherwise: T): T {
    if (this.#closed?.reason !== undefined) throw this.#closed.reason;
    return otherwise;
  }

  #pass(): void {
    const cursor = this.#cursor;
    if (!cursor || cursor.values >= this.#taken) return;
    const { stored } = this.#stream;
    // Who skips all that is there holds none of its bytes.
    const bytes = this.#takenBytes === 0 && this.#taken >= stored.values ? stored.bytes : this.#takenBytes;
    cursor.values = this.#taken;
    cursor.bytes = Math.max(cursor.bytes, bytes);
    this.#run.moved(this.#stream, cursor);
  }

  /** The chunk with the next value, if it is here. */
  #next(): EncodedChunk | undefined {
    while (this.#fetched[0] && this.#fetched[0].first + this.#fetched[0].count <= this.#taken) this.#fetched.shift();
    const [fetched] = this.#fetched;
    if (fetched && fetched.first <= this.#taken) return fetched;
    if (this.#found && this.#found.first + this.#found.count > this.#taken) return this.#found;
    this.#found = this.#stream.recentAt(this.#taken);
    return this.#found;
  }

  /** Decodes the chunk with the next value, if it is here. */
  #open(): boolean {
    const chunk = this.#next();
    if (!chunk) return false;
    const isLarge = chunk.body.length >= LARGE_CHUNK_BYTES && !this.#options.peek;
    const isMine = isLarge && (this.#fetched[0] === chunk || this.#stream.handOver(chunk));
    this.#values = this.#decode(chunk, isMine);
    this.#offset = this.#taken - chunk.first;
    this.#chunk = chunk;
    this.#found = undefined;
    return true;
  }

  #decode({ body, count }: EncodedChunk, isMine: boolean): unknown[] {
    try {
      return this.#codec.decode(body, isMine);
    } catch (error) {
      if (this.#options.undecodable !== "mark") throw error;
      return undecodable(error, body, count);
    }
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchChunks().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchChunks(): Promise<void> {
    const position = this.#taken;
    // A part of what was dropped may still be stored, along with values that were not.
    if (position < this.#stream.floor) throw this.#stream.trimmedError(position, this.#stream.floor);
    const chunks = await this.#run.fetch(this.#stream, position);
    const [first] = chunks;
    if (first && first.first <= position) {
      this.#fetched = chunks;
      return;
    }
    await this.#run.listen(this.#stream);
    const floor = Math.max(first?.first ?? 0, this.#stream.floor);
    if (floor > position) throw this.#stream.trimmedError(position, floor);
    if (this.#stream.end?.state !== "cancelled") throw this.#run.lacksValues(this.#stream);
  }

  /**
   * Asks to be told of more. The first time values of a writer elsewhere may well be there already: they are asked for in the
   * same round trip.
   */
  async #listen(): Promise<void> {
    const isFirst = !this.#hasListened && this.#stream.durable;
    this.#hasListened = true;
    const [chunks] = await Promise.all([
      isFirst ? this.#run.fetch(this.#stream, this.#taken) : [],
      this.#run.listen(this.#stream),
    ]);
    const [first] = chunks;
    if (first && first.first <= this.#taken && !this.#closed) this.#fetched = chunks;
  }

  /** Waits until there may be more. */
  async #more(): Promise<void> {
    const { stored, writer } = this.#stream;
    if (this.#stream.isToldOf) {
      this.#hasListened = true;
    } else if (!writer) {
      await this.#listen();
      if (this.#fetched.length > 0 || this.#taken < stored.values || this.#stream.end || this.#closed) return;
    }
    this.#run.readerWaits(this, this.#stream.index, this.#options);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#stream.whenReadable(resolve);
    });
    this.#run.readerGoesOn(this);
  }
}
