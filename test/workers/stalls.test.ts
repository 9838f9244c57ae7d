import { expect, test } from "vitest";
import { figure, LEASE_MS, lasting, Scene, within } from "./kit/scene.ts";
import { Outcome, STEPS } from "./kit/stepwise.ts";
import { stepwise } from "./programs/flows.mjs";

const VALUES = 300;

async function* numbers(): AsyncGenerator<number> {
  for (let n = 0; n < VALUES; n++) {
    yield n;
    if (n % 2 === 0) await lasting(10);
  }
}

test("a worker that loses its own tasks again and again takes them up where they were", async () => {
  const scene = new Scene();
  const worker = scene.worker(STEPS);
  await worker.says("works");
  const run = await scene.supervisor.startFlow(stepwise, { n: numbers() }, { outputs: "all" });
  const outcome = new Outcome(run);
  for (let stall = 0; stall < 2; stall++) {
    const before = outcome.double.length;
    await expect.poll(() => outcome.double.length, { timeout: 20_000 }).toBeGreaterThan(before);
    worker.stop();
    await lasting(2 * LEASE_MS);
    worker.resume();
  }
  await within(outcome.done, "the outputs", 60_000);
  outcome.expectOf(VALUES, "after stalls");
  await within(run.done, "the run");
  const { tasks } = await run.progress();
  const attempts = STEPS.map((step) => tasks[step]?.attempt ?? 0);
  expect(Math.max(...attempts)).toBeGreaterThan(1);
  figure("3", `${attempts.join(" + ")} attempts in one process that was stopped twice: every value once`);
}, 120_000);
