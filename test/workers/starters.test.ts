import { StreamFailedError } from "datagraph";
import { expect, test } from "vitest";
import { failureOf, figure, LEASE_MS, Scene, within } from "./kit/scene.ts";
import { pipeline, sumsOf } from "./programs/flows.mjs";

test("a starter that is killed while it supplies inputs: the run fails, and says why", async () => {
  const scene = new Scene();
  const worker = scene.worker(["squares", "sums"]);
  await worker.says("works");
  const starter = scene.starter({ id: "orphan", count: 100_000, everyMs: 5 });
  await starter.says("started");
  const run = await scene.supervisor.run("orphan");
  const failure = failureOf(run);
  await expect.poll(async () => (await run.progress()).streams.sum?.values, { timeout: 10_000 }).toBeGreaterThan(20);
  const killedAt = performance.now();
  starter.kill("SIGKILL");
  expect(await within(failure, "the run to fail")).toBeInstanceOf(StreamFailedError);
  const tookMs = performance.now() - killedAt;
  figure("starter", `its run has failed ${Math.round(tookMs)} ms after the kill, with a lease of ${LEASE_MS} ms`);
  expect(await failure).toMatchObject({
    failure: { name: "ProcessLostError", code: "PROCESS_LOST", run: "orphan", message: expect.stringContaining("supplied") },
  });
  expect(tookMs).toBeLessThan(2 * LEASE_MS + 1_500);
}, 60_000);

test("nobody works on the run when its starter is killed: it fails all the same", async () => {
  const scene = new Scene();
  const starter = scene.starter({ id: "orphan", count: 100_000, everyMs: 5 });
  await starter.says("started");
  starter.kill("SIGKILL");
  const run = await scene.supervisor.run("orphan");
  expect(await within(failureOf(run), "the run to fail")).toMatchObject({ failure: { code: "PROCESS_LOST", input: "n" } });
}, 60_000);

test("a starter that goes away when its inputs are complete leaves a run that goes on", async () => {
  const scene = new Scene();
  const starter = scene.starter({ id: "left alone", count: 20 });
  await starter.says("supplied");
  const run = await scene.supervisor.run("left alone");
  await expect.poll(async () => (await run.progress()).streams.n?.state, { timeout: 10_000 }).toBe("completed");
  starter.kill("SIGKILL");
  await starter.ended;
  scene.worker(["squares", "sums"]);
  expect(await within(run.outputs.sum?.toArray() ?? Promise.resolve([]), "the sums")).toEqual(sumsOf(20));
  await within(run.done, "the run");
}, 60_000);

test("a starter that closes in the middle of its inputs ends its run at once", async () => {
  const scene = new Scene();
  await scene.worker(["squares", "sums"]).says("works");
  const starter = scene.makeSupervisor();
  const endless = (async function* () {
    yield 1;
    await new Promise(() => {});
  })();
  const { id } = await starter.startFlow(pipeline, { n: endless });
  const run = await scene.supervisor.run(id);
  const failure = failureOf(run);
  const closedAt = performance.now();
  await starter.close();
  expect(await within(failure, "the run to end")).toMatchObject({ code: "CANCELLED" });
  expect(performance.now() - closedAt).toBeLessThan(1_500);
}, 60_000);
