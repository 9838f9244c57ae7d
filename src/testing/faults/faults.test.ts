/** The harness must notice what it is there to notice, and do again what it did before. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { collect } from "../collect.ts";
import { ControlledSource } from "../controlled-source.ts";
import { within } from "../eventually.ts";
import { countExecutions, noteExecution } from "./executions.ts";
import { type Fault, injectFaults } from "./inject.ts";
import { crashServer, killWorker, stopWorker } from "./kinds.ts";
import { NumberedProducer } from "./numbered-producer.ts";
import { pickOne, planFaults } from "./schedule.ts";
import { Verifier } from "./verifier.ts";
import { WorkerPool } from "./worker-pool.ts";
import { WorkerProcess } from "./worker-process.ts";

/** What a verifier says of a pipeline that does this to the numbers below 100. */
async function verified(pipeline: (n: number) => readonly number[], options: { ordered?: boolean } = {}): Promise<string> {
  const producer = new NumberedProducer({ count: 100 });
  const verifier = new Verifier();
  verifier.follow("out", through(producer, pipeline), options);
  await verifier.ended();
  try {
    verifier.verify({ out: producer.given });
    return "fine";
  } catch (error) {
    return (error as Error).message;
  }
}

async function* through(source: AsyncIterable<number>, pipeline: (n: number) => readonly number[]): AsyncGenerator<number> {
  for await (const n of source) yield* pipeline(n);
}

describe("a verifier", () => {
  test("finds nothing where nothing is wrong", async () => {
    expect(await verified((n) => [n])).toBe("fine");
  });

  test("finds what a broken pipeline loses, also at the end", async () => {
    expect(await verified((n) => (n === 17 || n === 99 ? [] : [n]))).toBe('Stream "out": 2 of 100 lost: 17, 99');
  });

  test("finds what it doubles, at once or much later", async () => {
    expect(await verified((n) => (n === 5 ? [5, 5] : n === 90 ? [90, 8] : [n]))).toBe('Stream "out": 2 of 100 doubled: 5, 8');
  });

  test("finds what comes out of order, where order counts", async () => {
    const swapped = (n: number) => (n % 10 === 0 ? [n + 1] : n % 10 === 1 ? [n - 1] : [n]);
    expect(await verified(swapped)).toMatch(/^Stream "out": 10 of 100 out of order: 0, 10, 20/);
    expect(await verified(swapped, { ordered: false })).toBe("fine");
  });

  test("finds what was never given, and refuses what is no number", async () => {
    expect(await verified((n) => (n === 99 ? [99, 100] : [n]))).toBe('Stream "out": 101 numbers came, 100 were given');
    await expect(verified((n) => [n / 2])).rejects.toThrow("whole number from 0 on, found 0.5");
  });

  test("says how far it is, and fails with its stream", async () => {
    const source = new ControlledSource<string>();
    const verifier = new Verifier();
    verifier.follow("texts", source, { numberOf: (text) => Number(text.slice(1)) });
    const more = verifier.more();
    source.push("n0");
    await within(more, "a value");
    expect(verifier.seen("texts")).toBe(1);
    source.fail(new Error("broken"));
    await expect(verifier.ended()).rejects.toThrow("broken");
  });
});

test("a producer stops when it is told", async () => {
  const producer = new NumberedProducer({ pauseMs: 1 });
  const numbers: number[] = [];
  for await (const n of producer) if (numbers.push(n) === 3) producer.stop();
  expect([numbers, producer.given]).toEqual([[0, 1, 2], 3]);
  expect(await collect(new NumberedProducer({ count: 2 }))).toEqual([0, 1]);
});

