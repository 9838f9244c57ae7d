import { expect, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { parseInputs } from "./input-arguments.ts";

const values = (name: string, ...items: unknown[]) => ({ name, kind: "values", values: items });

test.each([
  ["foo=5", values("foo", 5)],
  ["foo=[1, 2]", values("foo", 1, 2)],
  ["foo=[]", values("foo")],
  ["foo=[[1, 2]]", values("foo", [1, 2])],
  ['foo={"a":"=@-"}', values("foo", { a: "=@-" })],
  ["foo=-5", values("foo", -5)],
  ["foo=null", values("foo", null)],
  ["foo=-", { name: "foo", kind: "stdin" }],
  ["foo=@a=b.jsonl", { name: "foo", kind: "file", path: "a=b.jsonl" }],
])("%s", (text, expected) => {
  expect(parseInputs([text], ["foo"])).toEqual([expected]);
});

test("a name may contain =, as any text may", () => {
  expect(parseInputs(["a=b=1", "a=2"], ["a", "a=b"])).toEqual([values("a=b", 1), values("a", 2)]);
});

test("an input can be given several times", () => {
  expect(parseInputs(["a=1", "a=@b", "a=2"], ["a"]).map(({ kind }) => kind)).toEqual(["values", "file", "values"]);
});

test.each([
  [["foo"], /found "foo"/],
  [["=1"], /found "=1"/],
  [["foo=five"], /Input "foo": expected JSON, found "five"\. A text needs its quotes: --input 'foo="five"'/],
  [["foo="], /expected JSON, found nothing\.$/],
  [["foo=[1,"], /expected JSON, found "\[1,"\.$/],
  [["foo=@"], /expected a path/],
  [["foo=1", "b=1", "c=1"], /^Unknown input: "b", "c"\. This flow's inputs: "foo"\.$/],
  [[], /^Missing input: "foo"\. This flow's inputs: "foo"\. --input takes/],
  [["foo=-", "foo=-"], /Only one/],
])("%j is refused", (texts, message) => {
  expect(() => parseInputs(texts, ["foo"])).toThrow(UsageError);
  expect(() => parseInputs(texts, ["foo"])).toThrow(message);
});

test("a flow without inputs takes none", () => {
  expect(parseInputs([], [])).toEqual([]);
  expect(() => parseInputs(["a=1"], [])).toThrow("This flow takes no inputs.");
});
