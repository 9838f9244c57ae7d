/**
 * Random flows do what a plain sequential evaluation of them gives, whatever their shape, order of reading, rates and
 * bounds. `TEST_SEED` (printed at the start of every run of the tests) repeats a run; `RUNS` says how many flows,
 * `FLOW_PATH` (printed with a failure) which one alone, and `SHRINK=1` looks for a smaller one that fails.
 */
import { expect, test } from "vitest";
import { fc } from "../support/random.ts";
import type { StoreName } from "./kit/every-store.ts";
import { performFlow, sizeOf } from "./random/perform.ts";
import { flows } from "./random/spec.ts";

const MOST_VALUES = 3_000;
const HOURS = 3_600_000;

function testRandomFlows(store: StoreName, runs: number): void {
  test(`random flows [${store}]`, { timeout: process.env.RUNS === undefined ? 120_000 : HOURS }, async () => {
    let performed = 0;
    const property = fc.asyncProperty(flows, async (spec) => {
      fc.pre(sizeOf(spec) <= MOST_VALUES);
      await performFlow(store, spec);
      performed++;
    });
    const { RUNS, FLOW_PATH: path, SHRINK } = process.env;
    await fc.assert(property, {
      numRuns: Number(RUNS ?? runs),
      endOnFailure: SHRINK === undefined,
      ...(path !== undefined && { path }),
    });
    expect(performed).toBeGreaterThan(0);
  });
}

testRandomFlows("memory", 300);
testRandomFlows("redis", 100);
