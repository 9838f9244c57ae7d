import { EncodingError } from "../../errors.ts";
import type { Codec } from "../codecs/codec.ts";
import type { StreamEnd, StreamWriter } from "../store.ts";

/** Sends every value through a codec, so that its readers get what a store of bytes would give them. */
export class CodecWriter implements StreamWriter {
  readonly #writer: StreamWriter;
  readonly #stream: string;
  readonly #codec: Codec;
  readonly #maxValueBytes: number;

  constructor(writer: StreamWriter, stream: string, codec: Codec, maxValueBytes: number) {
    this.#writer = writer;
    this.#stream = stream;
    this.#codec = codec;
    this.#maxValueBytes = maxValueBytes;
  }

  write(value: unknown): void {
    this.#writer.write(this.#copy(value));
  }

  writeMany(values: readonly unknown[]): void {
    for (const value of values) this.write(value);
  }

  get credit(): number {
    return this.#writer.credit;
  }

  get full(): boolean {
    return this.#writer.full;
  }

  room(): Promise<void> {
    return this.#writer.room();
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  end(end: StreamEnd): Promise<void> {
    return this.#writer.end(end);
  }

  #copy(value: unknown): unknown {
    const bytes = this.#codec.encode([value]);
    if (bytes.length > this.#maxValueBytes) throw EncodingError.tooLarge(this.#stream, bytes.length, this.#maxValueBytes);
    return this.#codec.decode(bytes)[0];
  }
}
