import { EncodingError } from "../../errors.ts";
import { checksumOf } from "../checksum.ts";
import type { Codec } from "../codecs/codec.ts";
import { BEGINNING, type Place } from "../place.ts";
import type { Follower, Written } from "../replay.ts";
import { estimateBytes } from "../size.ts";
import type { StreamEnd, StreamWriter } from "../store.ts";
import { CHUNK_VALUES, type EncodedChunk, type RedisStream } from "./redis-stream.ts";

/** What a writer needs of its run. */
export interface WriterRun {
  /** Appends a chunk, through outages. @throws what makes the writer fail. */
  append(stream: RedisStream, token: string, chunk: EncodedChunk): Promise<"stored" | "gap">;
  /** Throws what keeps this stream from being written: its end, another owner, a lost run. */
  checkWritable(stream: RedisStream, token: string): void;
  writerWaits(writer: object, stream: number): void;
  writerGoesOn(writer: object): void;
  endStream(stream: number, end: StreamEnd): Promise<void>;
}

/** How a writer encodes. */
export interface WriterSettings {
  readonly codec: Codec;
  readonly maxValueBytes: number;
  /** Set where the stream follows an input of its task: how far that is, as the server has it. */
  readonly place?: Place;
  /** Set where other attempts are to make the same values: of those that are stored. */
  readonly checksum?: number;
}

/** Packs values into chunks and keeps several under way: at once when idle, in larger chunks under load. */
export class RedisWriter implements StreamWriter, Follower {
  readonly token: string;
  readonly #stream: RedisStream;
  readonly #run: WriterRun;
  readonly #codec: Codec;
  readonly #maxValueBytes: number;
  #pending: unknown[] = [];
  #pendingBytes = 0;
  /** Chunks that were sent and not confirmed, in order. */
  readonly #sent: EncodedChunk[] = [];
  #underWay = 0;
  #mustResend = false;
  #encoded = { values: 0, bytes: 0 };
  #scheduled = false;
  #busy = false;
  /** Set where the stream follows an input: its place with all that was accepted, and with what is stored. */
  #place: { -readonly [K in keyof Place]: Place[K] } | undefined;
  #storedPlace = BEGINNING;
  #checksum: number | undefined;
  #failure: { error: unknown } | undefined;
  readonly #idle = new Set<() => void>();

  constructor(stream: RedisStream, token: string, run: WriterRun, { codec, maxValueBytes, place, checksum }: WriterSettings) {
    this.#stream = stream;
    this.token = token;
    this.#run = run;
    this.#codec = codec;
    this.#maxValueBytes = maxValueBytes;
    this.#checksum = checksum;
    if (place) {
      this.#place = { ...place };
      this.#storedPlace = place;
    }
    stream.writer = this;
    // What an earlier writer accepted and did not get stored is lost with it.
    Object.assign(stream.top, stream.stored);
    this.#encoded = { ...stream.stored };
  }

