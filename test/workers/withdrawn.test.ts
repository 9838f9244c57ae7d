import { Queue } from "bullmq";
import { expect, inject, test } from "vitest";
import { afterwards, failureOf, Scene, within } from "./kit/scene.ts";
import { pipeline } from "./programs/flows.mjs";

/** Jobs that wait for a worker of a processor. */
function jobsOf(scene: Scene, processor: string) {
  const queue = new Queue(processor, { connection: { url: inject("redisUrl") }, prefix: `${scene.prefix}q` });
  afterwards(() => queue.close());
  return async () => (await queue.getJobs(["waiting", "active", "delayed", "prioritized"])).length;
}

test.each(["its starter", "another process"])("a run that %s cancels leaves no task to workers that may come", async (who) => {
  const scene = new Scene();
  const jobs = jobsOf(scene, "squares");
  const run = await scene.supervisor.startFlow(pipeline, { n: [1] });
  await expect.poll(jobs).toBe(1);
  const canceller = who === "its starter" ? run : await scene.makeSupervisor().run(run.id);
  await canceller.cancel();
  await expect.poll(jobs).toBe(0);
});

test("nor does one whose time is up", async () => {
  const scene = new Scene();
  const jobs = jobsOf(scene, "squares");
  const run = await scene.supervisor.startFlow(pipeline, { n: [1] }, { deadlineMs: 1_000 });
  await expect.poll(jobs).toBe(1);
  expect(await within(failureOf(run), "the run to fail")).toMatchObject({ failure: { code: "DEADLINE" } });
  await expect.poll(jobs).toBe(0);
});
