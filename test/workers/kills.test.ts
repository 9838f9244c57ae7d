import { expect, test } from "vitest";
import { fc } from "../support/random.ts";
import type { Program } from "./kit/program.ts";
import { figure, Scene, SOAK, within } from "./kit/scene.ts";
import { Supply } from "./kit/supply.ts";
import { pipeline, sumsOf } from "./programs/flows.mjs";

const [VALUES, KILLS] = SOAK ? [10_000, 12] : [2_000, 3];
const BLOCK = Math.floor(VALUES / (KILLS + 1));
const PROCESSORS = ["squares", "sums"];

test(`${VALUES} values, three workers, ${KILLS} kills: none is lost, none is doubled`, async () => {
  const scene = new Scene();
  const start = () => scene.worker(PROCESSORS, { concurrency: 1 });
  const workers: Program[] = [start(), start(), start()];
  await Promise.all(workers.map((worker) => worker.says("works")));
  const supply = new Supply(VALUES, BLOCK);
  const run = await scene.supervisor.startFlow(pipeline, { n: supply.numbers() });
  const sums: number[] = [];
  const reading = (async () => {
    for await (const sum of run.outputs.sum) sums.push(sum);
  })();
  // Who is killed is chosen at random, by the printed seed, among those that perform something.
  const choices = fc.sample(fc.constantFrom(...PROCESSORS), KILLS);
  const outages: number[] = [];
  for (const [kill, processor] of choices.entries()) {
    supply.raise();
    await expect.poll(() => sums.length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(BLOCK * (kill + 1) - BLOCK / 2);
    const victim = workers.findLast((worker) => worker.isAlive && worker.all("begin", { processor }).length > 0) ?? workers[0];
    victim?.kill("SIGKILL");
    await victim?.ended;
    const [killedAt, before] = [performance.now(), sums.length];
    workers.push(start());
    // What is written shows at once; that the next block comes through shows that it is consumed again.
    await expect.poll(() => sums.length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(before);
    outages.push(performance.now() - killedAt);
    await expect.poll(() => sums.length, { timeout: 30_000, interval: 5 }).toBeGreaterThanOrEqual(BLOCK * (kill + 2) - BLOCK / 2);
  }
  for (let i = 0; i < 3; i++) supply.raise();
  await within(reading, "all the sums", 60_000);
  expect(sums).toEqual(sumsOf(VALUES));
  await within(run.done, "the run");
  const { tasks } = await run.progress();
  const attempts = PROCESSORS.map((name) => tasks[name]?.attempt ?? 0);
  const worst = Math.round(Math.max(...outages));
  figure(
    "1",
    `${KILLS} kills, attempts ${attempts.join(" + ")}, 0 of ${VALUES} lost or doubled; consuming again after ${worst} ms at most`,
  );
  expect(worst).toBeLessThan(5_000);
}, 300_000);
