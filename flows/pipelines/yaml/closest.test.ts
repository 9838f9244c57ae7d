import { expect, test } from "vitest";
import { closest, didYouMean } from "./closest.ts";

test.each<[name: string, known: string[], found: string | undefined]>([
  ["fiels", ["files", "filter", "pass"], "files"],
  ["FILES", ["files"], "files"],
  ["x", [], undefined],
  ["kafka", ["files", "http"], undefined],
])("what looks most like %j", (name, known, found) => {
  expect(closest(name, known)).toBe(found);
});

test("is suggested only where there is something like it", () => {
  expect(didYouMean("fiels", ["files"])).toBe('. Did you mean "files"?');
  expect(didYouMean("kafka", ["files"])).toBe("");
});
