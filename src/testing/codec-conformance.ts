import { describe, expect, test } from "vitest";
import { type DatagraphError, DecodingError, EncodingError, TamperedDataError } from "../errors.ts";
import type { Codec } from "../streams/codecs/codec.ts";
import { hostileValues, keptByEvery, mutations, optionalSamples, sharedPrototypes, smallChunk } from "./codec-samples.ts";
import { firstDifference } from "./first-difference.ts";

/** What a codec may keep or refuse, but never alter silently. */
export type CodecFeature = keyof typeof optionalSamples;

/** What a codec under test does. */
export interface CodecCapabilities {
  /** The features whose values come back as they were. All others must be refused with an `EncodingError`. */
  readonly supports: readonly CodecFeature[];
}

/**
 * Declares the tests that every codec must pass, with Vitest.
 *
 * @param name names the codec in the tests' output.
 * @param makeCodec makes a codec; it is called several times, and what one encodes another one must decode.
 * @example
 * // my-codec.test.ts
 * testCodec("CBOR", () => cborCodec(), { supports: ["bigint", "date", "bytes"] });
 */
export function testCodec(name: string, makeCodec: () => Codec, { supports }: CodecCapabilities): void {
  describe(`codec: ${name}`, () => {
    describe("round trips", () => testRoundTrips(makeCodec, supports));
    describe("bytes", () => testBytes(makeCodec));
    describe("values that are refused", () => testRefusals(makeCodec));
    describe("bytes that are refused", () => testDamage(makeCodec));
  });
}

function testRoundTrips(makeCodec: () => Codec, supports: readonly CodecFeature[]): void {
  for (const [what, value] of Object.entries(keptByEvery)) {
    test(what, () => expectRoundTrip(makeCodec, value));
  }
  test("an empty chunk", () => {
    expect(makeCodec().decode(makeCodec().encode([]))).toEqual([]);
  });
  for (const [feature, value] of Object.entries(optionalSamples)) {
    if (supports.some((supported) => supported === feature)) {
      test(`keeps: ${feature}`, () => {
        expectRoundTrip(makeCodec, value);
        expectRoundTrip(makeCodec, { in: [{ an: value }] });
      });
    } else {
      test(`refuses: ${feature}`, () => {
        expect(() => makeCodec().encode([1, { a: [value] }])).toThrow(EncodingError);
      });
    }
  }
}

function expectRoundTrip(makeCodec: () => Codec, value: unknown): void {
  expectSame(makeCodec().decode(makeCodec().encode([value, "next"])), [value, "next"]);
  expectSame(makeCodec().decode(makeCodec().encode([value, "next"]), true), [value, "next"]);
}

/** Vitest's own comparison cannot tell objects apart, or together, that have a property named `constructor`. */
function expectSame(found: unknown, expected: unknown): void {
  expect(firstDifference(found, expected), "the place at which the decoded values differ").toBe(undefined);
}

function testBytes(makeCodec: () => Codec): void {
  const chunk = Object.values(keptByEvery);

  test("the same values give the same bytes, whatever was encoded or refused before", () => {
    const codec = makeCodec();
    const first = Buffer.from(codec.encode(chunk));
    for (let i = 0; i < 100; i++) codec.encode([{ [`key${i}`]: i, [`other${i}`]: { deeper: i } }]);
    expect(() => codec.encode([{ id: 1, name: () => 1 }])).toThrow(EncodingError);
    expect(Buffer.from(codec.encode(chunk)).equals(first)).toBe(true);
    expect(Buffer.from(makeCodec().encode(chunk)).equals(first)).toBe(true);
  });

  test("what was encoded stays as it was while more is encoded", () => {
    const codec = makeCodec();
    const encoded = Array.from({ length: 300 }, (_, i) => codec.encode([{ i, text: "x".repeat(i * 10) }]));
    for (const [i, bytes] of encoded.entries()) expect(codec.decode(bytes)).toEqual([{ i, text: "x".repeat(i * 10) }]);
  });

  test("what was decoded shares nothing with the bytes, and the bytes are left as they were", () => {
    const codec = makeCodec();
    const bytes = Uint8Array.from(codec.encode(chunk));
    const copy = Uint8Array.from(bytes);
    const decoded = codec.decode(bytes);
    expect(bytes).toEqual(copy);
    bytes.fill(0xff);
    expectSame(decoded, chunk);
  });

  test("bytes in the middle of a larger buffer are decoded", () => {
    const codec = makeCodec();
    const bytes = codec.encode(chunk);
    const larger = new Uint8Array(bytes.length + 32).fill(0x81);
    larger.set(bytes, 13);
    expectSame(codec.decode(larger.subarray(13, 13 + bytes.length)), chunk);
  });
}

function testRefusals(makeCodec: () => Codec): void {
  for (const [what, make] of Object.entries(hostileValues)) {
    test(what, () => {
      const codec = makeCodec();
      const before = sharedPrototypes();
      expect(() => codec.encode([1, { list: [make()] }])).toThrow(EncodingError);
      expect(sharedPrototypes()).toEqual(before);
      expect(codec.decode(codec.encode([{ still: "works" }]))).toEqual([{ still: "works" }]);
    });
  }

  test("the error says where the value is", () => {
    expect(() => makeCodec().encode([1, { list: [0, { f: () => 1 }] }])).toThrow(/values\[1\]\.list\[1\]\.f/);
  });
}

function testDamage(makeCodec: () => Codec): void {
  test("no bytes, and bytes of something else", () => {
    for (const bytes of [new Uint8Array(), Buffer.from("Hello, world"), new Uint8Array(64).fill(0xff)]) {
      expectRefusal(() => makeCodec().decode(bytes));
    }
  });

  test("a chunk that is cut short anywhere", () => {
    const codec = makeCodec();
    const bytes = codec.encode(smallChunk);
    for (let length = 0; length < bytes.length; length++) expectRefusal(() => codec.decode(bytes.subarray(0, length)));
  });

  test("a chunk with more behind it", () => {
    const codec = makeCodec();
    expectRefusal(() => codec.decode(Buffer.concat([codec.encode(smallChunk), Buffer.from([0x90])])));
  });

  test("5,000 damaged chunks are refused or decoded, nothing else, and no prototype is altered", () => {
    const codec = makeCodec();
    const before = sharedPrototypes();
    for (const bytes of mutations(codec.encode(smallChunk), 5000)) {
      try {
        expect(Array.isArray(codec.decode(bytes))).toBe(true);
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
    expect(sharedPrototypes()).toEqual(before);
    expectSame(codec.decode(codec.encode(smallChunk)), smallChunk);
  });
}

function expectRefusal(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    expect(isRefusal(error), `${String(error)} is neither a DecodingError nor a TamperedDataError`).toBe(true);
    return;
  }
  expect.fail("expected a DecodingError or a TamperedDataError, but the bytes were decoded");
}

function isRefusal(error: unknown): error is DatagraphError {
  return error instanceof DecodingError || error instanceof TamperedDataError;
}
