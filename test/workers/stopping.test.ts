import { StreamFailedError } from "datagraph";
import { expect, test } from "vitest";
import { failureOf, figure, logged, Scene, within } from "./kit/scene.ts";
import { holding, pipeline, stubbornly, sumsOf, timed } from "./programs/flows.mjs";

test("SIGTERM drains: what is under way is finished, nothing is done twice, and the process ends with 0", async () => {
  const scene = new Scene();
  const worker = scene.worker(["ticks", "squares", "sums"]);
  await worker.says("works");
  const run = await scene.supervisor.startFlow(timed, { plan: [{ count: 100, everyMs: 10 }] });
  await run.outputs.sum.first();
  worker.kill("SIGTERM");
  expect(await within(run.outputs.sum.toArray(), "the sums")).toEqual(sumsOf(100));
  await within(run.done, "the run");
  expect(await within(worker.ended, "the worker to end")).toMatchObject({ code: 0 });
  for (const { attempt } of Object.values((await run.progress()).tasks)) expect(attempt).toBe(1);
}, 60_000);

test("what is not done within the grace period is given back, and goes on elsewhere at once", async () => {
  const scene = new Scene({ leaseMs: 30_000 });
  const worker = scene.worker(["ticks", "squares", "sums"], { graceMs: 300 });
  await worker.says("works");
  const run = await scene.supervisor.startFlow(timed, { plan: [{ count: 300, everyMs: 5 }] });
  await run.outputs.sum.first();
  const other = scene.worker(["ticks", "squares", "sums"]);
  await other.says("works");
  worker.kill("SIGTERM");
  expect(await within(worker.ended, "the worker to end")).toMatchObject({ code: 0 });
  const left = performance.now();
  await other.says("begin", { attempt: 2 });
  figure(
    "16",
    `a task that was given back begins elsewhere ${Math.round(performance.now() - left)} ms after its worker has left`,
  );
  // Long before the lease would have lapsed.
  expect(await within(run.outputs.sum.toArray(), "the sums")).toEqual(sumsOf(300));
}, 60_000);

test("a second SIGTERM ends a worker at once", async () => {
  const scene = new Scene();
  const worker = scene.worker(["holder"]);
  await worker.says("works");
  await scene.supervisor.startFlow(holding, {});
  await worker.says("begin");
  worker.kill("SIGTERM");
  await logged(worker, "Takes no more tasks");
  const at = performance.now();
  worker.kill("SIGTERM");
  expect(await within(worker.ended, "the worker to end")).toMatchObject({ code: 143 });
  expect(performance.now() - at).toBeLessThan(1_000);
}, 60_000);

test("a handler that listens to nothing does not keep its worker, and its task goes on elsewhere", async () => {
  const scene = new Scene({ leaseMs: 30_000 });
  const worker = scene.worker(["stubborn"], { graceMs: 200 });
  await worker.says("works");
  await scene.supervisor.startFlow(stubbornly, {});
  await worker.says("begin");
  worker.kill("SIGTERM");
  expect(await within(worker.ended, "the worker to end", 10_000)).toMatchObject({ code: 0 });
  const other = scene.worker(["stubborn"]);
  await other.says("begin", { attempt: 2 });
}, 60_000);

test("cancel reaches every worker from any process within a second", async () => {
  const scene = new Scene();
  const worker = scene.worker(["holder"]);
  await worker.says("works");
  const started = await scene.supervisor.startFlow(holding, {});
  await worker.says("begin");
  const elsewhere = await scene.makeSupervisor().run(started.id);
  const at = performance.now();
  await elsewhere.cancel("enough");
  const stopped = await worker.says("stopped", { processor: "holder" });
  figure("17", `a worker's signal fires ${Math.round(stopped.at - at)} ms after cancel() in another process`);
  expect(stopped.reason).toContain("enough");
  expect(stopped.at - at).toBeLessThan(1_000);
  expect(await within(failureOf(started), "the starter's run")).toMatchObject({ code: "CANCELLED", reason: "enough" });
  const keys = await scene.client().keys(`${scene.prefix}{${started.id}}:*`);
  expect(keys, "an expiring tombstone").toHaveLength(1);
  expect(await scene.client().pttl(keys[0] ?? "")).toBeGreaterThan(0);
}, 60_000);

test("a failure in one worker reaches readers elsewhere within two seconds", async () => {
  const scene = new Scene();
  const worker = scene.worker(["squares", "sums"]);
  await worker.says("works");
  const broken = (async function* () {
    yield 1;
    throw new TypeError("the disk is gone");
  })();
  const at = performance.now();
  const run = await scene.supervisor.startFlow(pipeline, { n: broken });
  const elsewhere = await scene.makeSupervisor().run(run.id);
  const error = await within(
    elsewhere.outputs.sum?.toArray().catch((thrown: unknown) => thrown) ?? Promise.resolve(),
    "the error",
  );
  expect(error).toBeInstanceOf(StreamFailedError);
  expect(error).toMatchObject({ failure: { message: "the disk is gone" } });
  expect(performance.now() - at).toBeLessThan(2_000);
}, 60_000);
