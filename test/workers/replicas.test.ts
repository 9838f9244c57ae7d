import { expect, test } from "vitest";
import { fc } from "../support/random.ts";
import type { Program } from "./kit/program.ts";
import { failureOf, figure, LEASE_MS, Scene, SOAK, within } from "./kit/scene.ts";
import { Supply } from "./kit/supply.ts";
import { poisoning, shared } from "./programs/flows.mjs";

const PROCESSORS = ["inOrder", "asDone", "byKey", "inLists"];
const [VALUES, KILLS] = SOAK ? [10_000, 10] : [1_500, 3];
const BLOCK = Math.floor(VALUES / (KILLS + 1));
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** The outputs of a run, as they come. */
class Outputs {
  readonly b: number[] = [];
  readonly k: number[] = [];
  readonly l: number[] = [];
  readonly read: Promise<unknown>;

  constructor(outputs: Readonly<Record<"b" | "k" | "l", AsyncIterable<number>>>) {
    this.read = Promise.all((["b", "k", "l"] as const).map((name) => this.#read(name, outputs[name])));
  }

  async #read(name: "b" | "k" | "l", values: AsyncIterable<number>): Promise<void> {
    for await (const value of values) this[name].push(value);
  }

  /** What has come through in each of them. */
  get count(): number {
    return Math.min(this.b.length, this.k.length, this.l.length);
  }

  /** Nothing is lost, nothing is doubled, and what has an order has it. */
  check(count: number): void {
    expect(sorted(this.b)).toEqual(numbers(count));
    expect(this.l).toEqual(numbers(count));
    expect(sorted(this.k)).toEqual(numbers(count));
    for (let key = 0; key < 10; key++)
      expect(this.k.filter((n) => n % 10 === key)).toEqual(numbers(count).filter((n) => n % 10 === key));
  }
}

test(`${VALUES} values through replicas on three workers, ${KILLS} kills: none is lost, none is doubled`, async () => {
  const scene = new Scene();
  const start = () => scene.worker(PROCESSORS, { concurrency: 2 });
  const workers: Program[] = [start(), start(), start()];
  await Promise.all(workers.map((worker) => worker.says("works")));
  const supply = new Supply(VALUES, BLOCK);
  const run = await scene.supervisor.startFlow(shared, { n: supply.numbers() }, { outputs: "all" });
  const outputs = new Outputs(run.outputs);
  const victims = fc.sample(fc.constantFrom(...PROCESSORS), KILLS);
  const outages: number[] = [];
  for (const [kill, processor] of victims.entries()) {
    await expect.poll(() => outputs.count, { timeout: 30_000, interval: 5 }).toBeGreaterThan(BLOCK * kill + BLOCK / 3);
    const handling = (worker: Program) => worker.isAlive && worker.all("handled", { processor }).length > 0;
    const victim = workers.findLast(handling) ?? workers.find((worker) => worker.isAlive);
    victim?.kill("SIGKILL");
    await victim?.ended;
    const [killedAt, written] = [performance.now(), BLOCK * (kill + 1)];
    workers.push(start());
    // All of the block: also what the victim had in its hands.
    await expect.poll(() => outputs.count, { timeout: 30_000, interval: 5 }).toBeGreaterThanOrEqual(written);
    outages.push(performance.now() - killedAt);
    supply.raise();
  }
  for (let i = 0; i < 3; i++) supply.raise();
  await within(outputs.read, "the outputs", 60_000);
  outputs.check(VALUES);
  expect(await run.outputs.a.toArray()).toEqual(numbers(VALUES));
  await within(run.done, "the run");
  const handled = workers.reduce((sum, worker) => sum + worker.all("handled").length, 0);
  const worst = Math.round(Math.max(...outages));
  figure(
    "1",
    `replicas: ${KILLS} kills, ${handled - VALUES * 4} of ${VALUES * 4} handled again, taken up after ${worst} ms at most`,
  );
  expect(worst).toBeLessThan(1.5 * LEASE_MS + 2_500);
}, 300_000);

test("one worker with room for one task performs a run with four replicas", async () => {
  const scene = new Scene();
  const worker = scene.worker(PROCESSORS, { concurrency: 1 });
  await worker.says("works");
  const run = await scene.supervisor.startFlow(shared, { n: numbers(400) });
  const outputs = new Outputs(run.outputs);
  await within(outputs.read, "the outputs", 60_000);
  outputs.check(400);
  await within(run.done, "the run");
  expect((await run.progress()).tasks).toMatchObject({ inOrder: { replicas: 4, state: "completed" }, byKey: { replicas: 3 } });
}, 120_000);

test("a worker that is told to stop gives its values to the others", async () => {
  const scene = new Scene();
  const start = () => scene.worker(PROCESSORS, { concurrency: 2, graceMs: 200 });
  const workers = [start(), start()];
  await Promise.all(workers.map((worker) => worker.says("works")));
  const supply = new Supply(800, 400);
  const run = await scene.supervisor.startFlow(shared, { n: supply.numbers() });
  const outputs = new Outputs(run.outputs);
  await expect.poll(() => outputs.count, { timeout: 30_000, interval: 5 }).toBeGreaterThan(100);
  workers[0]?.kill("SIGTERM");
  await within(Promise.all(workers.slice(0, 1).map((worker) => worker.ended)), "the worker to end", 20_000);
  supply.raise();
  await within(outputs.read, "the outputs", 60_000);
  outputs.check(800);
  await within(run.done, "the run");
}, 120_000);

test("a value that kills its processes fails its run, after five of them", async () => {
  const scene = new Scene();
  const run = await scene.supervisor.startFlow(poisoning, { n: numbers(100) });
  let deaths = 0;
  let isOver = false;
  const failed = failureOf(run).finally(() => {
    isOver = true;
  });
  const keepsOn = async () => {
    while (!isOver) {
      const worker = scene.worker(["poisoned"], { concurrency: 1 });
      await Promise.race([worker.ended, failed]);
      if (!isOver) deaths++;
    }
  };
  await within(Promise.race([Promise.all([keepsOn(), keepsOn()]), failed]), "the run to be given up", 120_000);
  expect(await failed).toMatchObject({ failure: { code: "PROCESS_LOST", processor: "poisoned" } });
  expect(deaths).toBeGreaterThanOrEqual(4);
  expect(deaths).toBeLessThanOrEqual(6);
}, 180_000);
