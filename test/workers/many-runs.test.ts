import { BullMQExecutor } from "datagraph/bullmq";
import { expect, test } from "vitest";
import { figure, Scene, SOAK, within } from "./kit/scene.ts";
import { sumsOf, timed } from "./programs/flows.mjs";

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

test("fifty runs of three stages at worker concurrency 1, with bounded buffers: all finish", async () => {
  const scene = new Scene({ leaseMs: 10_000 });
  const stages = ["ticks", "squares", "sums"];
  const workers = [0, 1].map(() => scene.worker(stages, { concurrency: 1 }));
  await Promise.all(workers.map((worker) => worker.says("works")));
  // Two supervisors: so the runs' tasks are not dispatched in the same order for every processor.
  const supervisors = [scene.supervisor, scene.makeSupervisor()];
  const count = 40;
  const start = performance.now();
  const runs = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      (supervisors[i % 2] ?? scene.supervisor).startFlow(
        timed,
        { plan: [{ count, everyMs: 0 }] },
        { defaults: { highWater: { values: 16 }, maxBacklog: 100 } },
      ),
    ),
  );
  const times: number[] = [];
  const sums = await within(
    Promise.all(
      runs.map(async (run) => {
        const values = await run.outputs.sum.toArray();
        times.push(performance.now() - start);
        return values;
      }),
    ),
    "fifty runs",
    60_000,
  );
  for (const each of sums) expect(each).toEqual(sumsOf(count));
  await within(Promise.all(runs.map((run) => run.done)), "fifty runs to be done");
  figure(
    "31",
    `50 runs of 3 stages by 2 workers at concurrency 1: the first after ${Math.round(Math.min(...times))} ms, the last after ${Math.round(Math.max(...times))} ms`,
  );
}, 120_000);

test("runs that hold the places that the other one needs: who waits for streams lets others begin", async () => {
  const scene = new Scene();
  const bounds = { defaults: { highWater: { values: 16 }, maxBacklog: 100 } };
  const [count, everyMs] = [300, 0];
  const start = (supervisor = scene.supervisor) => supervisor.startFlow(timed, { plan: [{ count, everyMs }] }, bounds);
  // The second stage takes up the first run, and waits for what its first stage makes.
  const squares = scene.worker(["squares"], { concurrency: 1 });
  const first = await start();
  await squares.says("begin", { run: first.id, processor: "squares" });
  // The first stage takes up the second run, and soon waits for who reads that.
  const second = await start(scene.makeSupervisor(new BullMQExecutor({ job: { lifo: true } })));
  const ticks = scene.worker(["ticks"], { concurrency: 1 });
  scene.worker(["sums"], { concurrency: 1 });
  await ticks.says("begin");
  expect(ticks.all("begin")).toMatchObject([{ run: second.id, processor: "ticks" }]);
  const since = performance.now();
  for (const run of [first, second]) expect(await within(run.outputs.sum.toArray(), "the sums", 30_000)).toEqual(sumsOf(count));
  figure(
    "31",
    `two runs that hold each other's places, at concurrency 1: both complete after ${Math.round(performance.now() - since)} ms`,
  );
  for (const run of [first, second]) await within(run.done, "the run to be done");
  // A place is given away once, not again and again.
  for (const worker of [squares, ticks])
    expect(
      worker
        .all("begin")
        .map(({ run }) => run)
        .toSorted(),
    ).toEqual([first.id, second.id].toSorted());
}, 60_000);