  write(value: unknown): void {
    this.#check();
    this.#pending.push(value);
    const bytes = estimateBytes(value);
    this.#pendingBytes += bytes;
    this.#stream.top.values++;
    this.#stream.top.bytes += bytes;
    // Where an input is followed, chunks end where what came of one of its values does; but they do not grow without end.
    if (this.#isChunk(this.#place ? LARGE_CHUNK : 1)) this.#send();
    else if (!this.#scheduled) this.#schedule();
  }

  writeMany(values: readonly unknown[]): void {
    for (const value of values) this.write(value);
  }

  get credit(): number {
    if (this.full) return 0;
    const { top, stored, consumers, record } = this.#stream;
    return Math.min(consumers.credit(top), record.bounds.highWaterValues - (top.values - stored.values));
  }

  /** So much was accepted, with the checksum of what was sent of it; everything, after a flush. */
  get written(): Written {
    return { values: this.#stream.top.values, checksum: this.#checksum };
  }

  emits(until: number): void {
    if (this.#place) this.#place.until = until;
  }

  reached(position: number): void {
    const place = this.#place;
    if (!place) return;
    place.position = place.until = position;
    place.values = this.#stream.top.values;
    if (this.#isChunk(1)) this.#send();
  }

  /** The place with what is stored. It goes with the values; one that was reached without any is `unsavedPlace`. */
  get storedPlace(): Place {
    return this.#storedPlace;
  }

  get unsavedPlace(): Place | undefined {
    const isIdle = this.#pending.length === 0 && this.#sent.length === 0 && !this.#failure;
    return isIdle && this.#place && this.#place.position > this.#storedPlace.position ? { ...this.#place } : undefined;
  }

  savedPlace(place: Place): void {
    if (place.position > this.#storedPlace.position) this.#storedPlace = place;
  }

  get full(): boolean {
    if (this.#failure) return true;
    const { top, stored, consumers, record } = this.#stream;
    // What is not stored yet counts as well: during an outage it is all that memory holds.
    const unstored =
      top.values - stored.values >= record.bounds.highWaterValues || top.bytes - stored.bytes >= record.bounds.highWaterBytes;
    return unstored || consumers.full(top);
  }

  async room(): Promise<void> {
    this.#check();
    if (!this.full) return;
    this.#run.writerWaits(this, this.#stream.index);
    try {
      while (this.full) {
        this.#check();
        await new Promise<void>((resolve) => {
          this.#stream.whenWritable(resolve);
        });
        this.#check();
      }
    } finally {
      this.#run.writerGoesOn(this);
    }
  }

  async flush(): Promise<void> {
    while (this.#pending.length > 0 || this.#sent.length > 0) {
      if (this.#pending.length > 0) this.#send();
      if (this.#sent.length > 0) {
        await new Promise<void>((resolve) => {
          this.#idle.add(resolve);
        });
      }
      this.#checkFailure();
    }
    this.#checkFailure();
  }

  async end(end: StreamEnd): Promise<void> {
    if (this.#stream.end) return;
    this.#run.checkWritable(this.#stream, this.token);
    // A stream that fails says so even when its last values could not be stored.
    if (end.state === "completed") await this.flush();
    else await this.flush().catch(() => undefined);
    await this.#run.endStream(this.#stream.index, end);
  }

  #isChunk(scale: number): boolean {
    return this.#pending.length >= CHUNK_VALUES * scale || this.#pendingBytes >= CHUNK_BYTES * scale;
  }

  /** Sends at once when nothing is under way; else what comes until then goes together when it is confirmed. */
  #schedule(): void {
    this.#scheduled = true;
    const send = () => {
      this.#scheduled = false;
      if (this.#pending.length > 0 && this.#underWay === 0) this.#send();
    };
    if (this.#underWay === 0 && !this.#busy) queueMicrotask(send);
    else setImmediate(send);
  }

  /** Encodes what is pending and sends it. */
  #send(): void {
    const values = this.#pending;
    if (values.length === 0 || this.#failure) return;
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      this.#sendValues(values);
    } catch (error) {
      this.#sendUpTo(values, error);
    }
  }

  #sendValues(values: readonly unknown[]): void {
    const body = this.#codec.encode(values);
    if (body.length > this.#maxValueBytes) this.#checkSizes(values, body.length);
    const first = this.#encoded.values;
    const bytesAfter = this.#encoded.bytes + body.length;
    this.#encoded = { values: first + values.length, bytes: bytesAfter };
    // What was an estimate is exact now.
    this.#stream.top.bytes = bytesAfter + this.#pendingBytes;
    const place = this.#place && this.#place.values <= first + values.length ? { ...this.#place } : undefined;
    this.#transmit({ first, count: values.length, body, bytesAfter, ...(place && { place }), ...this.#sumUp(values) });
  }

  #sumUp(values: readonly unknown[]): { checksum?: number } {
    if (this.#checksum === undefined) return {};
    for (const value of values) this.#checksum = checksumOf(value, this.#checksum);
    return { checksum: this.#checksum };
  }

  /** One of the values cannot be sent: sends those before it, then fails. */
  #sendUpTo(values: readonly unknown[], error: unknown): void {
    let good = 0;
    let reason = error;
    for (; good < values.length; good++) {
      try {
        const one = [values[good]];
        this.#checkSizes(one, this.#codec.encode(one).length);
      } catch (found) {
        reason = found;
        break;
      }
    }
    if (good > 0 && good < values.length) this.#sendValues(values.slice(0, good));
    this.#fail(reason);
  }

  #checkSizes(values: readonly unknown[], bytes: number): void {
    if (values.length > 1) {
      for (const value of values) this.#checkSizes([value], this.#codec.encode([value]).length);
    } else if (bytes > this.#maxValueBytes) {
      throw EncodingError.tooLarge(this.#stream.record.name, bytes, this.#maxValueBytes);
    }
  }

  #transmit(chunk: EncodedChunk): void {
    this.#sent.push(chunk);
    this.#put(chunk);
    this.#stream.sentHere(chunk);
  }

  #put(chunk: EncodedChunk): void {
    this.#underWay++;
    this.#run.append(this.#stream, this.token, chunk).then(
      (outcome) => {
        this.#underWay--;
        if (outcome === "gap") this.#mustResend = true;
        else this.#confirm(chunk);
        this.#goOn();
      },
      (error: unknown) => {
        this.#underWay--;
        this.#fail(error);
      },
    );
  }

  #confirm(chunk: EncodedChunk): void {
    // What is stored has all that was sent before it in front of it, also where that is still waiting to hear so.
    for (const stored of this.#sent.splice(0, this.#sent.indexOf(chunk) + 1)) {
      this.#stream.storedHere(stored);
      if (stored.place) this.savedPlace(stored.place);
    }
    if (!this.full) this.#stream.wakeWriters();
  }

  #goOn(): void {
    if (this.#underWay === 0 && this.#mustResend) {
      // A chunk before these was lost with its connection: all that is not confirmed goes again, in order.
      this.#mustResend = false;
      for (const chunk of this.#sent) this.#put(chunk);
      return;
    }
    // Values have come while a chunk was under way: more will, and a turn of the loop gathers them.
    this.#busy = this.#pending.length > 0;
    if (this.#busy && !this.#scheduled && this.#underWay === 0) this.#schedule();
    if (this.#sent.length === 0) this.#settleIdle();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#pending = [];
    this.#sent.length = 0;
    // From here on others may write: readers here must ask the server.
    if (this.#stream.writer === this) this.#stream.writer = undefined;
    this.#stream.wakeWriters();
    this.#stream.wakeReaders();
    this.#settleIdle();
  }

  #settleIdle(): void {
    for (const resolve of this.#idle) {
      this.#idle.delete(resolve);
      resolve();
    }
  }

  #check(): void {
    this.#checkFailure();
    this.#run.checkWritable(this.#stream, this.token);
  }

  #checkFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}

const CHUNK_BYTES = 256 * 1024;
const LARGE_CHUNK = 4;
