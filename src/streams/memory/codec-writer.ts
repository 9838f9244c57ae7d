import { EncodingError } from "../../errors.ts";
import type { Codec } from "../codecs/codec.ts";
import { ForwardingWriter } from "../forwarding-writer.ts";
import type { StreamWriter } from "../store.ts";

/** Sends every value through a codec, so that its readers get what a store of bytes would give them. */
export class CodecWriter extends ForwardingWriter {
  readonly #stream: string;
  readonly #codec: Codec;
  readonly #maxValueBytes: number;

  constructor(writer: StreamWriter, stream: string, codec: Codec, maxValueBytes: number) {
    super(writer);
    this.#stream = stream;
    this.#codec = codec;
    this.#maxValueBytes = maxValueBytes;
  }

  override write(value: unknown): void {
    this.writer.write(this.#copy(value));
  }

  override writeMany(values: readonly unknown[]): void {
    for (const value of values) this.write(value);
  }

  #copy(value: unknown): unknown {
    const bytes = this.#codec.encode([value]);
    if (bytes.length > this.#maxValueBytes) throw EncodingError.tooLarge(this.#stream, bytes.length, this.#maxValueBytes);
    return this.#codec.decode(bytes)[0];
  }
}
