import { expect, test } from "vitest";
import { figure, Scene, SOAK, within } from "./kit/scene.ts";
import { pipeline, sumsOf } from "./programs/flows.mjs";

const RACES = SOAK ? 250 : 15;

test("four processes race to advance many runs: each task is performed once", async () => {
  const scene = new Scene({ leaseMs: 10_000 });
  const all = ["squares", "sums", "count", "report"];
  const workers = [0, 1, 2, 3].map(() => scene.worker(all));
  await Promise.all(workers.map((worker) => worker.says("works")));
  const starters = [0, 1, 2, 3].map((i) => scene.starter({ id: `s${i}`, runs: RACES, count: 5, flow: "waiting" }));
  await Promise.all(starters.map((starter) => starter.says("done", {}, 60_000)));
  const lines = starters.flatMap((starter) => starter.all("output")).map(({ values }) => values);
  expect(lines).toEqual(Array.from({ length: 4 * RACES }, () => ["5 sums"]));
  const begun = workers.flatMap((worker) => worker.all("begin")).map(({ run, processor }) => `${run} ${processor}`);
  expect(begun).toHaveLength(4 * RACES * all.length);
  expect(new Set(begun).size).toBe(begun.length);
  figure("27", `${begun.length} tasks of ${4 * RACES} runs, advanced by four processes, each performed once`);
}, 120_000);

test("many runs at worker concurrency 1, with bounded buffers: all finish", async () => {
  const scene = new Scene({ leaseMs: 10_000 });
  const workers = [scene.worker(["squares"], { concurrency: 1 }), scene.worker(["sums", "count", "report"], { concurrency: 1 })];
  await Promise.all(workers.map((worker) => worker.says("works")));
  const runs = await Promise.all(
    Array.from({ length: 50 }, () =>
      scene.supervisor.startFlow(
        pipeline,
        { n: Array.from({ length: 200 }, (_, n) => n) },
        { defaults: { highWater: { values: 16 } } },
      ),
    ),
  );
  const sums = await within(Promise.all(runs.map((run) => run.outputs.sum.toArray())), "fifty runs", 60_000);
  for (const each of sums) expect(each).toEqual(sumsOf(200));
  await within(Promise.all(runs.map((run) => run.done)), "fifty runs to be done");
}, 120_000);
