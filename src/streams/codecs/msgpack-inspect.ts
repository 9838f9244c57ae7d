import { DecodingError } from "../../errors.ts";
import { ESCAPE_TYPE } from "./msgpack-escape.ts";
import { ExtensionType, FIRST_RECORD } from "./msgpack-extensions.ts";

/**
 * What follows a token's first byte: so many bytes of content, or one of the rules below. Tokens that the encoder never
 * writes have no rule, because each is a way into a part of msgpackr that chunks do not need: string bundles, structured
 * clones, errors, regular expressions.
 */
const RECORD = -1;
const SIZED = -2;
const LISTED = -3;
const EXTENDED = -4;
const UNKNOWN = -5;

const ENDS_EARLY = "their end in the middle of a value";

const RULES = tokenRules();

function tokenRules(): Int16Array {
  const rules = new Int16Array(256).fill(UNKNOWN);
  rules.fill(0, 0x00, FIRST_RECORD); // small numbers; from here to 0x7f numbers are records
  rules.fill(RECORD, FIRST_RECORD, 0x80);
  rules.fill(LISTED, 0x80, 0xa0); // small maps and arrays
  for (let length = 0; length < 32; length++) rules[0xa0 + length] = length; // short strings
  for (const token of [0xc0, 0xc2, 0xc3]) rules[token] = 0; // null, false, true
  for (const token of [0xc4, 0xc5, 0xc6, 0xd9, 0xda, 0xdb]) rules[token] = SIZED; // bytes and strings
  for (const token of [0xc7, 0xc8, 0xc9, 0xd4, 0xd6, 0xd7, 0xd8]) rules[token] = EXTENDED;
  for (const token of [0xdc, 0xdd, 0xde, 0xdf]) rules[token] = LISTED; // arrays and maps
  for (const [token, size] of [
    [0xcb, 8],
    [0xcc, 1],
    [0xcd, 2],
    [0xce, 4],
    [0xcf, 8],
    [0xd0, 1],
    [0xd1, 2],
    [0xd2, 4],
    [0xd3, 8],
  ] as const) {
    rules[token] = size; // numbers and BigInts
  }
  rules.fill(0, 0xe0, 0x100); // small negative numbers
  return rules;
}

/** What a token that is entered turns out to be when it is no container. */
const SCALAR = -1;

const PROTO = Buffer.from("__proto__");

/**
 * Reads through a chunk's bytes before msgpackr does, without making anything of them. What passes is well-formed: every
 * length is covered by bytes that are there, containers are no deeper than allowed, records are defined before they are
 * used and have no key that reaches a prototype, and only the tokens that the encoder writes appear. So wherever the
 * bytes come from, decoding them takes no more memory than a multiple of their own size.
 */
export class ChunkInspector {
  readonly #parents: Int32Array;
  /** How many fields the record of each id has; -1 before its definition. */
  readonly #fieldCounts = new Int32Array(64);
  #bytes: Uint8Array = PROTO;
  #at = 0;

  constructor(maxDepth: number) {
    this.#parents = new Int32Array(maxDepth);
  }

  /** @throws DecodingError when the bytes are not a chunk. */
  inspect(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#fieldCounts.fill(-1);
    try {
      this.#passValues(this.#readArrayHeader());
      if (this.#at !== bytes.length) this.#fail(this.#at > bytes.length ? ENDS_EARLY : "bytes follow after the end of the chunk");
    } finally {
      this.#bytes = PROTO; // an inspector lives long, and must not keep the bytes
    }
  }

  /** Passes over so many values and all that they contain. */
  #passValues(remaining: number): void {
    const bytes = this.#bytes;
    const parents = this.#parents;
    let at = this.#at;
    for (let depth = 0; ; ) {
      while (remaining === 0) {
        if (depth === 0) {
          this.#at = at;
          return;
        }
        remaining = parents[--depth] ?? 0;
      }
      remaining--;
      const token = bytes[at++];
      if (token === undefined) this.#fail(ENDS_EARLY);
      const rule = RULES[token] ?? UNKNOWN;
      if (rule >= 0) {
        at += rule;
        continue;
      }
      this.#at = at;
      const size = this.#enter(token, rule);
      at = this.#at;
      if (size === SCALAR) continue;
      if (size > bytes.length - at) this.#fail(`a container of ${size} values, but only ${bytes.length - at} bytes follow`);
      if (depth === parents.length) this.#fail(`more than ${depth} containers inside each other`);
      parents[depth++] = remaining;
      remaining = size;
    }
  }

