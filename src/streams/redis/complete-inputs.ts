import type { Codec } from "../codecs/codec.ts";
import type { RunRecord } from "../store.ts";
import { CHUNK_VALUES, type EncodedChunk, LARGE_CHUNK_BYTES } from "./redis-stream.ts";

/** An input with all its values, as the server is given it along with its run. */
export interface CompleteInput {
  readonly stream: number;
  readonly chunk: EncodedChunk;
}

/**
 * Those of the inputs that can be stored together with the run they belong to: each is one chunk that is not large, and as much as a writer may be ahead of its
 * readers. The others, and what cannot be encoded, are for a writer, who says what is wrong with them.
 */
export function completeInputs(
  { streams }: RunRecord,
  inputs: ReadonlyMap<number, readonly unknown[]>,
  codec: Codec,
  maxValueBytes: number,
): CompleteInput[] {
  return [...inputs].flatMap(([stream, values]) => {
    const { highWaterValues = 0, highWaterBytes = 0 } = streams[stream]?.bounds ?? {};
    if (values.length > Math.min(CHUNK_VALUES, highWaterValues)) return [];
    const body = values.length === 0 ? Buffer.alloc(0) : encoded(values, codec);
    if (!body || body.length > Math.min(LARGE_CHUNK_BYTES, highWaterBytes, maxValueBytes)) return [];
    return [{ stream, chunk: { first: 0, count: values.length, body, bytesAfter: body.length } }];
  });
}

function encoded(values: readonly unknown[], codec: Codec): Uint8Array | undefined {
  try {
    return codec.encode(values);
  } catch {
    return undefined;
  }
}
