import { crc32 } from "node:zlib";

/**
 * A checksum of a value and all that came before it: whether a generator that is performed again gives the same values.
 * It is of the values, not of their bytes, since those depend on how values were put into chunks, and compressed ones on the
 * machine. It is stored: another way to compute it would find differences where there are none.
 *
 * @param before the checksum of what came before; 0 at the beginning.
 * @returns a signed integer of 32 bits.
 */
export function checksumOf(value: unknown, before: number): number {
  return add(before, value, 0);
}

function add(sum: number, value: unknown, depth: number): number {
  switch (typeof value) {
    case "number":
      return addNumber(sum, value);
    case "string":
      return addText(mix(sum, Tag.text), value);
    case "object":
      return value === null ? mix(sum, Tag.nothing) : addObject(sum, value, depth);
    case "boolean":
      return mix(sum, value ? Tag.yes : Tag.no);
    case "bigint":
      return addText(mix(sum, Tag.bigint), String(value));
    default:
      return mix(sum, Tag.missing);
  }
}

function addNumber(sum: number, value: number): number {
  if ((value | 0) === value) return mix(mix(sum, Tag.integer), value);
  FLOAT.setFloat64(0, value);
  return mix(mix(mix(sum, Tag.float), FLOAT.getInt32(0)), FLOAT.getInt32(4));
}

function addText(sum: number, text: string): number {
  const { length } = text;
  let result = mix(sum, length);
  // A call out of JavaScript costs as much as some dozen characters.
  if (length > SHORT_TEXT) return mix(result, crc32(text));
  for (let i = 0; i < length; i++) result = mix(result, charCodeAt.call(text, i));
  return result;
}

function addObject(sum: number, value: object, depth: number): number {
  // Codecs refuse what is deeper; also what contains itself, which would never end here.
  if (depth > MAX_DEPTH) return mix(sum, Tag.deep);
  if (Array.isArray(value)) return addList(sum, value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? addRecord(sum, value, depth) : addOther(sum, value, depth);
}

function addList(sum: number, items: readonly unknown[], depth: number): number {
  let result = mix(mix(sum, Tag.list), items.length);
  for (let i = 0; i < items.length; i++) result = add(result, items[i], depth + 1);
  return result;
}

function addRecord(sum: number, value: object, depth: number): number {
  let result = mix(sum, Tag.object);
  for (const key of Object.keys(value)) {
    result = add(mix(result, checksumOfKey(key)), (value as Record<string, unknown>)[key], depth + 1);
  }
  return mix(result, Tag.end);
}

/** The same few keys come in every record. */
function checksumOfKey(key: string): number {
  const known = KEYS.get(key);
  if (known !== undefined) return known;
  const sum = addText(0, key);
  if (KEYS.size < MOST_KEYS) KEYS.set(key, sum);
  return sum;
}

/** An object of a class that codecs know; any other as if it were of none. */
function addOther(sum: number, value: object, depth: number): number {
  if (ArrayBuffer.isView(value)) return mix(mix(mix(sum, Tag.bytes), value.byteLength), crc32(bytesOf(value)));
  if (value instanceof ArrayBuffer) return mix(mix(mix(sum, Tag.bytes), value.byteLength), crc32(new Uint8Array(value)));
  if (value instanceof Date) return addNumber(mix(sum, Tag.date), value.getTime());
  if (value instanceof Map || value instanceof Set) return addAll(mix(mix(sum, Tag.collection), value.size), value, depth);
  if (value instanceof Error) return addText(addText(mix(sum, Tag.error), value.name), value.message);
  if (value instanceof RegExp) return addText(mix(sum, Tag.pattern), String(value));
  return addRecord(sum, value, depth);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function addAll(sum: number, items: Iterable<unknown>, depth: number): number {
  let result = sum;
  for (const item of items) result = add(result, item, depth + 1);
  return result;
}

/** One step of MurmurHash3 (Austin Appleby, public domain). */
function mix(sum: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = sum ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** Told apart from each other, whatever follows. */
const Tag = {
  missing: 1,
  nothing: 2,
  yes: 3,
  no: 4,
  integer: 5,
  float: 6,
  text: 7,
  bigint: 8,
  list: 9,
  bytes: 10,
  date: 11,
  collection: 12,
  error: 13,
  pattern: 14,
  object: 15,
  end: 16,
  deep: 17,
} as const;

/** Taken out once: texts come in so many representations that looking up their method for each character costs more than the call. */
const { charCodeAt } = String.prototype;
const FLOAT = new DataView(new ArrayBuffer(8));
const KEYS = new Map<string, number>();
const MOST_KEYS = 1_000;
const SHORT_TEXT = 48;
const MAX_DEPTH = 128;