  /** Reads the head of a token that has one. Gives the number of values that follow as its content, or `SCALAR`. */
  #enter(token: number, rule: number): number {
    switch (rule) {
      case RECORD:
        return this.#fieldsOf(token & 0x3f);
      case SIZED:
        return this.#passSized(token);
      case LISTED:
        return token < 0x90 || token >= 0xde ? 2 * this.#readCount(token) : this.#readCount(token);
      case EXTENDED:
        return token === 0xd4 ? this.#enterSmallExtension() : this.#passExtension(token);
      default:
        return this.#fail(`a token that no chunk contains (0x${token.toString(16)})`);
    }
  }

  #fieldsOf(record: number): number {
    const count = this.#fieldCounts[record] ?? -1;
    return count >= 0 ? count : this.#fail("a record of a kind that was not defined before");
  }

  #passSized(token: number): number {
    this.#skip(this.#readUint(token < 0xd0 ? 1 << (token - 0xc4) : 1 << (token - 0xd9)));
    return SCALAR;
  }

  /** An extension of one byte. Some of them are heads of what follows. */
  #enterSmallExtension(): number {
    const type = this.#readUint(1);
    const content = this.#readUint(1);
    switch (type) {
      case ExtensionType.undefined:
      case ExtensionType.date:
        return SCALAR;
      case ExtensionType.record:
        return this.#defineRecord(content);
      case ExtensionType.set:
        return this.#readArrayHeader();
      case ESCAPE_TYPE:
        return this.#enterEscape();
      default:
        return this.#fail(`an extension that no chunk contains (type ${type})`);
    }
  }

  #passExtension(token: number): number {
    const size = token >= 0xd4 ? 1 << (token - 0xd4) : this.#readUint(1 << (token - 0xc7));
    const type = this.#readUint(1);
    if (type !== ExtensionType.bigint && type !== ExtensionType.typedArray && type !== ExtensionType.date) {
      this.#fail(`an extension that no chunk contains (type ${type})`);
    }
    this.#skip(size);
    return SCALAR;
  }

  #enterEscape(): number {
    const token = this.#readUint(1);
    if (token === 0) return SCALAR;
    if (token >= 0xc4 && token <= 0xc6) return this.#passSized(token);
    this.#at--;
    return this.#readArrayHeader();
  }

  /** The definition of a kind of records: the names of its fields. The first record of the kind follows. */
  #defineRecord(id: number): number {
    if (id < FIRST_RECORD || id > 0x7f) this.#fail(`a record with an id out of range (${id})`);
    const count = this.#readArrayHeader();
    for (let i = 0; i < count; i++) this.#passKey();
    this.#fieldCounts[id & 0x3f] = count;
    return count;
  }

  #passKey(): void {
    const token = this.#readUint(1);
    const isShort = token >= 0xa0 && token < 0xc0;
    if (!isShort && (token < 0xd9 || token > 0xdb)) this.#fail("a field of a record whose name is not a string");
    const size = isShort ? token - 0xa0 : this.#readUint(1 << (token - 0xd9));
    this.#skip(size);
    if (size === PROTO.length && PROTO.equals(this.#bytes.subarray(this.#at - size, this.#at))) {
      this.#fail('a field named "__proto__"');
    }
  }

  #readArrayHeader(): number {
    const token = this.#readUint(1);
    if ((token >= 0x90 && token < 0xa0) || token === 0xdc || token === 0xdd) return this.#readCount(token);
    return this.#fail(`something else (0x${token.toString(16)}) where a list must be`);
  }

  /** The number of items of an array or map whose token was just read. */
  #readCount(token: number): number {
    return token < 0xa0 ? token & 0x0f : this.#readUint(token & 1 ? 4 : 2);
  }

  #readUint(size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + (this.#bytes[this.#at++] ?? this.#fail(ENDS_EARLY));
    return value;
  }

  #skip(size: number): void {
    this.#at += size;
    if (this.#at > this.#bytes.length) this.#fail(ENDS_EARLY);
  }

  #fail(found: string): never {
    throw new DecodingError(
      `These bytes are no chunk that the MessagePack codec wrote: found ${found}. ` +
        "They were damaged, written with another codec, or by something else.",
    );
  }
}
