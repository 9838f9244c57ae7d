import { Packr, unpack } from "msgpackr";
import { describe, expect, test } from "vitest";
import { fc } from "../../../test/support/random.ts";
import { ChunkInspector } from "./msgpack-inspect.ts";
import { PlainWriter } from "./msgpack-writer.ts";

const limits = { maxDepth: 64, maxItems: 1_000_000 };
const writer = new PlainWriter(limits);

/** What is read again, once the inspector has found nothing wrong with it. */
function read(bytes: Uint8Array | undefined): unknown {
  if (!bytes) throw new Error("It was left to msgpackr");
  new ChunkInspector(64).inspect(bytes);
  return unpack(bytes);
}

const again = (values: readonly unknown[]) => read(writer.write(values));

describe("plain data is written as it is", () => {
  const integers = [0, 1, 31, 32, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
  const numbers = [
    ...integers,
    ...integers.map((n) => -n - 1),
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
    0.5,
    -1e300,
    NaN,
    Infinity,
    -Infinity,
  ];

  test("numbers of every size", () => {
    expect(again(numbers)).toEqual(numbers);
  });

  test.each([0, 31, 32, 84, 85, 86, 255, 256, 21845, 21846, 65535, 65536, 300_000])("texts of %i characters", (length) => {
    const texts = ["x", "é", "€"].map((letter) => letter.repeat(length));
    expect(again([...texts, "🙂".repeat(length / 2)])).toEqual([...texts, "🙂".repeat(length / 2)]);
  });

  test.each([0, 15, 16, 65535, 65536])("lists of %i items", (length) => {
    const list = Array.from({ length }, (_, i) => i % 100);
    expect(again(list)).toEqual(list);
    expect(again([list, list])).toEqual([list, list]);
  });

  test("records whose kinds change, within each other too", () => {
    const values = Array.from({ length: 200 }, (_, i) => ({
      id: i,
      ...(i % 3 === 0 ? { inner: { a: i, ...(i % 2 === 0 && { b: [{ c: 1 }, { c: "two", d: null }] }) } } : { other: { e: i } }),
      ...(i % 5 === 0 && { last: undefined }),
    }));
    expect(again(values)).toEqual(values);
  });

  test("what a record has defined before it turned out to be of another kind is defined again", () => {
    const values = [
      { a: 1, b: 2 },
      { a: { x: 1 }, c: 2 },
      { a: { x: 1 }, b: { y: 2 } },
      { a: { x: 3 }, c: { y: 4 } },
    ];
    expect(again(values)).toEqual(values);
  });

  test("anything plain, as msgpackr reads it", () => {
    const text = fc.string({ unit: "binary" });
    const { plain } = fc.letrec((tie) => ({
      plain: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(fc.integer(), fc.double(), text, fc.boolean(), fc.constant(null), fc.constant(undefined)),
        fc.array(tie("plain"), { maxLength: 20 }),
        fc.dictionary(fc.constantFrom("a", "b", "id", "name", "é", "a longer name"), tie("plain"), { noNullPrototype: true }),
      ),
    }));
    const packr = new Packr({ useRecords: true, moreTypes: true });
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 50 }), (values) => {
        const bytes = writer.write(values);
        if (bytes) expect(read(bytes)).toEqual(packr.unpack(packr.pack(values)));
      }),
    );
  });
});

describe("the rest is left to msgpackr", () => {
  const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
  test.each([
    ["a date", new Date()],
    ["bytes", Buffer.from("x")],
    ["a map", new Map()],
    ["a BigInt", 1n],
    ["minus zero", -0],
    ["a lone surrogate", "\ud800"],
    ["a lone surrogate in a long text", "\ud800".padEnd(100, "x")],
    ["a function", () => 1],
    ["a hole", new Array(1)],
    ["a class", new (class A {})()],
    ["a list of a class of its own", new (class B extends Array {})()],
    ["a field __proto__", JSON.parse('{"__proto__": 1}')],
    ["more fields than a short list has", keys(16)],
  ])("%s", (_, value) => {
    expect(writer.write([value])).toBeUndefined();
    expect(writer.write([{ inside: [value] }])).toBeUndefined();
    // And the next chunk is written as if nothing had been.
    expect(again([{ inside: [1] }])).toEqual([{ inside: [1] }]);
  });

  test("as many fields as a short list has are its own", () => {
    expect(again([keys(15)])).toEqual([keys(15)]);
  });

  test("values inside each other more deeply, or more of them, than the limits allow", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    const strict = new PlainWriter({ maxDepth: 4, maxItems: 8 });
    expect(read(strict.write([nested(4)]))).toEqual([nested(4)]);
    expect(strict.write([nested(5)])).toBeUndefined();
    expect(read(strict.write([{ a: 1, b: 2, c: [1, 2] }]))).toEqual([{ a: 1, b: 2, c: [1, 2] }]);
    expect(strict.write([{ a: 1, b: 2, c: [1, 2, 3, 4, 5] }])).toBeUndefined();
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(writer.write(cycle)).toBeUndefined();
  });

  test("so many kinds of records that looking for them costs more", () => {
    const kinds = (count: number) => Array.from({ length: count }, (_, i) => ({ [`k${i}`]: i }));
    expect(again(kinds(16))).toEqual(kinds(16));
    expect(writer.write(kinds(17))).toBeUndefined();
  });
});
