import { isUtf8 } from "node:buffer";
import { BadRecordError, SourceError } from "../errors.ts";
import { LONGEST_LIST, type Reading } from "./format.ts";

/** A line of a text, without its end (`\n` or `\r\n`). */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The lines of UTF-8 text, with or without a byte order mark, in lists. A line that is no UTF-8 is refused. */
export async function* readLines(reading: Reading): AsyncGenerator<readonly (Line | BadRecordError)[]> {
  let number = 0;
  for await (const list of splitLines(reading)) yield list.map((bytes) => lineOf(bytes, ++number, reading.source));
}

function lineOf(bytes: Buffer, number: number, source: string): Line | BadRecordError {
  const line = withoutEnd(number === 1 ? withoutMark(bytes) : bytes);
  if (isUtf8(line)) return { text: line.toString("utf8"), number };
  return new BadRecordError(source, "expected UTF-8", { line: number }, line.toString("latin1"));
}

async function* splitLines({ source, bytes, maxRecordBytes }: Reading): AsyncGenerator<readonly Buffer[]> {
  let list: Buffer[] = [];
  let parts: Buffer[] = [];
  let size = 0;
  let lines = 0;
  const hold = (part: Buffer) => {
    size += part.length;
    if (size > maxRecordBytes) throw tooLarge(source, "a line", maxRecordBytes, lines + 1);
    parts.push(part);
  };
  try {
    for await (const chunk of bytes) {
      const buffer = asBuffer(chunk);
      let start = 0;
      for (let end = buffer.indexOf(LINE_FEED); end >= 0; end = buffer.indexOf(LINE_FEED, start)) {
        hold(buffer.subarray(start, end));
        list.push(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts));
        parts = [];
        size = 0;
        lines++;
        start = end + 1;
        if (list.length < LONGEST_LIST) continue;
        yield list;
        list = [];
      }
      if (start < buffer.length) hold(buffer.subarray(start));
      // Whoever writes the text may take a while to go on.
      if (list.length > 0) yield list;
      list = [];
    }
  } catch (error) {
    // What comes before a fault is read.
    if (list.length > 0) yield list;
    throw error;
  }
  if (parts.length > 0) yield [Buffer.concat(parts)];
}

/** The whole of a text. */
export async function readText(reading: Reading): Promise<string> {
  const bytes = withoutMark(await readAll(reading));
  if (!isUtf8(bytes)) throw new SourceError(reading.source, "expected UTF-8");
  return bytes.toString("utf8");
}

/** All bytes at once, where a format needs that. */
export async function readAll({ source, bytes, maxRecordBytes }: Reading): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > maxRecordBytes) throw tooLarge(source, "a document", maxRecordBytes);
    parts.push(asBuffer(chunk));
  }
  return Buffer.concat(parts);
}

/** The text piece by piece; what is no UTF-8 ends it. */
export async function* decode({ source, bytes }: Reading): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const next = (chunk?: Uint8Array) => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw new SourceError(source, "expected UTF-8", { cause });
    }
  };
  for await (const chunk of bytes) yield next(chunk);
  yield next();
}

function tooLarge(source: string, what: string, maxRecordBytes: number, line?: number): SourceError {
  return new SourceError(source, `${what} has more than ${maxRecordBytes} bytes, which "maxRecordBytes" allows`, { line });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function withoutEnd(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
