import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeadLetter, msgpackCodec } from "datagraph";
import { expect, test } from "vitest";
import type { Program } from "./kit/program.ts";
import { afterwards, failureOf, figure, Scene, within } from "./kit/scene.ts";
import {
  fragilely,
  fragilelyByKey,
  fragilelyInLists,
  fragilelyInSharedLists,
  fragilelyShared,
  fragilelyStopping,
} from "./programs/failing.mjs";

const COUNT = 60;
/** One that is killed without a word, one that ends by itself. */
const DEADLY = [-25, -1];
const ORDERS = Array.from({ length: COUNT }, (_, n) => (n === 25 ? -25 : n === 40 ? -1 : n));
const GOOD = ORDERS.filter((n) => n >= 0);

async function repairFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "datagraph-repair-"));
  afterwards(() => rm(folder, { recursive: true }));
  return join(folder, "repaired");
}

/** Workers of a processor, each replaced by another one when it has died. */
class Mortals {
  readonly workers: Program[] = [];
  #isOver = false;

  constructor(scene: Scene, processor: string, count = 1) {
    const keepOn = async () => {
      while (!this.#isOver) {
        const worker = scene.worker([processor], { concurrency: 1 });
        this.workers.push(worker);
        await worker.ended;
      }
    };
    for (let i = 0; i < count; i++) void keepOn();
  }

  /** The run is over: those that live are not replaced. */
  leave(): void {
    this.#isOver = true;
  }

  /** How often a worker has died of an order. */
  deathsOf(order: number): number {
    return this.workers.flatMap((worker) => worker.all("dies")).filter(({ of }) => (of as number[]).includes(order)).length;
  }
}

async function lettersOf(scene: Scene, run: string): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of scene.supervisor.deadLetters.list({ run })) letters.push(letter);
  return letters;
}

type Fragile = typeof fragilely;

/** Two values kill their processes: they are set aside after five deaths each, all others come through once, and they can be retried. */
async function surviveTwo(name: string, flow: Fragile, { workers = 1, inOrder = true } = {}): Promise<void> {
  const scene = new Scene({ leaseMs: 600 });
  const file = await repairFile();
  const mortals = new Mortals(scene, name, workers);
  const run = await scene.supervisor.startFlow(flow, { order: ORDERS, repaired: [file] });
  const ok = await within(run.outputs.ok.toArray(), "the outputs", 150_000);
  await within(run.done, "the run");
  mortals.leave();
  expect(inOrder ? ok : [...ok].sort((a, b) => a - b)).toEqual(GOOD);
  const letters = await lettersOf(scene, run.id);
  const codec = msgpackCodec();
  expect(letters.map(({ value, index, attempts }) => ({ value, index, attempts }))).toEqual([
    { value: -25, index: 26, attempts: 5 },
    { value: -1, index: 41, attempts: 5 },
  ]);
  for (const letter of letters) {
    expect(letter).toMatchObject({ processor: name, stream: "order", run: run.id, count: 1 });
    expect(letter.failure).toMatchObject({ code: "PROCESS_LOST", name: "ProcessLostError", processor: name, run: run.id });
    expect(letter.failure.message).toContain(`5 processes that performed processor "${name}"`);
    expect(Buffer.from(letter.bytes ?? [])).toEqual(Buffer.from(codec.encode([letter.value])));
  }
  const deaths = DEADLY.map((order) => mortals.deathsOf(order));
  figure("21", `${name}: ${deaths.join(" and ")} deaths until two deadly values of ${COUNT} were set aside`);
  for (const count of deaths) expect(count).toBeLessThanOrEqual(5);
  expect((await run.progress()).tasks[name]).toMatchObject({ state: "completed", deadLetters: 2 });

  await writeFile(file, "");
  const [first] = letters;
  const again = await within(
    scene.supervisor.deadLetters.retry(first?.id ?? "", { inputs: { repaired: [file] } }),
    "the retry",
    60_000,
  );
  expect(await again.outputs.ok?.toArray()).toEqual([-25]);
  expect((await lettersOf(scene, run.id)).map(({ value }) => value)).toEqual([-1]);
}

test(
  "values that kill their processes are set aside, and all others come through",
  () => surviveTwo("fragile", fragilely),
  240_000,
);

test("the same in lists: only the values are set aside that did it", () => surviveTwo("fragileLists", fragilelyInLists), 240_000);

test("the same with replicas", () => surviveTwo("fragileShared", fragilelyShared, { workers: 2 }), 240_000);

test("the same with replicas, in lists", () => surviveTwo("fragileSharedLists", fragilelyInSharedLists, { workers: 2 }), 240_000);

test("the same by key, with one replica", () => surviveTwo("fragileByKey", fragilelyByKey, { inOrder: false }), 240_000);

test("where it is declared, the run stops with the first of them", async () => {
  const scene = new Scene({ leaseMs: 600 });
  const mortals = new Mortals(scene, "fragileStopping");
  const run = await scene.supervisor.startFlow(fragilelyStopping, { order: ORDERS, repaired: [await repairFile()] });
  const failure = await within(failureOf(run), "the run to fail", 120_000);
  mortals.leave();
  expect(failure).toMatchObject({ failure: { code: "PROCESS_LOST", processor: "fragileStopping" } });
  expect((await lettersOf(scene, run.id)).map(({ value, attempts }) => [value, attempts])).toEqual([[-25, 5]]);
  expect(mortals.deathsOf(-1)).toBe(0);
}, 180_000);
