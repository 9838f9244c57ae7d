import { describe, expect, test } from "vitest";
import { fc } from "../../test/support/random.ts";
import { parseExactly } from "./exact.ts";
import { JsonError, parseJson } from "./parse.ts";

describe("numbers keep their kind", () => {
  const cases: readonly [text: string, value: unknown][] = [
    ["1", 1],
    ["1.0", { float: 1 }],
    ["-1.00", { float: -1 }],
    ["1.5", 1.5],
    ["0.1", 0.1],
    ["1e5", { float: 100000 }],
    ["1E+2", { float: 100 }],
    ["12.50e1", { float: 125 }],
    ["1e-7", 1e-7],
    ["0.0", { float: 0 }],
    ["-0.0", { float: -0 }],
    ["0e0", { float: 0 }],
    ["-0", 0],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["9223372036854775807", 9223372036854775807n],
    ["123456789012345678901234567890", 123456789012345678901234567890n],
    ["900719925474099.99999", { float: 900719925474100 }],
    ["9007199254740993.5", { float: 9007199254740994 }],
    ["0.12345678901234567", Number("0.12345678901234567")],
    ["1e400", { float: Number.POSITIVE_INFINITY }],
    ["-1e400", { float: Number.NEGATIVE_INFINITY }],
  ];
  test.each(cases)("%s", (text, value) => {
    expect(parseJson(text)).toStrictEqual(value);
    expect(parseJson(` [${text} ,${text}]`)).toStrictEqual([value, value]);
    expect(parseJson(`{"a":${text}}`)).toStrictEqual({ a: value });
    expect(parseJson(`{"a" : ${text}\n}`)).toStrictEqual({ a: value });
  });
});

test("numbers in strings are text", () => {
  for (const text of ["1.0", ": 1.0,", '[1e5,"', "9007199254740993", "\\", '\\"', "12:00:00.000Z"]) {
    const json = JSON.stringify({ [text]: text });
    expect(parseJson(json)).toStrictEqual({ [text]: text });
    expect(parseExactly(json)).toStrictEqual({ [text]: text });
  }
});

test("of a key that is there twice the last one counts, also where numbers are read exactly", () => {
  expect(parseJson('{"a":1,"b":2,"a":3}')).toStrictEqual({ a: 3, b: 2 });
  expect(parseJson('{"a":1.0,"b":2,"a":3.0}')).toStrictEqual({ a: { float: 3 }, b: 2 });
});

test.each(['{"__proto__":{"admin":true},"n":1}', '{"__proto__":{"admin":true},"n":1.0}'])("%s alters no prototype", (text) => {
  const value = parseJson(text);
  expect(Object.getOwnPropertyNames(value)).toContain("__proto__");
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Reflect.get({}, "admin")).toBeUndefined();
});

test.each(["", "{", "[1.0", "1.", "01", "{'a':1}", "nul", "[1,]", "NaN"])("%j is no JSON", (text) => {
  expect(() => parseJson(text)).toThrow(JsonError);
});

test("depth costs no stack where numbers are read exactly", () => {
  const depth = 100_000;
  let value = parseJson(`${"[".repeat(depth)}1.0${"]".repeat(depth)}`);
  for (let i = 0; i < depth; i++) value = Array.isArray(value) ? value[0] : undefined;
  expect(value).toEqual({ float: 1 });
});

test("what has no unusual numbers is read as JSON.parse reads it, on both ways", () => {
  const json = fc.json({ maxDepth: 4 });
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1, 2), (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), undefined, indent);
      expect(unwrapped(parseJson(spaced))).toStrictEqual(unwrapped(JSON.parse(spaced)));
      expect(unwrapped(parseExactly(spaced))).toStrictEqual(unwrapped(JSON.parse(spaced)));
      // The quick way may only be taken when it gives what the exact one gives.
      expect(parseJson(spaced)).toStrictEqual(parseExactly(spaced));
    }),
  );
});

/** All numbers as plain ones; keys sorted by nothing, prototypes as they are. */
function unwrapped(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === "float" && typeof first[1] === "number") return first[1] === 0 ? 0 : first[1];
  return entries.map(([key, inner]) => [key, unwrapped(inner)]);
}
