import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Codec, type DeadLetter, msgpackCodec, Supervisor } from "datagraph";
import { expect, test } from "vitest";
import { afterwards, failureOf, figure, LEASE_MS, lasting, Scene, within } from "./kit/scene.ts";
import { charging, limiting, patiently, waiting } from "./programs/failing.mjs";

/** A file that is not there yet. */
async function repairFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "datagraph-repair-"));
  afterwards(() => rm(folder, { recursive: true }));
  return join(folder, "repaired");
}

async function lettersOf(supervisor: Supervisor, run: string): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of supervisor.deadLetters.list({ run })) letters.push(letter);
  return letters;
}

test("a poison value has its attempts, is set aside with all that is known of it, and is replayed; its neighbours are untouched", async () => {
  const scene = new Scene();
  const worker = scene.worker(["charge"]);
  await worker.says("works");
  const file = await repairFile();
  const order = Array.from({ length: 100 }, (_, n) => (n % 25 === 7 ? -n : n));
  const run = await scene.supervisor.startFlow(charging, { order, repaired: [file] });
  const paid = order.filter((n) => n >= 0);
  expect(await within(run.outputs.paid.toArray(), "the outputs")).toEqual(paid);
  await within(run.done, "the run");
  const letters = await lettersOf(scene.supervisor, run.id);
  expect(letters.map(({ value, index, attempts }) => ({ value, index, attempts }))).toEqual(
    [7, 32, 57, 82].map((n) => ({ value: -n, index: n + 1, attempts: 3 })),
  );
  expect(letters[0]).toMatchObject({ processor: "charge", stream: "order", failure: { name: "RangeError", message: "no -7" } });
  expect(letters[0]?.failure.cause).toMatchObject({ message: "the card" });
  expect(Buffer.from(letters[0]?.bytes ?? [])).toEqual(Buffer.from(msgpackCodec().encode([-7])));
  for (const n of order) expect(worker.all("charges", { order: n }).map(({ tries }) => tries)).toEqual(n < 0 ? [1, 2, 3] : [1]);
  figure("20", `4 poison values of 100: 3 attempts each, 96 neighbours handled once`);

  await writeFile(file, "");
  const again = await within(
    scene.supervisor.deadLetters.retry(letters[0]?.id ?? "", { inputs: { repaired: [file] } }),
    "the retry",
  );
  expect(await again.outputs.paid?.toArray()).toEqual([-7]);
  expect((await lettersOf(scene.supervisor, run.id)).map(({ index }) => index)).toEqual([33, 58, 83]);
}, 60_000);

test("a worker that is killed doubles no dead letter, and another one takes those that are there for done", async () => {
  const scene = new Scene();
  const file = await repairFile();
  const victim = scene.worker(["charge"]);
  await victim.says("works");
  async function* orders() {
    yield* [1, -2, 3, -4, 5];
    await victim.ended;
    yield* [6, -7, 8];
  }
  const run = await scene.supervisor.startFlow(charging, { order: orders(), repaired: [file] });
  await victim.says("charges", { order: 5 });
  await expect.poll(async () => (await lettersOf(scene.supervisor, run.id)).length, { timeout: 10_000 }).toBe(2);
  victim.kill("SIGKILL");
  // From here on it would succeed: what was set aside stays so nevertheless, or the outputs would not fit together.
  await writeFile(file, "");
  const heir = scene.worker(["charge"]);
  expect(await within(run.outputs.paid.toArray(), "the outputs", 30_000)).toEqual([1, 3, 5, 6, -7, 8]);
  await within(run.done, "the run");
  expect((await lettersOf(scene.supervisor, run.id)).map(({ value }) => value)).toEqual([-2, -4]);
  expect(heir.all("charges", { order: -2 })).toEqual([]);
}, 60_000);