describe("a schedule", () => {
  const plan = { kinds: ["kill", "stop", "reset"], count: 50 } as const;

  test("is the same for the same seed, and another for another", () => {
    const schedule = planFaults({ ...plan, seed: 42 });
    expect(planFaults({ ...plan, seed: 42 })).toEqual(schedule);
    expect(planFaults({ ...plan, seed: 43 }).faults).not.toEqual(schedule.faults);
    expect(new Set(schedule.faults.map(({ kind }) => kind))).toEqual(new Set(plan.kinds));
  });

  test("can be planned again by the seed that it tells", () => {
    const schedule = planFaults(plan);
    const [, seed] = /^seed (\d+): /.exec(`${schedule}`) ?? [];
    expect(planFaults({ ...plan, seed: Number(seed) })).toEqual(schedule);
  });

  test("keeps to its limits", () => {
    const { faults } = planFaults({ ...plan, seed: 1, pauseMs: [5, 9], lastsMs: [100, 100] });
    for (const { afterMs, lastsMs, pick } of faults) {
      expect(afterMs).toBeGreaterThanOrEqual(5);
      expect(afterMs).toBeLessThanOrEqual(9);
      expect(lastsMs).toBe(100);
      expect(["a", "b"]).toContain(pickOne(["a", "b"], pick));
    }
  });

  test("is performed one fault after the other, until it is stopped", async () => {
    const stop = new AbortController();
    const done: string[] = [];
    const fault: Fault = async ({ kind }) => {
      done.push(`${kind} begins`);
      await Promise.resolve();
      done.push(`${kind} ends`);
      if (done.length === 6) stop.abort();
    };
    const schedule = planFaults({ seed: 3, kinds: ["one", "two"], count: 5, pauseMs: [0, 1] });
    const performed = await injectFaults(schedule, { one: fault, two: fault }, { signal: stop.signal });
    expect(performed).toEqual(schedule.faults.slice(0, 3));
    expect(done).toEqual(performed.flatMap(({ kind }) => [`${kind} begins`, `${kind} ends`]));
  });

  test("stopped in the middle, puts right what it has broken", async () => {
    const done: string[] = [];
    const server = { kill: async () => void done.push("kill"), restart: async () => void done.push("restart") };
    const stop = new AbortController();
    const schedule = planFaults({ kinds: ["crash"], count: 3, pauseMs: [0, 0], lastsMs: [60_000, 60_000] });
    const injecting = injectFaults(schedule, { crash: crashServer(server) }, { signal: stop.signal });
    await expect.poll(() => done).toEqual(["kill"]);
    stop.abort();
    await within(injecting, "the faults to end");
    expect(done).toEqual(["kill", "restart"]);
  });
});

describe("worker processes", () => {
  /** A program that counts up, ten times a second. */
  function program(): string {
    const folder = mkdtempSync(join(tmpdir(), "datagraph-faults-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "program.mjs");
    writeFileSync(file, `let n = 0; setInterval(() => console.log("tick " + n++), 20); console.log("ready " + process.argv[2]);`);
    return file;
  }

  test("start, stand still, go on, and are killed", async () => {
    let ticks = 0;
    const options = { args: ["yes"], onLine: () => ticks++ };
    await using worker = await WorkerProcess.start(program(), /^ready yes$/, options);
    await worker.prints(/^tick 1$/);
    worker.stop();
    // What it had printed before may still come.
    const settled = async () => {
      const before = ticks;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return ticks - before;
    };
    await expect.poll(settled).toBe(0);
    expect(worker.isAlive).toBe(true);
    worker.resume();
    await worker.speaks("another tick");
    worker.stop();
    expect(await within(worker.kill(), "its end")).toMatchObject({ code: null, signal: "SIGKILL" });
    expect(worker.isAlive).toBe(false);
  });

  test("that end before they are ready say why", async () => {
    const folder = mkdtempSync(join(tmpdir(), "datagraph-faults-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "broken.mjs"), `throw new Error("no such queue")`);
    await expect(WorkerProcess.start(join(folder, "broken.mjs"), /ready/)).rejects.toThrow(
      /without a line like[\s\S]*no such queue/,
    );
  });

  test("in a pool are replaced", async () => {
    const file = program();
    await using pool = await WorkerPool.start(2, () => WorkerProcess.start(file, /^ready/));
    const before = pool.alive.map(({ pid }) => pid);
    const faults = { kill: killWorker(pool), stop: stopWorker(pool) };
    const schedule = planFaults({ seed: 1, kinds: ["kill", "stop"], count: 3, pauseMs: [0, 0], lastsMs: [1, 1] });
    await injectFaults(schedule, faults);
    expect(pool.kills).toBe(schedule.faults.filter(({ kind }) => kind === "kill").length);
    expect(pool.alive).toHaveLength(2);
    expect(pool.alive.map(({ pid }) => pid)).not.toEqual(before);
    const [survivor] = pool.alive;
    await pool.close();
    expect(survivor?.isAlive).toBe(false);
  });
});

test("executions are counted across processes, with those that were repeated", async () => {
  const folder = mkdtempSync(join(tmpdir(), "datagraph-faults-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "executions");
  expect(await countExecutions(file)).toEqual({ total: 0, repeated: 0 });
  for (const n of [1, 2, 3, 2]) noteExecution(file, n, "a stream");
  noteExecution(file, 1, "another");
  expect(await countExecutions(file)).toEqual({ total: 5, repeated: 1 });
});
