/// <reference lib="es2024.string" />
import { isUnsafeKey } from "./msgpack-direct.ts";
import { ExtensionType, FIRST_RECORD } from "./msgpack-extensions.ts";

/** Taken out once: texts come in so many representations that looking up their method for each character costs more than the call. */
const { charCodeAt } = String.prototype;
/** The names of a record's fields, in their order. */
type Shape = readonly string[];

/** Tokens of MessagePack, and of msgpackr's records. */
const Token = {
  nothing: 0xc0,
  no: 0xc2,
  yes: 0xc3,
  float64: 0xcb,
  uint8: 0xcc,
  uint16: 0xcd,
  uint32: 0xce,
  int8: 0xd0,
  int16: 0xd1,
  int32: 0xd2,
  extension1: 0xd4,
  text8: 0xd9,
  text16: 0xda,
  text32: 0xdb,
  list16: 0xdc,
  list32: 0xdd,
} as const;

/** More kinds than this make looking for them slower than msgpackr is. */
const MOST_SHAPES = 16;
/** Lists of so many items have a head of one byte; records of more fields are left to msgpackr. */
const SHORT_LIST = 16;
/** Texts of so many characters have a head of one byte, and a call out of JavaScript would cost more than they do. */
const SHORT_TEXT = 32;
/** The most bytes of anything but a text. */
const SCALAR_BYTES = 16;
const FIRST_SIZE = 64 * 1024;
/** A buffer that one large chunk has made grow is not kept. */
const KEPT_SIZE = 1024 * 1024;

/** How many values a chunk holds may be written at all levels. */
export interface WriterLimits {
  readonly maxDepth: number;
  readonly maxItems: number;
}

/**
 * Writes chunks of plain data: null, undefined, booleans, numbers, texts, and arrays and records of those. It checks each value
 * and writes it in one go, three times as fast as a check before msgpackr, whose format it writes. Whatever else it meets it
 * leaves to msgpackr, with the whole chunk.
 */
export class PlainWriter {
  readonly #maxDepth: number;
  readonly #maxItems: number;
  /** The kinds of records in the chunk at hand, by their id. */
  readonly #shapes: Shape[] = [];
  /** The kind that was met last at each depth: neighbours mostly are of one. */
  readonly #last: Int8Array;
  #bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #view = viewOf(this.#bytes);
  #at = 0;
  #itemsLeft = 0;

  constructor({ maxDepth, maxItems }: WriterLimits) {
    this.#maxDepth = maxDepth;
    this.#maxItems = maxItems;
    this.#last = new Int8Array(maxDepth + 1);
  }

