import { expect, test } from "vitest";
import { fc } from "../support/random.ts";
import type { Program } from "./kit/program.ts";
import { figure, Scene, SOAK, within } from "./kit/scene.ts";
import { handledBy, Outcome, STEPS } from "./kit/stepwise.ts";
import { Supply } from "./kit/supply.ts";
import { stepwise } from "./programs/flows.mjs";

const [VALUES, KILLS] = SOAK ? [10_000, 12] : [800, 3];
const BLOCK = Math.floor(VALUES / (KILLS + 1));
/** So many values are handled and not stored yet when a worker dies, at most: here they come slower than they are stored. */
const WINDOW = 100;

test(`${VALUES} values one by one, three workers, ${KILLS} kills: none is lost or doubled, few are handled again`, async () => {
  const scene = new Scene();
  const start = () => scene.worker(STEPS, { concurrency: 1 });
  const workers: Program[] = [start(), start(), start()];
  await Promise.all(workers.map((worker) => worker.says("works")));
  const supply = new Supply(VALUES, BLOCK);
  const run = await scene.supervisor.startFlow(stepwise, { n: supply.numbers() }, { outputs: "all" });
  const outcome = new Outcome(run);
  const rounds = (numbers: number) => Math.floor(numbers / 10);
  const choices = fc.sample(fc.constantFrom(...STEPS), KILLS);
  const outages: number[] = [];
  for (const [kill, processor] of choices.entries()) {
    const arrived = (part: number) =>
      expect
        .poll(() => outcome.listed.length > 0 && outcome.round.length, { timeout: 30_000, interval: 5 })
        .toBeGreaterThan(rounds(BLOCK * (kill + part)));
    supply.raise();
    await arrived(0.5);
    const victim = workers.findLast((worker) => worker.isAlive && worker.all("handled", { processor }).length > 0) ?? workers[0];
    victim?.kill("SIGKILL");
    await victim?.ended;
    const killedAt = performance.now();
    workers.push(start());
    await arrived(1.5);
    outages.push(performance.now() - killedAt);
  }
  for (let i = 0; i < 3; i++) supply.raise();
  await within(outcome.done, "all the outputs", 60_000);
  outcome.expectOf(VALUES, `after ${KILLS} kills`);
  await within(run.done, "the run");
  const asked = [VALUES, outcome.double.length, outcome.listed.length];
  const again = STEPS.map((processor, i) => handledBy(workers, processor) - (asked[i] ?? 0));
  const worst = Math.round(Math.max(...outages));
  figure(
    "1",
    `${KILLS} kills of implementEach and implementBatch, 0 of ${VALUES} lost or doubled; ` +
      `handled again: ${STEPS.map((step, i) => `${again[i]} of ${asked[i]} by ${step}`).join(", ")}; consuming again after ${worst} ms at most`,
  );
  expect(again[0]).toBeLessThanOrEqual(KILLS * WINDOW);
  // Lists of 100: the one that is handled, and those that are being stored.
  expect(again[1]).toBeLessThanOrEqual(KILLS * 500);
  // Lists of 500, of which each is noted while the next is handled.
  expect(again[2]).toBeLessThanOrEqual(KILLS * 2_000);
  expect(worst).toBeLessThan(5_000);
}, 300_000);
