import { expect, test } from "vitest";
import { lineLog } from "./terminal-log.ts";

function logged(verbose: boolean): string[] {
  const lines: string[] = [];
  const log = lineLog({ write: (line) => lines.push(line), verbose });
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  log.debug("details");
  log.info("begins", { n: 1, text: "a b", list: [1], nothing: undefined, cycle });
  log.error("failed", { error: new TypeError("no") });
  return lines;
}

test("one line per message, with its fields", () => {
  expect(logged(false)).toEqual([
    "info: begins n=1 text=a b list=[1] nothing=undefined cycle=[object Object]",
    "error: failed error=TypeError: no",
  ]);
});

test("debug messages and stacks where they are asked for", () => {
  expect(logged(true)[0]).toBe("debug: details");
  expect(logged(true).at(-1)).toMatch(/^error: failed error=TypeError: no\n {4}at /);
});
