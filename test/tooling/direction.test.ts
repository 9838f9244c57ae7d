import { expect, test } from "vitest";
import { directionProblems, importCycles } from "../../scripts/lib/direction.mjs";
import { importsOf } from "../../scripts/lib/imports.mjs";

const installedByUsers = new Set(["ioredis", "msgpackr"]);

/** What the lint says about one line of code in one file. */
function rulesBrokenBy(file: string, code: string): string[] {
  const names: Record<string, string> = { datagraph: "src/index.ts", "datagraph/testing": "src/testing/index.ts" };
  const imports = importsOf(file, code, (from, specifier) => {
    if (specifier.startsWith(".")) return new URL(specifier, `file:///${from}`).pathname.slice(1);
    return names[specifier] ?? `npm:${specifier}`;
  });
  return directionProblems(imports, installedByUsers).map((problem) => /\[(.+?)\]/.exec(problem)?.[1] ?? problem);
}

test.each([
  ["src/run/run.ts", 'import { x } from "../../processors/x.ts";', "one way"],
  ["flows/copy.ts", 'export * from "../supervisor/main.ts";', "one way"],
  ["src/run/run.ts", 'const x = await import("../../examples/x.ts");', "one way"],
  ["flows/copy.ts", 'import { Flow } from "../src/index.ts";', "by name"],
  ["examples/x/main.ts", 'import type { Flow } from "../../src/flow/flow.ts";', "by name"],
  ["src/run/run.ts", 'import { Flow } from "datagraph";', "not by name"],
  ["src/run/run.ts", 'import { x } from "../../test/support/fresh.ts";', "no tools"],
  ["src/streams/store.ts", 'import { Run } from "../run/run.ts";', "streams know no runs"],
  ["src/streams/memory/store.ts", 'import type { Run } from "../../supervisor/run.ts";', "streams know no runs"],
  ["src/streams/store.ts", 'import { topology } from "../flow/topology.ts";', "streams know no runs"],
  ["src/run/run.ts", 'import { suite } from "../testing/index.ts";', "testing is for tests"],
  ["src/run/run.ts", 'import { Redis } from "ioredis";', "driver at home"],
  ["supervisor/main.ts", 'const { Redis } = await import("ioredis");', "driver at home"],
  ["src/supervisor/supervisor.ts", 'import { open } from "../streams/redis/store.ts";', "driver on demand"],
  ["src/run/run.ts", 'import { pack } from "msgpackr";', "codecs at home"],
  ["flows/copy.ts", 'import { z } from "zod";', "installed by users"],
])("%s must not say: %s", (file, code, rule) => {
  expect(rulesBrokenBy(file, code)).toEqual([rule]);
});

test.each([
  ["src/run/run.ts", 'import { x } from "../streams/store.ts";'],
  ["flows/copy.ts", 'import { Flow } from "datagraph";'],
  ["flows/copy.ts", 'import { read } from "../processors/read.ts";'],
  ["src/streams/store.ts", 'import type { Topology } from "../flow/topology.ts";'],
  ["src/streams/redis/store.ts", 'import { Redis } from "ioredis";'],
  ["src/supervisor/options.ts", 'import type { RedisOptions } from "ioredis";'],
  ["src/supervisor/supervisor.ts", 'const { open } = await import("../streams/redis/store.ts");'],
  ["src/run/run.test.ts", 'import { suite } from "../testing/index.ts"; import { expect } from "vitest";'],
  ["examples/report/main.ts", 'import { z } from "zod";'],
])("%s may say: %s", (file, code) => {
  expect(rulesBrokenBy(file, code)).toEqual([]);
});

test("files must not load each other in a ring; types and import() may close one", () => {
  const load = (from: string, to: string, how: { type?: boolean; lazy?: boolean } = {}) => {
    return { from, to, line: 1, specifier: to, type: false, lazy: false, ...how };
  };
  const chain = [load("a", "b"), load("b", "c"), load("a", "c")];
  expect(importCycles([...chain, load("c", "a", { type: true }), load("c", "b", { lazy: true })])).toEqual([]);
  expect(importCycles([...chain, load("c", "b")])).toEqual([["b", "c", "b"]]);
});
