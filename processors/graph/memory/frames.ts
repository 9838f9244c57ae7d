import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { msgpackCodec } from "datagraph";

/*
 * Files of the embedded graph are lists of frames: length and checksum (unsigned, 32 bits, little endian), then values in
 * MessagePack, which keeps every kind of property exactly. A frame that was not written to its end shows.
 */

const codec = msgpackCodec({ maxItems: 2 ** 30 });
const HEAD_BYTES = 8;
/** A length beyond this is no length. */
const LARGEST_FRAME = 2 ** 30;

/** Appends a frame; gives its bytes. */
export async function writeFrame(file: FileHandle, values: readonly unknown[]): Promise<number> {
  const body = codec.encode(values);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.byteLength);
  frame.writeUInt32LE(body.byteLength, 0);
  frame.writeUInt32LE(crc32(body), 4);
  frame.set(body, HEAD_BYTES);
  await file.writeFile(frame);
  return frame.byteLength;
}

/** A frame, and where the next one begins. */
export interface Frame {
  readonly values: readonly unknown[];
  readonly end: number;
}

/** All whole frames of a file, in order. It ends early where the file is torn: compare `end` with the file's size. */
export async function* readFrames(path: string): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  let end = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let body = bodyAt(rest, start); body !== undefined; body = bodyAt(rest, start)) {
      if (body === "torn") return;
      start += HEAD_BYTES + body.byteLength;
      end += HEAD_BYTES + body.byteLength;
      yield { values: codec.decode(body), end };
    }
    rest = rest.subarray(start);
  }
}

/** `undefined` where more bytes are needed. */
function bodyAt(bytes: Buffer, start: number): Buffer | "torn" | undefined {
  if (bytes.length - start < HEAD_BYTES) return undefined;
  const length = bytes.readUInt32LE(start);
  if (length > LARGEST_FRAME) return "torn";
  if (bytes.length - start - HEAD_BYTES < length) return undefined;
  const body = bytes.subarray(start + HEAD_BYTES, start + HEAD_BYTES + length);
  return crc32(body) === bytes.readUInt32LE(start + 4) ? body : "torn";
}
