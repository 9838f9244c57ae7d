import { beforeEach, expect, test } from "vitest";
import { type CheckedRun, RunChecks } from "./run-checks.ts";

const runs = new Map<string, CheckedRun>();
let asked: string[] = [];

function run(id: string, hasWaiting = true): CheckedRun {
  return {
    ended: false,
    hasWaiting,
    syncInBackground: async () => {
      asked.push(id);
    },
  };
}

function add(...ids: string[]): void {
  for (const id of ids) runs.set(id, run(id));
}

beforeEach(() => {
  runs.clear();
  asked = [];
});

test("a few runs are all asked about, each time", () => {
  add("a", "b", "c");
  runs.set("d", run("d", false));
  const checks = new RunChecks(runs);
  checks.check(true);
  expect(asked.sort()).toEqual(["a", "b", "c"]);
  checks.check(true);
  expect(asked.sort()).toEqual(["a", "a", "b", "b", "c", "c"]);
});

test("many runs take turns, whichever come and go meanwhile", () => {
  add(...Array.from({ length: 100 }, (_, i) => `${i}`));
  const checks = new RunChecks(runs);
  checks.check(true);
  expect(asked).toHaveLength(32);
  runs.delete("32");
  add("new");
  for (let i = 0; i < 3; i++) checks.check(true);
  // The turn of the one after it may be past by then: it has the next.
  expect(new Set(asked).size).toBeGreaterThanOrEqual(99);
  expect(asked).toContain("new");
  for (let i = 0; i < 4; i++) checks.check(true);
  expect(new Set(asked).size).toBe(100);
});

test("a new run does not wait for its turn", () => {
  add(...Array.from({ length: 100 }, (_, i) => `${i}`));
  const checks = new RunChecks(runs);
  const own = run("own");
  runs.set("own", own);
  checks.include(own);
  checks.check(true);
  expect(asked).toContain("own");
  asked = [];
  checks.check(true);
  expect(asked).not.toContain("own");
});

test("where news may be lost, all of them are asked about", () => {
  add(...Array.from({ length: 100 }, (_, i) => `${i}`));
  new RunChecks(runs).check(false);
  expect(asked).toHaveLength(100);
});
