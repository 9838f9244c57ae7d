import { throwUnlessCompleted } from "../ends.ts";
import type { Cursor } from "../flow-control.ts";
import type { ReaderOptions, StreamReader } from "../store.ts";
import type { MemoryChunk, MemoryStream } from "./memory-stream.ts";

/** What a reader tells its run about waiting, so that deadlocks are seen. */
export interface ReaderWaits {
  begin(reader: object): void;
  end(reader: object): void;
}

export class MemoryReader implements StreamReader {
  readonly #stream: MemoryStream;
  readonly #waits: ReaderWaits;
  readonly #cursor: Cursor | undefined;
  /** Chunk to take from next, and how many of its values were taken. Unknown until the first look. */
  #chunk: MemoryChunk | undefined;
  #offset = 0;
  /** Values taken so far, counted from the stream's first. */
  #taken: number;
  #takenBytes = 0;
  #closed: { readonly reason?: unknown } | undefined;
  #wake: (() => void) | undefined;
  /** What everybody waits for who waits at the same time. */
  #waiting: Promise<boolean> | undefined;

  constructor(stream: MemoryStream, options: ReaderOptions, waits: ReaderWaits) {
    this.#stream = stream;
    this.#waits = waits;
    this.#taken = options.from ?? 0;
    this.#cursor = options.peek ? undefined : stream.attach(options.consumer);
  }

  take(max: number): readonly unknown[] | undefined {
    if (this.#closed) return this.#afterClose(undefined);
    this.#throwIfCancelled();
    this.#pass();
    const chunk = this.#current();
    if (!chunk) return undefined;
    const { values } = chunk;
    const available = values.length - this.#offset;
    const count = Math.min(max, available);
    const whole = this.#offset === 0 && count === available;
    if (whole) this.#stream.seal(chunk);
    const taken = whole ? values : values.slice(this.#offset, this.#offset + count);
    this.#offset += count;
    this.#taken += count;
    this.#takenBytes = chunk.start.bytes + Math.round((chunk.bytes * this.#offset) / values.length);
    return taken;
  }

  wait(): Promise<boolean> {
    try {
      if (this.#closed) return this.#afterClose(NO);
      this.#throwIfCancelled();
      this.#pass();
      if (this.#current()) return YES;
      if (this.#stream.end) {
        throwUnlessCompleted(this.#stream.end);
        return NO;
      }
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#whenReadable();
  }

  get revoked(): boolean {
    return this.#stream.end?.state === "cancelled" || this.#closed?.reason !== undefined;
  }

  close(reason?: unknown): void {
    if (this.#closed) return;
    this.#closed = { reason };
    this.#chunk = undefined;
    if (this.#cursor) this.#stream.detach(this.#cursor);
    if (!this.#wake) return;
    this.#stream.forget(this.#wake);
    this.#wake();
  }

  #afterClose<T>(otherwise: T): T {
    if (this.#closed?.reason !== undefined) throw this.#closed.reason;
    return otherwise;
  }

  /** A cancelled stream has dropped its values; those that a reader could still reach are gone for it, too. */
  #throwIfCancelled(): void {
    const { end } = this.#stream;
    if (end?.state === "cancelled") throwUnlessCompleted(end);
  }

  #whenReadable(): Promise<boolean> {
    this.#waiting ??= new Promise<void>((resolve) => {
      this.#waits.begin(this);
      this.#wake = resolve;
      this.#stream.whenReadable(resolve);
    }).then(() => {
      this.#waiting = undefined;
      this.#wake = undefined;
      this.#waits.end(this);
      return this.wait();
    });
    return this.#waiting;
  }

  /** What was taken before is passed now. */
  #pass(): void {
    const cursor = this.#cursor;
    if (!cursor) return;
    const { top } = this.#stream;
    // Who skips values has passed those that are there, and holds none of those to come before its first.
    const skipping = this.#taken > top.values || (this.#takenBytes === 0 && this.#taken === top.values);
    const bytes = skipping ? top.bytes : this.#takenBytes;
    if (cursor.values >= this.#taken && cursor.bytes >= bytes) return;
    cursor.values = this.#taken;
    cursor.bytes = Math.max(cursor.bytes, bytes);
    this.#stream.passed();
  }

  /** The chunk with the next value, if it is here. */
  #current(): MemoryChunk | undefined {
    this.#chunk ??= this.#locate();
    while (this.#chunk && this.#offset >= this.#chunk.values.length) {
      if (this.#stream.isLast(this.#chunk)) return undefined;
      if (this.#chunk.next) {
        this.#chunk = this.#chunk.next;
        this.#offset = 0;
      } else {
        // It was let go of with all its values passed: what follows is found from the head.
        this.#chunk = this.#locate();
      }
    }
    return this.#chunk;
  }

  /** Finds the first chunk that this reader needs, when it looks for the first time. */
  #locate(): MemoryChunk | undefined {
    const { head, floor } = this.#stream;
    if (this.#taken < floor) throw this.#stream.trimmedError(this.#taken);
    let chunk: MemoryChunk | undefined = head;
    while (chunk.next && chunk.next.start.values <= this.#taken) chunk = chunk.next;
    const offset = this.#taken - chunk.start.values;
    // `from` may lie beyond what is written yet: then look again when there is more.
    if (offset > chunk.values.length) return undefined;
    this.#offset = offset;
    return chunk;
  }
}

const YES = Promise.resolve(true);
const NO = Promise.resolve(false);
