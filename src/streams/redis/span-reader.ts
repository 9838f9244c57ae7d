import type { Codec } from "../codecs/codec.ts";
import { undecodable } from "../undecodable.ts";
import type { EncodedChunk, RedisStream } from "./redis-stream.ts";

/** What {@link SpanReader} works with. */
export interface SpanReaderSettings {
  readonly stream: RedisStream;
  readonly codec: Codec;
  readonly marks: boolean;
  /** Stored chunks after a position, in order. */
  readonly fetch: (position: number) => Promise<EncodedChunk[]>;
  /** What is thrown when values that were written are neither stored nor trimmed. */
  readonly lacksValues: () => Error;
}

interface OpenChunk {
  readonly chunk: EncodedChunk;
  /** Decoded when the first of them is asked for. */
  values: readonly unknown[] | undefined;
}

/** Reads values of a stream by their index, mostly onwards: it remembers the chunks it has read last. */
export class SpanReader {
  readonly #settings: SpanReaderSettings;
  #chunks: OpenChunk[] = [];

  constructor(settings: SpanReaderSettings) {
    this.#settings = settings;
  }

  /** The values from an index up to another one, which are stored. @throws DecodingError; TrimmedError; RunLostError; StoreError. */
  async read(from: number, until: number): Promise<readonly unknown[]> {
    const found: unknown[] = [];
    for (let position = from; position < until; ) {
      const open = await this.#chunkAt(position);
      open.values ??= this.#decode(open.chunk);
      const { first } = open.chunk;
      const part = open.values.slice(position - first, until - first);
      found.push(...part);
      position += part.length;
    }
    return found;
  }

  async #chunkAt(position: number): Promise<OpenChunk> {
    const known = this.#find(position);
    if (known) return known;
    const { stream, fetch, lacksValues } = this.#settings;
    const recent = stream.recentAt(position);
    this.#remember(recent ? [recent] : await fetch(position));
    const found = this.#find(position);
    if (!found) throw position < stream.floor ? stream.trimmedError(position, stream.floor) : lacksValues();
    return found;
  }

  #find(position: number): OpenChunk | undefined {
    return this.#chunks.findLast(({ chunk }) => chunk.first <= position && position < chunk.first + chunk.count);
  }

  #remember(chunks: readonly EncodedChunk[]): void {
    this.#chunks.push(...chunks.map((chunk) => ({ chunk, values: undefined })));
    if (this.#chunks.length > MOST_CHUNKS) this.#chunks = this.#chunks.slice(-MOST_CHUNKS);
  }

  #decode({ body, count }: EncodedChunk): readonly unknown[] {
    try {
      return this.#settings.codec.decode(body, false);
    } catch (error) {
      if (!this.#settings.marks) throw error;
      return undecodable(error, body, count);
    }
  }
}

/** Twice as many as are fetched at once: values that were freed may be a little behind. */
const MOST_CHUNKS = 32;
