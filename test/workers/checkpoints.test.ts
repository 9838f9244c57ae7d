import { expect, test } from "vitest";
import { fc } from "../support/random.ts";
import { figure, lasting, Scene, SOAK, within } from "./kit/scene.ts";
import { handledBy } from "./kit/stepwise.ts";
import { savingly } from "./programs/flows.mjs";

const VALUES = 400;
/** The handler saves after every 20 values. */
const BETWEEN = 20;

async function* numbers(): AsyncGenerator<number> {
  for (let n = 0; n < VALUES; n++) {
    yield n;
    if (n % 4 === 0) await lasting(1);
  }
}

function totals(): number[] {
  let sum = 0;
  return Array.from({ length: VALUES }, (_, n) => (sum += 6 * n));
}

/** A worker dies at each of these places, one after the other: the sum goes on where it was saved last. */
async function dieAt(...points: readonly (readonly [point: string, at: number])[]): Promise<void> {
  const scene = new Scene();
  const start = (failAt?: { point: string; at: number }) => scene.worker(["saving"], failAt ? { failAt } : {});
  const workers = points.slice(0, 1).map(([point, at]) => start({ point, at }));
  await workers[0]?.says("works");
  const run = await scene.supervisor.startFlow(savingly, { n: numbers(), factors: [1, 2, 3] });
  const outputs = Promise.all([run.outputs.total.toArray(), run.outputs.saved.toArray()]);
  for (const [index, [point, at]] of points.entries()) {
    const ended = workers[index]?.ended.then(({ signal }) => signal);
    // A later worker may have done everything before it gets to its place.
    const end = await within(Promise.race([ended, outputs.then(() => "done")]), `a death at "${point}" ${at}`, 60_000);
    if (end === "done" && index > 0) break;
    expect(end).toBe("SIGKILL");
    const [nextPoint, nextAt = 0] = points[index + 1] ?? [];
    workers.push(start(nextPoint === undefined ? undefined : { point: nextPoint, at: nextAt }));
  }
  const [total, saved] = await within(outputs, "the outputs", 60_000);
  expect(total).toEqual(totals());
  expect(saved).toEqual(Array.from({ length: VALUES / BETWEEN }, (_, i) => (i + 1) * BETWEEN));
  await within(run.done, "the run");
  const again = handledBy(workers, "saving") - VALUES;
  expect(again).toBeLessThanOrEqual(points.length * BETWEEN);
  const begun = workers.flatMap((worker) => worker.all("goes on").map(({ count }) => Number(count)));
  // Each attempt begins at a checkpoint, none before the one before it.
  expect(begun.filter((count) => count % BETWEEN !== 0)).toEqual([]);
  expect(begun.toSorted((a, b) => a - b)).toEqual(begun);
  expect(begun.at(-1)).toBeGreaterThan(0);
  figure("1", `deaths at ${points.map(([point, at]) => `"${point}" ${at}`).join(", ")}: ${again} values handled again`);
  for (const worker of workers) worker.kill("SIGKILL");
}

test("a generator goes on at its last checkpoint when its worker dies, wherever that is", async () => {
  await Promise.all([
    dieAt(["handled", 33], ["handled", 100], ["saved", 200]),
    dieAt(["commit sent", 2], ["commit answered", 3]),
    dieAt(["append sent", 30], ["append answered", 30], ["commit sent", 4]),
    dieAt(["complete sent", 1]),
  ]);
}, 180_000);

test("the same at places chosen at random", async () => {
  const point = fc.oneof(
    fc.tuple(fc.constantFrom("commit sent", "commit answered"), fc.integer({ min: 1, max: 4 })),
    fc.tuple(fc.constantFrom("append sent", "append answered", "read answered"), fc.integer({ min: 2, max: 40 })),
  );
  const samples = fc.sample(fc.array(point, { minLength: 1, maxLength: 3 }), SOAK ? 30 : 2);
  for (const points of samples) await dieAt(["commit answered", 1], ...points);
}, 600_000);
