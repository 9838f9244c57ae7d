import { expect, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { seconds, timeSpan, wholeNumber } from "./numbers.ts";

test.each([
  [wholeNumber("-n"), "1", 1],
  [wholeNumber("-n"), "250", 250],
  [seconds("-s", 0), "0", 0],
  [seconds("-s", 0.1), "1.5", 1500],
  [timeSpan("-a"), "90s", 90_000],
  [timeSpan("-a"), "7d", 604_800_000],
])("%o reads %s", (parse, text, expected) => {
  expect(parse(text)).toBe(expected);
});

test.each([
  [wholeNumber("-n"), "0"],
  [wholeNumber("-n"), "1.5"],
  [wholeNumber("-n"), ""],
  [seconds("-s", 1), "0.5"],
  [seconds("-s", 1), "1e3"],
  [seconds("-s", 1), "100000"],
  [timeSpan("-a"), "7"],
  [timeSpan("-a"), "7 days"],
])("%o refuses %j", (parse, text) => {
  expect(() => parse(text)).toThrow(UsageError);
  expect(() => parse(text)).toThrow(JSON.stringify(text));
});
