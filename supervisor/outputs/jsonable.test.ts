import fc from "fast-check";
import { expect, inject, test } from "vitest";
import { toJsonLine } from "./jsonable.ts";
import { jsonText, readableText } from "./value-text.ts";

class Money {
  readonly cents = 5;
  toJSON() {
    return { amount: 5n };
  }
}

test.each<[what: string, value: unknown, json: string]>([
  ["BigInt", { big: 10n ** 20n }, '{"big":"100000000000000000000"}'],
  ["numbers without a value in JSON", [Number.NaN, -Infinity, -0], '["NaN","-Infinity",0]'],
  ["Date", { at: new Date(0), invalid: new Date(Number.NaN) }, '{"at":"1970-01-01T00:00:00.000Z","invalid":null}'],
  ["bytes", [Buffer.from("hi"), new Uint8Array([1]), new ArrayBuffer(1)], '["aGk=","AQ==","AA=="]'],
  ["typed arrays", [new Float32Array([0.5]), new BigInt64Array([1n])], '[[0.5],["1"]]'],
  ["Map", new Map<unknown, unknown>([["a", 1n]]), '{"a":"1"}'],
  ["Map with other keys", new Map([[1, new Set([2])]]), "[[1,[2]]]"],
  ["undefined", [undefined, { a: undefined, b: 1 }], '[null,{"b":1}]'],
  ["undefined alone", undefined, "null"],
  ["functions and symbols", { f: () => 1, s: Symbol("x"), list: [() => 1] }, '{"list":[null]}'],
  ["Error", Object.assign(new TypeError("no"), { code: "E" }), '{"name":"TypeError","message":"no","code":"E"}'],
  ["RegExp", /a/g, '"/a/g"'],
  ["toJSON", [new Money()], '[{"amount":"5"}]'],
  ["a key named __proto__", JSON.parse('{"__proto__":{"x":1},"n":1}'), '{"__proto__":{"x":1},"n":1}'],
  ["the same in a Map", new Map([["__proto__", 1n]]), '{"__proto__":"1"}'],
  ["the same object twice", Array(2).fill({ d: 1n }), '[{"d":"1"},{"d":"1"}]'],
  ["line ends", "a\nb\u2028", '"a\\nb\u2028"'],
])("%s", (_, value, json) => {
  expect(toJsonLine(value)).toBe(json);
});

test("what JSON has is written as JSON writes it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(toJsonLine(value)).toBe(JSON.stringify(value));
    }),
    { seed: inject("seed") },
  );
});

test("a value that contains itself, or is nested without bound, is a clear error", () => {
  const cycle: unknown[] = [];
  cycle.push([cycle, cycle]);
  expect(() => toJsonLine(cycle)).toThrow("A value that contains itself cannot be printed as JSON.");
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  expect(() => toJsonLine(deep)).toThrow("nested more than 1000 deep");
});

test("JSON Lines name the output where there are several", () => {
  expect(jsonText(false)("a", 1)).toBe("1\n");
  expect(jsonText(true)('a"b', "x")).toBe('{"output":"a\\"b","value":"x"}\n');
});

test("a person gets text as it is and other values as the console shows them, without what steers a terminal", () => {
  const text = readableText(false, { colours: false, columns: () => 80 });
  expect(text("a", "one\ntwo\t\x1b[31mred\x07")).toBe("one\ntwo\tred�\n");
  expect(text("a", { b: 1n })).toBe("{ b: 1n }\n");
  const tagged = readableText(true, { colours: true, columns: () => 80 });
  expect(tagged("a", "x")).toBe("\x1b[36ma\x1b[39m x\n");
  expect(tagged("a", "x\ny")).toBe("\x1b[36ma\x1b[39m \nx\ny\n");
});
