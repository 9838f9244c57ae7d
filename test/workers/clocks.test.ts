/** Promise 30: clocks that are ten minutes apart. What is measured by a clock is measured by the server's. */
import { expect, test } from "vitest";
import { figure, Scene, within } from "./kit/scene.ts";
import { sumsOf, timed } from "./programs/flows.mjs";

const MINUTE = 60_000;
const LEASE_MS = 1_000;
const ALL = ["ticks", "squares", "sums"];
const APART = [5 * MINUTE, -5 * MINUTE];

test("clocks five minutes fast and slow: no task is taken from who lives, and one that is lost goes on in time", async () => {
  const scene = new Scene({ leaseMs: LEASE_MS });
  const workers = APART.map((clockMs) => scene.worker(ALL, { concurrency: 1, clockMs }));
  await Promise.all(workers.map((worker) => worker.says("works")));
  for (const [i, worker] of workers.entries()) {
    const { now = 0 } = (await worker.says("works")) as { now?: number };
    expect(Math.abs(now - Date.now() - (APART[i] ?? 0))).toBeLessThan(MINUTE);
  }

  // Three leases long, on both at once.
  const plan = { count: 60, everyMs: (3 * LEASE_MS) / 60 };
  const runs = await Promise.all(APART.map(() => scene.supervisor.startFlow(timed, { plan: [plan] })));
  for (const run of runs) {
    expect(await within(run.outputs.sum.toArray(), "the sums")).toEqual(sumsOf(60));
    await within(run.done, "the run");
    const attempts = Object.values((await run.progress()).tasks).map(({ attempt }) => attempt);
    expect(attempts, "nobody took a task from who lived").toEqual([1, 1, 1]);
  }

  // One of them dies: the other one must notice when the lease is over, not five minutes later, nor at once.
  const run = await scene.supervisor.startFlow(timed, { plan: [{ count: 200, everyMs: 20 }] });
  await run.outputs.sum.first();
  const [fast, slow] = workers;
  const [victim, heir] = fast?.all("begin", { run: run.id }).length ? [fast, slow] : [slow, fast];
  await victim?.kill();
  const killedAt = performance.now();
  const taken = await heir?.says("begin", { run: run.id, attempt: 2 });
  const afterMs = (taken?.at ?? Number.NaN) - killedAt;
  figure(
    "30",
    `clocks ten minutes apart: a lost task begins again after ${Math.round(afterMs)} ms, with a lease of ${LEASE_MS} ms`,
  );
  expect(afterMs).toBeGreaterThan(LEASE_MS / 3);
  expect(afterMs).toBeLessThan(1.5 * LEASE_MS + 1_500);
  expect(await within(run.outputs.sum.toArray(), "the sums")).toEqual(sumsOf(200));
}, 60_000);

test("runs that are started by clocks apart are listed and finish", async () => {
  const scene = new Scene({ leaseMs: LEASE_MS });
  const workers = [scene.worker(["squares"], { clockMs: 5 * MINUTE }), scene.worker(["sums"], { clockMs: -5 * MINUTE })];
  await Promise.all(workers.map((worker) => worker.says("works")));
  const starters = APART.map((clockMs) => scene.starter({ id: `by ${clockMs}`, count: 20, clockMs }));
  for (const starter of starters) {
    expect(await starter.says("output")).toMatchObject({ values: sumsOf(20) });
    await starter.says("done");
  }
  const listed = await scene.supervisor.runs();
  expect(listed.map(({ id, state }) => [id, state]).toSorted()).toEqual(APART.map((at) => [`by ${at}`, "completed"]).toSorted());
  // By the clock of the server, and this process's is about the same.
  for (const { id, createdAt, ageMs } of listed) {
    expect(ageMs, id).toBeGreaterThanOrEqual(0);
    expect(ageMs, id).toBeLessThan(MINUTE);
    expect(Math.abs(Date.now() - createdAt), id).toBeLessThan(MINUTE);
  }
}, 60_000);
