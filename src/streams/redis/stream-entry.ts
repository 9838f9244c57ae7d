import type { EncodedChunk } from "./redis-stream.ts";

/** An entry of a stream as the server gives it: its id, its fields and their values. */
export type StreamEntry = readonly [id: Buffer, fields: readonly Buffer[]];

const EMPTY = Buffer.alloc(0);

/** The chunk that an entry holds. */
export function chunkOf([id, [, count, , bytes, , body = EMPTY]]: StreamEntry): EncodedChunk {
  const n = Number(count);
  return { first: Number.parseInt(id.toString("latin1"), 10) - n, count: n, body, bytesAfter: Number(bytes) };
}
