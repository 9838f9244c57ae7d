import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { DeclarationError, TamperedDataError } from "../../errors.ts";
import { jsonCodec } from "./json.ts";
import { msgpackCodec } from "./msgpack.ts";
import { type SigningOptions, signed } from "./signed.ts";

const key = "correct horse battery staple";
const codec = signed(msgpackCodec(), { key });

describe("tampering", () => {
  test("a change of any single bit is found before anything is decoded", () => {
    let decoded = 0;
    const inner = { ...msgpackCodec(), decode: () => [decoded++] };
    const bytes = Buffer.from(codec.encode([{ id: 1 }]));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => signed(inner, { key }).decode(changed)).toThrow(TamperedDataError);
    }
    expect(decoded).toBe(0);
  });

  test("no signature, and a part of one", () => {
    const bytes = msgpackCodec().encode([{ id: 1, text: "x".repeat(100) }]);
    for (const unsigned of [bytes, bytes.subarray(0, 31), bytes.subarray(0, 32), new Uint8Array()]) {
      expect(() => codec.decode(unsigned)).toThrow(TamperedDataError);
    }
  });

  test("another key, and another codec's signature", () => {
    expect(() => signed(msgpackCodec(), { key: `${key}!` }).decode(codec.encode([1]))).toThrow(TamperedDataError);
    expect(() => signed(jsonCodec(), { key }).decode(codec.encode([1]))).toThrow(TamperedDataError);
  });
});

describe("keys", () => {
  test("what a previous key signed is read, but nothing is signed with it", () => {
    const rotated = signed(msgpackCodec(), { key: "a new secret of enough bytes", previousKeys: [key] });
    expect(rotated.decode(codec.encode(["old"]))).toEqual(["old"]);
    expect(rotated.decode(rotated.encode(["new"]))).toEqual(["new"]);
    expect(() => codec.decode(rotated.encode(["new"]))).toThrow(TamperedDataError);
  });

  test("text and its bytes are the same key", () => {
    expect(signed(msgpackCodec(), { key: Buffer.from(key) }).decode(codec.encode([1]))).toEqual([1]);
  });

  test("a key that changes later in the caller's memory does not change the signature", () => {
    const bytes = Buffer.from(key);
    const other = signed(msgpackCodec(), { key: bytes });
    bytes.fill(0);
    expect(codec.decode(other.encode([1]))).toEqual([1]);
  });

  test("short and missing keys are refused, and never shown", () => {
    const short = "fifteen bytes!!";
    const unset: { key?: string } = {};
    for (const options of [{ key: short }, { key: new Uint8Array(15) }, { key, previousKeys: [short] }, unset, { key: "" }]) {
      let message = "";
      try {
        signed(msgpackCodec(), asOptions(options));
      } catch (error) {
        expect(error).toBeInstanceOf(DeclarationError);
        message = inspect(error, { depth: 5 });
      }
      expect(message).toContain("16 bytes");
      expect(message).not.toContain(short);
    }
  });

  test("a key is not shown by what prints the codec or its errors", () => {
    let shown = inspect(codec, { depth: 10, showHidden: true }) + JSON.stringify(codec);
    try {
      codec.decode(new Uint8Array(40));
    } catch (error) {
      shown += inspect(error, { depth: 10, showHidden: true });
    }
    expect(shown).not.toContain(key);
    expect(shown).not.toContain(Buffer.from(key).toString("hex"));
  });
});

/** What JavaScript callers, and variables of the environment that are not set, can pass. */
function asOptions(options: object): SigningOptions {
  return Object.assign(Object.create(null), options);
}
