import { expect, test } from "vitest";
import { problemsOf, summarize, summaryLine } from "../../scripts/lib/test-summary.mjs";

function module(state: string, ...tests: string[]) {
  const allTests = () => tests.map((result, index) => ({ fullName: `test ${index}`, result: () => ({ state: result }) }));
  return { relativeModuleId: "a.test.ts", state: () => state, children: { allTests } };
}

test("counts tests, files that failed to load and errors that no test caught", () => {
  const modules = [module("failed", "passed", "failed", "skipped"), module("failed"), module("passed", "passed")];
  const summary = summarize(modules, 1);
  expect(summary).toEqual({ passed: 2, failed: 3, skipped: ["a.test.ts > test 2"] });
  expect(summaryLine(summary)).toBe("2 passed, 3 failed, 1 skipped");
  expect(summaryLine(summarize([module("passed", "passed")], 0))).toBe("1 passed, 0 failed");
});

test("a run without tests is no success, nor is one in CI that skipped some", () => {
  const skipping = { passed: 1, failed: 0, skipped: ["a"] };
  expect(problemsOf({ passed: 0, failed: 0, skipped: [] }, { ci: false })).toEqual(["No test ran"]);
  expect(problemsOf(skipping, { ci: false })).toEqual([]);
  expect(problemsOf(skipping, { ci: true })).toEqual(["Nothing may be skipped in CI, but these were:\n  a"]);
  expect(problemsOf({ passed: 1, failed: 2, skipped: [] }, { ci: true })).toEqual([]);
});
