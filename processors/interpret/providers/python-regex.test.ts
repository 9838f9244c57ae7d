import { describe, expect, test } from "vitest";
import { pythonRegex } from "./python-regex.ts";

/** What Python 3.11 finds, by `re.search` and `re.match`. */
const cases: readonly [pattern: string, text: string, search: string | null, match: string | null][] = [
  ["(?P<a>\\w+)-(?P<b>\\d+)", "x ab-12", "ab-12", null],
  ["(?P<q>['\"]).*?(?P=q)", "say 'it' now", "'it'", null],
  ["^a$", "a\n", "a", "a"],
  ["a\\Z", "a\n", null, null],
  ["\\Ab", "x\nb", null, null],
  ["(?m)^b$", "x\nb\ny", "b", null],
  ["(?m)^b$", "x\rb\ry", null, null],
  ["a.b", "a\nb", null, null],
  ["a.b", "a\rb", "a\rb", "a\rb"],
  ["(?s)a.b", "a\nb", "a\nb", "a\nb"],
  ["(?i)HELLO", "hello", "hello", "hello"],
  ["\\d+", "x१२", "१२", null],
  ["\\w+", "été!", "été", "été"],
  ["\\bé", "aé é", "é", null],
  ["\\B.", "ab", "b", null],
  ["[\\w.-]+@[\\w-]+\\.\\w+", "<me@x-y.org>", "me@x-y.org", null],
  ["[^\\W\\d_]+", "1_ab2", "ab", null],
  ["[]a]+", "x]a", "]a", null],
  ["[^]a]+", "]x", "x", null],
  ["[a\\-z]+", "b-z", "-z", null],
  ["[a-]+", "-a", "-a", "-a"],
  ["[&&|\\--]", "&", "&", "&"],
  ["[😀-😎]", "x😁", "😁", null],
  ["x{", "x{", "x{", "x{"],
  ["a{,2}b", "aaab", "aab", null],
  ["a{2,3}?", "aaa", "aa", "aa"],
  ["}", "}", "}", "}"],
  ["\\_\\-\\ \\#", "_- #", "_- #", "_- #"],
  ["\\x41\\u00e9\\U0001F600\\101", "Aé😀A", "Aé😀A", "Aé😀A"],
  ["[\\101\\b]+", "A\b", "A\b", "A\b"],
  ["\\0", "\0", "\0", "\0"],
  ["(?#note)ab", "ab", "ab", "ab"],
  ["(a)(b)?\\1", "aba", "aba", "aba"],
  ["(?<=a)b|(?<!x)c(?=d)(?!e)", "ab", "b", null],
  ["\\s+", "x\u001c\u0085\u00a0y", "\u001c\u0085\u00a0", null],
  ["\\s", "\ufeff", null, null],
  ["", "x", "", ""],
];

test.each(cases)("%s in %j", (pattern, text, search, match) => {
  expect(pythonRegex(pattern).exec(text)?.[0] ?? null).toBe(search);
  expect(pythonRegex(pattern, "match").exec(text)?.[0] ?? null).toBe(match);
});

describe("what has no counterpart is refused", () => {
  test.each([
    "a++",
    "a{2}+",
    "(?>a)",
    "(?(1)a)",
    "(?x)a b",
    "(?i:a)",
    "\\q",
    "[\\q]",
    "\\x4",
    "[a",
    "(a",
    "a\\",
    "[z-a]",
    "(?P=q)",
    "*",
  ])("%s", (pattern) => {
    expect(() => pythonRegex(pattern)).toThrow(SyntaxError);
  });
});
