import type { FlowRun } from "datagraph";
import { expect, test } from "vitest";
import type { Program } from "./kit/program.ts";
import { afterwards, failureOf, figure, LEASE_MS, lasting, Scene, within } from "./kit/scene.ts";
import { blocking, killing, pipeline, sumsOf, whimsically } from "./programs/flows.mjs";

/** Values that a test supplies as it goes. */
async function* paced(count: number, everyMs: number): AsyncGenerator<number> {
  for (let n = 0; n < count; n++) {
    yield n;
    await lasting(everyMs);
  }
}

/** Who has begun to perform a processor, last of all. */
function holderOf(workers: readonly Program[], processor: string): Program {
  const begun = workers.flatMap((worker) => worker.all("begin", { processor }).map(({ at }) => ({ worker, at })));
  const last = begun.sort((a, b) => b.at - a.at)[0];
  if (!last) throw new Error(`Nobody performs "${processor}"`);
  return last.worker;
}

/** Reads a run's sums, and when each came. */
function follow(run: FlowRun<{ readonly sum: AsyncIterable<number> }>) {
  const sums: number[] = [];
  const times: number[] = [];
  const done = (async () => {
    for await (const sum of run.outputs.sum) {
      sums.push(sum);
      times.push(performance.now());
    }
  })();
  done.catch(() => undefined);
  /** Milliseconds from a moment until values came again. */
  const gapAfter = async (moment: number) => {
    await expect.poll(() => times.at(-1) ?? 0, { timeout: 20_000 }).toBeGreaterThan(moment);
    return (times.find((time) => time > moment) ?? Number.NaN) - moment;
  };
  return { sums, done, gapAfter };
}

test("a worker that is killed loses nothing and doubles nothing, and its tasks go on elsewhere", async () => {
  const scene = new Scene();
  const workers = [scene.worker(["squares", "sums"], { concurrency: 1 }), scene.worker(["squares", "sums"], { concurrency: 1 })];
  await Promise.all(workers.map((worker) => worker.says("works")));
  const run = await scene.supervisor.startFlow(pipeline, { n: paced(600, 10) });
  const { sums, done, gapAfter } = follow(run);
  await expect.poll(() => sums.length, { timeout: 10_000 }).toBeGreaterThan(50);
  const victim = holderOf(workers, "sums");
  victim.kill("SIGKILL");
  await victim.ended;
  const outage = await gapAfter(performance.now() + 100);
  figure("kill -9", `values flow again ${Math.round(outage)} ms after the kill of a worker, with a lease of ${LEASE_MS} ms`);
  await within(done, "the outputs", 30_000);
  expect(sums).toEqual(sumsOf(600));
  await within(run.done, "the run");
  expect(outage).toBeLessThan(1.5 * LEASE_MS + 1_500);
}, 60_000);

test("the only worker that performs a run is killed: an idle one takes over", async () => {
  const scene = new Scene();
  const [victim] = [scene.worker(["squares", "sums"])];
  await victim.says("works");
  const run = await scene.supervisor.startFlow(pipeline, { n: [1, 2, 3] }, { id: "handed over" });
  await run.outputs.sum.first();
  await within(run.done, "the first run");

  const blocked = await scene.supervisor.startFlow(blocking, { blockMs: [60_000] });
  const blocker = scene.worker(["blocker"]);
  await blocker.says("blocks");
  const idle = scene.worker(["blocker"]);
  await idle.says("works");
  const killedAt = performance.now();
  blocker.kill("SIGKILL");
  await idle.says("begin", { attempt: 2 });
  const outage = performance.now() - killedAt;
  figure("kill -9", `an idle worker takes a killed one's task after ${Math.round(outage)} ms, with a lease of ${LEASE_MS} ms`);
  expect(await within(blocked.outputs.step.toArray(), "the steps")).toEqual([1, 2, 3]);
  expect(outage).toBeLessThan(1.5 * LEASE_MS + 1_500);
}, 60_000);

