import { expect, test } from "vitest";
import { DecodingError, EncodingError } from "../../errors.ts";
import { jsonCodec } from "./json.ts";

const codec = jsonCodec();

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value };
  return value;
}

test("a chunk can be read by people", () => {
  expect(Buffer.from(codec.encode([{ id: 1, name: "Ada 🦊" }, [null]])).toString("utf8")).toBe(
    '[{"id":1,"name":"Ada 🦊"},[null]]',
  );
});

test("properties that are undefined are left out", () => {
  expect(codec.decode(codec.encode([{ a: undefined, b: 1 }]))).toStrictEqual([{ b: 1 }]);
});

test("what JSON has no place for is named with the way to it and what to do", () => {
  const cases: [value: unknown, message: RegExp][] = [
    [{ price: 1n }, /JSON cannot hold values\[1\]\.price: found a BigInt\. Convert it/],
    [{ list: [undefined] }, /values\[1\]\.list\[0\]: found undefined/],
    [{ ratio: Number.NaN }, /values\[1\]\.ratio: found NaN/],
    [{ at: new Date() }, /values\[1\]\.at: found an instance of Date\. Convert it .* or use the default codec/],
    [[new Map()], /values\[1\]\[0\]: found an instance of Map/],
    [{ toJSON: () => "hidden" }, /values\[1\]\.toJSON: found a function/],
  ];
  for (const [value, message] of cases) {
    expect(() => codec.encode([0, value])).toThrow(EncodingError);
    expect(() => codec.encode([0, value])).toThrow(message);
  }
});

test("depth is limited both ways", () => {
  const limited = jsonCodec({ maxDepth: 20 });
  expect(limited.decode(limited.encode([nested(20)]))).toEqual([nested(20)]);
  expect(() => limited.encode([nested(21)])).toThrow(/more than 20 containers/);
  expect(() => limited.decode(codec.encode([nested(21)]))).toThrow(/more than 20 containers/);
  expect(() => codec.decode(Buffer.from("[".repeat(200_000) + "]".repeat(200_000)))).toThrow(DecodingError);
});

test("bytes that are no UTF-8, and JSON that is no list, are no chunk", () => {
  for (const bytes of [
    Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]),
    Buffer.from("{}"),
    Buffer.from("1"),
    Buffer.from("\ufeff[]"),
    Buffer.from("[1"),
  ]) {
    expect(() => codec.decode(bytes)).toThrow(DecodingError);
  }
});

test("a hostile key in the bytes becomes an own property", () => {
  const [decoded] = codec.decode(Buffer.from('[{"__proto__":{"polluted":true}}]'));
  expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  expect(JSON.stringify(decoded)).toBe('{"__proto__":{"polluted":true}}');
});
