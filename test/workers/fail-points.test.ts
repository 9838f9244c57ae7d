import { expect, test } from "vitest";
import { failureOf, figure, lasting, Scene, within } from "./kit/scene.ts";
import { Outcome, STEPS } from "./kit/stepwise.ts";
import { stepwise } from "./programs/flows.mjs";

const VALUES = 60;

async function* numbers(): AsyncGenerator<number> {
  for (let n = 0; n < VALUES; n++) {
    yield n;
    if (n % 2 === 0) await lasting(2);
  }
}

/**
 * A worker dies at the given place, another one takes over: every value that is to come out does, once.
 *
 * @returns whether it died: one that starts late on a busy machine has fewer round trips to make than there are here.
 */
async function dieAt(point: string, at: number): Promise<boolean> {
  const scene = new Scene();
  const victim = scene.worker(STEPS, { failAt: { point, at } });
  await victim.says("works");
  const run = await scene.supervisor.startFlow(stepwise, { n: numbers() }, { outputs: "all" });
  const outcome = new Outcome(run);
  const died = await within(Promise.race([victim.ended, failureOf(run)]), `the worker to die at "${point}" ${at}`, 60_000);
  if (died) expect(died, `"${point}" ${at}`).toMatchObject({ signal: "SIGKILL" });
  const heir = scene.worker(STEPS);
  await within(outcome.done, `the outputs after a death at "${point}" ${at}`, 60_000);
  outcome.expectOf(VALUES, `after a death at "${point}" ${at}`);
  await within(run.done, "the run");
  heir.kill("SIGKILL");
  return died !== undefined;
}

/** In groups that die at the same time. */
const POINTS: readonly (readonly (readonly [point: string, at: number])[])[] = [
  [
    ["read answered", 1],
    ["handler", 31],
    ["between", 37],
    ["handled", 40],
    ["sink", 2],
  ],
  [
    ["append answered", 1],
    ["append sent", 4],
    ["append answered", 9],
    ["append sent", 15],
    ["append answered", 20],
  ],
  [
    ["commit sent", 1],
    ["commit answered", 2],
    ["complete sent", 1],
    ["complete answered", 1],
    ["complete sent", 2],
  ],
];

test.each(POINTS)(
  "workers that die where they read, handle, emit, acknowledge and complete lose and double nothing",
  async (...points) => {
    const died = await Promise.all(points.map(([point, at]) => dieAt(point, at)));
    expect(died.filter(Boolean).length).toBeGreaterThanOrEqual(3);
    figure("2", `every value once after deaths at ${points.map(([point, at]) => `"${point}" ${at}`).join(", ")}`);
  },
  180_000,
);