test("a worker that is stopped for twice the lease is taken for gone: nothing of it is accepted when it is back", async () => {
  const scene = new Scene();
  const workers = [scene.worker(["squares", "sums"]), scene.worker(["squares", "sums"])];
  await Promise.all(workers.map((worker) => worker.says("works")));
  const run = await scene.supervisor.startFlow(pipeline, { n: paced(800, 10) });
  const { sums, done } = follow(run);
  await expect.poll(() => sums.length, { timeout: 10_000 }).toBeGreaterThan(50);
  const stale = holderOf(workers, "sums");
  stale.stop();
  afterwards(() => stale.resume());
  await lasting(2 * LEASE_MS);
  stale.resume();
  const stopped = await stale.says("stopped", { processor: "sums" });
  expect(stopped.reason).toMatch(/FencedError/);
  await within(done, "the outputs", 30_000);
  expect(sums).toEqual(sumsOf(800));
  await within(run.done, "the run");
  expect((await run.progress()).tasks.sums).toEqual({ state: "completed", attempt: 2 });
  expect(stale.all("log", { level: "warn" }).map(({ text }) => text)).toContainEqual(expect.stringMatching(/"sums".*lost/));
}, 60_000);

test("a handler that holds its event loop for twice the lease completes once, and the log names it", async () => {
  const scene = new Scene();
  const worker = scene.worker(["blocker"]);
  await worker.says("works");
  const run = await scene.supervisor.startFlow(blocking, { blockMs: [2 * LEASE_MS] });
  // The same process takes the task again: nobody else is there.
  expect(await within(run.outputs.step.toArray(), "the steps")).toEqual([1, 2, 3]);
  await within(run.done, "the run");
  expect((await run.progress()).tasks.blocker).toEqual({ state: "completed", attempt: 2 });
  const warnings = worker.all("log", { level: "warn" }).map(({ text }) => String(text));
  expect(warnings.filter((text) => /"blocker".*lost/.test(text))).toHaveLength(1);
  expect(worker.all("lease_lost"), "the metric").toMatchObject([{ run: run.id, processor: "blocker", attempt: 1 }]);
  figure("4", `blocked for ${2 * LEASE_MS} ms: one completion, 1 lease_lost of "blocker" and 1 warning`);
}, 60_000);

test("a generator that gives other values when it is performed again fails, and says why", async () => {
  const scene = new Scene();
  const worker = scene.worker(["whimsical"]);
  await worker.says("works");
  const run = await scene.supervisor.startFlow(whimsically, {});
  expect(await run.outputs.held.first()).toBe("in attempt 1");
  worker.kill("SIGKILL");
  scene.worker(["whimsical"]);
  const failure = await within(failureOf(run), "the run to fail");
  expect(failure).toMatchObject({ failure: { code: "NOT_DETERMINISTIC", processor: "whimsical", attempt: 2 } });
  expect(String(failure)).toMatch(/"whimsical".*"held".*checkpoint/);
  // What was there before stays readable.
  expect(await run.outputs.held.first()).toBe("in attempt 1");
}, 60_000);

test("a handler that kills its process is given up after five deaths", async () => {
  const scene = new Scene({ leaseMs: 1_000 });
  const run = await scene.supervisor.startFlow(killing, {});
  let deaths = 0;
  const failure = failureOf(run);
  let over = false;
  void failure.then(() => {
    over = true;
  });
  while (!over) {
    const worker = scene.worker(["killer"]);
    const ended = await Promise.race([worker.ended, failure.then(() => undefined)]);
    if (ended) deaths++;
  }
  figure("21", `${deaths} deaths until a handler that kills its process was given up`);
  expect(deaths).toBe(5);
  expect(await failure).toMatchObject({ failure: { code: "PROCESS_LOST", processor: "killer", attempt: 5 } });
}, 60_000);
