import { describe, expect, test } from "vitest";
import { withExpressions } from "./expressions.ts";

describe("expressions in texts", () => {
  test.each<[text: string, meaning: unknown]>([
    ["", ""],
    ["plain", "plain"],
    ["$name {name} $ {name}", "$name {name} $ {name}"],
    ["${name}", { path: "name" }],
    ["${ a.b[0] }", { path: "a.b[0]" }],
    ["${{a: a, b: {c: c}}}", { path: "{a: a, b: {c: c}}" }],
    ["${a[?b=='}']}", { path: "a[?b=='}']" }],
    ['${a[?b==`"}\\``]}', { path: 'a[?b==`"}\\``]' }],
    ['${"a}b"}', { path: '"a}b"' }],
    ["$${name}", "${name}"],
    ["$$${name}", "$${name}"],
    ["a $${ ${b}", { format: { text: "a ${{ {p1}", parts: { p1: { path: "b" } } } }],
    ["${a}${b}", { format: { text: "{p0}{p1}", parts: { p0: { path: "a" }, p1: { path: "b" } } } }],
    ["{${a}}", { format: { text: "{{{p1}}}", parts: { p1: { path: "a" } } } }],
  ])("%s", (text, meaning) => {
    expect(withExpressions(text)).toEqual(meaning);
  });

  test.each(["${", "${a", "a ${b.'c}"])("%s has no end", (text) => {
    expect(() => withExpressions(text)).toThrow('Expected a "}" at the end of an expression');
  });

  test("are found wherever they are, but not where texts are what they are", () => {
    const given = {
      a: ["${x}", 1],
      b: { value: "${x}" },
      c: { regex: { pattern: "a${2}", data: "${x}" } },
      d: new Map([[1, "${x}"]]),
    };
    expect(withExpressions(given)).toEqual({
      ...{ a: [{ path: "x" }, 1], b: { value: "${x}" }, d: new Map([[1, { path: "x" }]]) },
      c: { regex: { pattern: "a${2}", data: { path: "x" } } },
    });
    const day = new Date();
    expect(withExpressions([day, null, 1n])).toEqual([day, null, 1n]);
  });

  test("touch no prototype", () => {
    const found = withExpressions(JSON.parse('{ "__proto__": "${x}" }'));
    expect(Object.getOwnPropertyNames(found)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  });
});
