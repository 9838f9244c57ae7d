/** Invariant 7 across processes: bounds never block a flow that would finish without them. */
import { expect, test } from "vitest";
import { figure, Scene, within } from "./kit/scene.ts";
import { diamond } from "./programs/flows.mjs";

const COUNT = 100;
const numbers = Array.from({ length: COUNT }, (_, n) => n);

async function joined(workers: readonly string[][]): Promise<number> {
  const scene = new Scene();
  const started = workers.map((implement) => scene.worker(implement));
  await Promise.all(started.map((worker) => worker.says("works")));
  const start = performance.now();
  const run = await scene.supervisor.startFlow(diamond, { n: numbers }, { defaults: { highWater: { values: 8 } } });
  expect(await within(run.outputs.joined.toArray(), "the join")).toEqual([...numbers, ...numbers]);
  await within(run.done, "the run");
  return performance.now() - start;
}

test("two branches that are written one after the other and read the other way round, in two workers", async () => {
  const apart = await joined([["split"], ["join"]]);
  figure("invariant 7", `a buffer of 8 grows to 100 across two workers in ${Math.round(apart)} ms`);
}, 60_000);