  /** The chunk's bytes; `undefined` where it holds anything but plain data, or passes a limit. */
  write(values: readonly unknown[]): Uint8Array | undefined {
    this.#at = 0;
    this.#shapes.length = 0;
    this.#itemsLeft = this.#maxItems;
    const written = this.#writeList(values, this.#maxDepth) ? Buffer.from(this.#bytes.subarray(0, this.#at)) : undefined;
    if (this.#bytes.length > KEPT_SIZE) this.#use(Buffer.allocUnsafeSlow(FIRST_SIZE));
    return written;
  }

  /** Each of these writes one value, or gives `false` where it is not for this writer. */
  #writeValue(value: unknown, depthLeft: number): boolean {
    if (this.#at + SCALAR_BYTES > this.#bytes.length) this.#grow(SCALAR_BYTES);
    switch (typeof value) {
      case "string":
        return this.#writeText(value);
      case "number":
        return this.#writeNumber(value);
      case "boolean":
        this.#bytes[this.#at++] = value ? Token.yes : Token.no;
        return true;
      case "object":
        if (value !== null) return this.#writeObject(value, depthLeft);
        this.#bytes[this.#at++] = Token.nothing;
        return true;
      case "undefined":
        this.#bytes[this.#at++] = Token.extension1;
        this.#bytes[this.#at++] = ExtensionType.undefined;
        this.#bytes[this.#at++] = 0;
        return true;
      default:
        return false;
    }
  }

  #writeNumber(value: number): boolean {
    const bytes = this.#bytes;
    if ((value | 0) === value) {
      if (value >= 0) {
        if (value === 0 && 1 / value < 0) return false;
        this.#writeUint(value);
      } else if (value >= -0x20) bytes[this.#at++] = value + 0x100;
      else if (value >= -0x80) {
        bytes[this.#at++] = Token.int8;
        bytes[this.#at++] = value;
      } else if (value >= -0x8000) {
        bytes[this.#at++] = Token.int16;
        bytes[this.#at++] = value >> 8;
        bytes[this.#at++] = value;
      } else this.#writeWord(Token.int32, value);
    } else if (value >>> 0 === value) this.#writeWord(Token.uint32, value);
    else {
      bytes[this.#at] = Token.float64;
      this.#view.setFloat64(this.#at + 1, value);
      this.#at += 9;
    }
    return true;
  }

  #writeUint(value: number): void {
    const bytes = this.#bytes;
    if (value < FIRST_RECORD) bytes[this.#at++] = value;
    else if (value < 0x100) {
      bytes[this.#at++] = Token.uint8;
      bytes[this.#at++] = value;
    } else if (value < 0x10000) {
      bytes[this.#at++] = Token.uint16;
      bytes[this.#at++] = value >> 8;
      bytes[this.#at++] = value;
    } else this.#writeWord(Token.uint32, value);
  }

  /** A token and four bytes. */
  #writeWord(token: number, value: number): void {
    const bytes = this.#bytes;
    bytes[this.#at] = token;
    bytes[this.#at + 1] = value >> 24;
    bytes[this.#at + 2] = value >> 16;
    bytes[this.#at + 3] = value >> 8;
    bytes[this.#at + 4] = value;
    this.#at += 5;
  }

  #writeText(text: string): boolean {
    const { length } = text;
    if (length >= SHORT_TEXT) return this.#writeLongText(text);
    if (this.#at + length >= this.#bytes.length) this.#grow(length + 1);
    const bytes = this.#bytes;
    const head = this.#at;
    let at = head + 1;
    for (let i = 0; i < length; i++) {
      const code = charCodeAt.call(text, i);
      if (code >= 0x80) return this.#writeLongText(text);
      bytes[at++] = code;
    }
    bytes[head] = 0xa0 | length;
    this.#at = at;
    return true;
  }

  #writeLongText(text: string): boolean {
    if (!text.isWellFormed()) return false;
    // A character is three bytes at most: the head is as large as that takes.
    const most = 3 * text.length;
    const head = most < 0x100 ? 2 : most < 0x10000 ? 3 : 5;
    if (this.#at + head + most > this.#bytes.length) this.#grow(head + most);
    const size = this.#bytes.write(text, this.#at + head, "utf8");
    if (head === 5) this.#writeWord(Token.text32, size);
    else {
      this.#bytes[this.#at++] = head === 2 ? Token.text8 : Token.text16;
      if (head === 3) this.#bytes[this.#at++] = size >> 8;
      this.#bytes[this.#at++] = size;
    }
    this.#at += size;
    return true;
  }

  #writeObject(value: object, depthLeft: number): boolean {
    if (depthLeft === 0) return false;
    if (Array.isArray(value)) return this.#writeList(value, depthLeft - 1);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    return this.#writeRecord(value as Readonly<Record<string, unknown>>, depthLeft - 1);
  }

  #writeList(list: readonly unknown[], depthLeft: number): boolean {
    const { constructor: maker }: object = list;
    const { length } = list;
    this.#itemsLeft -= length;
    if (maker !== Array || this.#itemsLeft < 0) return false;
    if (this.#at + SCALAR_BYTES > this.#bytes.length) this.#grow(SCALAR_BYTES);
    if (length < SHORT_LIST) this.#bytes[this.#at++] = 0x90 | length;
    else if (length < 0x10000) {
      this.#bytes[this.#at++] = Token.list16;
      this.#bytes[this.#at++] = length >> 8;
      this.#bytes[this.#at++] = length;
    } else this.#writeWord(Token.list32, length);
    for (let i = 0; i < length; i++) {
      const item = list[i];
      if (item === undefined && !(i in list)) return false;
      if (!this.#writeValue(item, depthLeft)) return false;
    }
    return true;
  }

  #writeRecord(record: Readonly<Record<string, unknown>>, depthLeft: number): boolean {
    const id = this.#last[depthLeft] ?? 0;
    const shape = this.#shapes[id];
    if (!shape) return this.#writeOther(record, depthLeft);
    const [start, known] = [this.#at, this.#shapes.length];
    this.#bytes[this.#at++] = FIRST_RECORD | id;
    let fields = 0;
    for (const key in record) {
      if (key !== shape[fields]) {
        fields = -1;
        break;
      }
      if (!this.#writeValue(record[key], depthLeft)) return false;
      fields++;
    }
    if (fields === shape.length) {
      this.#itemsLeft -= fields + 1;
      return this.#itemsLeft >= 0;
    }
    // It is of another kind: what was written of it is written over, and kinds that it has defined are forgotten.
    this.#at = start;
    this.#shapes.length = known;
    return this.#writeOther(record, depthLeft);
  }

  /** A record of another kind than the one before it. */
  #writeOther(record: Readonly<Record<string, unknown>>, depthLeft: number): boolean {
    const keys: string[] = [];
    for (const key in record) keys.push(key);
    this.#itemsLeft -= keys.length + 1;
    if (this.#itemsLeft < 0) return false;
    const known = this.#shapes.findIndex((shape) => isSame(shape, keys));
    const id = known < 0 ? this.#define(keys) : known;
    if (id === undefined) return false;
    this.#last[depthLeft] = id;
    if (known >= 0) this.#bytes[this.#at++] = FIRST_RECORD | id;
    for (const key of keys) if (!this.#writeValue(record[key], depthLeft)) return false;
    return true;
  }

  /** Writes which fields a kind of records has; its first record follows. `undefined` where msgpackr is the better one for it. */
  #define(keys: Shape): number | undefined {
    const id = this.#shapes.length;
    if (keys.length >= SHORT_LIST || id >= MOST_SHAPES) return undefined;
    this.#shapes.push(keys);
    if (this.#at + SCALAR_BYTES > this.#bytes.length) this.#grow(SCALAR_BYTES);
    this.#bytes[this.#at++] = Token.extension1;
    this.#bytes[this.#at++] = ExtensionType.record;
    this.#bytes[this.#at++] = FIRST_RECORD | id;
    this.#bytes[this.#at++] = 0x90 | keys.length;
    for (const key of keys) if (isUnsafeKey(key) || !this.#writeText(key)) return undefined;
    return id;
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.#bytes.length + bytes);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#use(larger);
  }

  #use(bytes: Buffer<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function isSame(shape: Shape, keys: Shape): boolean {
  if (shape.length !== keys.length) return false;
  for (let i = 0; i < keys.length; i++) if (shape[i] !== keys[i]) return false;
  return true;
}
