import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { DeclarationError, DecodingError, EncodingError } from "../../errors.ts";
import { compressed } from "./compressed.ts";
import { msgpackCodec } from "./msgpack.ts";

const plain = msgpackCodec();
const large = Array.from({ length: 500 }, (_, i) => ({ id: i, text: "much the same text" }));

test("large chunks get smaller, and all algorithms are read whichever is written", () => {
  for (const algorithm of ["deflate", "gzip", "brotli"] as const) {
    const codec = compressed(plain, { algorithm });
    const bytes = codec.encode(large);
    expect(bytes.length).toBeLessThan(plain.encode(large).length / 3);
    expect(compressed(plain).decode(bytes)).toEqual(large);
    expect(codec.name).toBe(`msgpack+${algorithm}`);
  }
});

test("small chunks, and those that would not get smaller, take one byte more", () => {
  const noise = [Buffer.from(Array.from({ length: 5000 }, (_, i) => Math.imul(i ** 3 + 7, 2_654_435_761) >>> 24))];
  for (const values of [[1], noise]) {
    const bytes = compressed(plain).encode(values);
    expect(bytes.length).toBe(plain.encode(values).length + 1);
    expect(compressed(plain).decode(bytes)).toEqual(values);
  }
});

test("the threshold is in bytes of the chunk", () => {
  const values = ["x".repeat(100)];
  const size = plain.encode(values).length;
  expect(compressed(plain, { threshold: size + 1 }).encode(values)[0]).toBe(0);
  expect(compressed(plain, { threshold: size }).encode(values)[0]).not.toBe(0);
});

test("what would grow above maxBytes is refused without growing", () => {
  const codec = compressed(plain, { maxBytes: 100_000 });
  const zeros = Buffer.alloc(100_000_000);
  for (const [mark, bomb] of [gzipSync(zeros), deflateSync(zeros), brotliCompressSync(zeros)].entries()) {
    const before = process.memoryUsage().arrayBuffers;
    expect(() => codec.decode(Buffer.concat([Buffer.from([mark + 1]), bomb]))).toThrow(/more than 100000/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  }
});

test("what could not be read again is not written", () => {
  expect(() => compressed(plain, { maxBytes: 1000 }).encode(["x".repeat(1000)])).toThrow(EncodingError);
});

test("damaged chunks and other bytes", () => {
  const bytes = Buffer.from(compressed(plain).encode(large));
  for (const damaged of [
    bytes.subarray(0, -1),
    bytes.subarray(1),
    Buffer.concat([bytes, bytes]),
    Buffer.from([9, 1]),
    new Uint8Array(),
  ]) {
    expect(() => compressed(plain).decode(damaged)).toThrow(DecodingError);
  }
});

test("options that make no sense", () => {
  const wrong = [
    { level: 0 },
    { level: 10 },
    { algorithm: "brotli", level: 12 },
    { threshold: -1 },
    { maxBytes: 0 },
    { maxBytes: Number.NaN },
  ] as const;
  for (const options of wrong) expect(() => compressed(plain, options)).toThrow(DeclarationError);
  expect(() => compressed(plain, Object.assign({}, { algorithm: "zip" as "gzip" }))).toThrow(/deflate.*not "zip"/);
});