test("bytes that cannot be decoded are set aside without an attempt, and the worker lives", async () => {
  const scene = new Scene();
  const worker = scene.worker(["charge"]);
  await worker.says("works");
  const good = msgpackCodec();
  // A service that writes what is not what it says it is.
  const broken: Codec = {
    name: good.name,
    encode: (values) => (values.includes(-1) ? new Uint8Array([0xc1, 0xff, 0x00]) : good.encode(values)),
    decode: (bytes) => good.decode(bytes),
  };
  const starter = new Supervisor({
    redis: { url: scene.redis, prefix: scene.prefix },
    executor: scene.executor(),
    leaseMs: LEASE_MS,
    codec: broken,
    log: scene.log,
  });
  afterwards(() => starter.close());
  async function* orders() {
    yield 1;
    await worker.says("charges", { order: 1 });
    yield -1;
    await expect.poll(() => worker.all("log", { level: "warn" }).length, { timeout: 10_000 }).toBe(1);
    yield 2;
  }
  const run = await starter.startFlow(charging, { order: orders(), repaired: [await repairFile()] });
  expect(await within(run.outputs.paid.toArray(), "the outputs")).toEqual([1, 2]);
  await within(run.done, "the run");
  const [letter, ...others] = await lettersOf(scene.supervisor, run.id);
  expect(others).toEqual([]);
  expect(letter).toMatchObject({ index: 2, count: 1, attempts: 0, failure: { code: "DECODING" } });
  expect([...(letter?.bytes ?? [])]).toEqual([0xc1, 0xff, 0x00]);
  expect(letter).not.toHaveProperty("value");
  expect(worker.isAlive).toBe(true);
  await expect(scene.supervisor.deadLetters.retry(letter?.id ?? "")).rejects.toMatchObject({ code: "DEAD_LETTER" });
}, 60_000);

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const sumsOf = (count: number) => numbers(count).map((n) => (n * (n + 1)) / 2);

test("a generator that has failed waits for longer than a lease, and is called again by the same worker", async () => {
  const scene = new Scene({ leaseMs: 600 });
  const workers = [scene.worker(["patient"]), scene.worker(["patient"])];
  await Promise.all(workers.map((worker) => worker.says("works")));
  const run = await scene.supervisor.startFlow(patiently, { n: numbers(50), waitMs: [1_800] });
  expect(await within(run.outputs.sum.toArray(), "the outputs")).toEqual(sumsOf(50));
  await within(run.done, "the run");
  expect((await run.progress()).tasks.patient).toEqual({ state: "completed", attempt: 1, retries: 1 });
}, 60_000);

test("a worker that is killed while its generator waits to be called again loses nothing: another one begins anew", async () => {
  const scene = new Scene();
  const victim = scene.worker(["patient"]);
  await victim.says("works");
  const run = await scene.supervisor.startFlow(patiently, { n: numbers(50), waitMs: [3_600_000, 20] });
  await victim.says("fails");
  // What it has written by then is there.
  expect(await within(run.outputs.sum.stream({ from: 29 }).next(), "the last sum before")).toMatchObject({
    value: sumsOf(30)[29],
  });
  await expect.poll(async () => (await run.progress()).tasks.patient?.retries, { timeout: 10_000 }).toBe(1);
  victim.kill("SIGKILL");
  await victim.ended;
  const heir = scene.worker(["patient"]);
  expect(await within(run.outputs.sum.toArray(), "the outputs")).toEqual(sumsOf(50));
  await within(run.done, "the run");
  expect(heir.all("begin").map(({ attempt, tries }) => [attempt, tries])).toEqual([
    [2, 1],
    [2, 2],
  ]);
  expect((await run.progress()).tasks.patient).toEqual({ state: "completed", attempt: 2, retries: 2 });
}, 60_000);

test("a run's deadline is kept when whoever has started it is gone", async () => {
  const scene = new Scene();
  const watcher = scene.supervisor;
  await watcher.runs();
  const starter = scene.makeSupervisor();
  const startedAt = performance.now();
  const { id } = await starter.startFlow(waiting, {}, { deadlineMs: 1_000 });
  await starter.close();
  const run = await watcher.run(id);
  const error = await within(failureOf(run), "the deadline", 15_000);
  expect(error).toMatchObject({ failure: { code: "DEADLINE", message: expect.stringContaining('"nobody" (ready)') } });
  const late = performance.now() - startedAt - 1_000;
  figure("deadline", `of a run that nobody performs: kept ${Math.round(late)} ms late, with a lease of ${LEASE_MS} ms`);
  expect(late).toBeLessThan(2 * LEASE_MS + 1_500);
}, 60_000);

test("a processor's deadline counts from its first attempt, whoever makes the next", async () => {
  const scene = new Scene();
  const victim = scene.worker(["limited"]);
  await victim.says("works");
  const run = await scene.supervisor.startFlow(limiting);
  const failed = failureOf(run);
  await victim.says("begin", { attempt: 1 });
  const begun = performance.now();
  await lasting(500);
  victim.kill("SIGKILL");
  const heir = scene.worker(["limited"]);
  await heir.says("begin", { attempt: 2 });
  expect(await within(failed, "the deadline", 20_000)).toMatchObject({
    failure: { code: "DEADLINE", processor: "limited", attempt: 2 },
  });
  const took = performance.now() - begun;
  expect(took).toBeGreaterThan(5_000);
  expect(took).toBeLessThan(6_000 + 2_000);
  expect((await heir.says("stopped")).reason).toMatch(/DeadlineError/);
}, 60_000);
