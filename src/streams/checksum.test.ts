import { expect, test } from "vitest";
import { fc } from "../../test/support/random.ts";
import { checksumOf } from "./checksum.ts";

const all = (values: readonly unknown[]) => values.reduce((sum: number, value) => checksumOf(value, sum), 0);

test("equal values have equal checksums, whatever they share", () => {
  fc.assert(
    fc.property(
      fc.array(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })),
      (values) => {
        expect(all(structuredClone(values))).toBe(all(values));
      },
    ),
  );
});

test("what differs in kind, place or order has another checksum", () => {
  const different: unknown[][] = [
    [],
    [undefined],
    [null],
    [0],
    [0.5],
    [-1],
    [1n],
    ["1"],
    [""],
    [[]],
    [{}],
    [false],
    [true],
    [[1, 2]],
    [1, 2],
    [2, 1],
    [[1], 2],
    [{ a: 1 }],
    [{ b: 1 }],
    [{ a: { b: 1 } }],
    [{ a: {}, b: 1 }],
    [{ a: 1, b: 2 }],
    [{ b: 2, a: 1 }],
    ["ab", "c"],
    ["a", "bc"],
    ["x".repeat(1000)],
    [`${"x".repeat(999)}y`],
    [new Uint8Array([1, 2])],
    [new Uint8Array([2, 1])],
    [new Date(5)],
    [5],
    [new Set([1])],
    [new Map([[1, 1]])],
    [new Error("a")],
    [new TypeError("a")],
    [/a/],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
  ];
  expect(new Set(different.map(all)).size).toBe(different.length);
});

test("it is what was stored before: other processes compare with it", () => {
  expect(all([1, "two", { three: [3.5, null, true] }, new Uint8Array([4])])).toMatchInlineSnapshot(`337587570`);
});

test("what contains itself comes to an end", () => {
  const self: Record<string, unknown> = {};
  self.self = self;
  expect(checksumOf(self, 0)).toBeTypeOf("number");
});
