import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Supervisor } from "datagraph";
import { expect, inject, test } from "vitest";
import { fresh } from "../support/fresh.ts";

/** A scene's program, on the built library; it must end by itself. */
async function scene(name: string, ...args: string[]) {
  const file = join(import.meta.dirname, "programs", name === "whole-program" ? "whole-program.mjs" : "scenes.mjs");
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file, name, ...args], { timeout: 25_000 });
  const said = stdout.split("\n").flatMap((line): Record<string, unknown>[] => (line === "" ? [] : [JSON.parse(line)]));
  return { said, stderr: stderr.split("\n").filter((line) => line !== "") };
}

interface Burnt {
  readonly threadId: number;
  readonly from: number;
  readonly to: number;
}

test("handlers in threads run side by side, and hold up neither timers nor leases", async () => {
  const redis = { url: inject("redisUrl"), prefix: `${fresh()}:` };
  // Takes over, after half a second, what a process whose loop stands still has left.
  await using other = new Supervisor({ redis, leaseMs: 500 });
  await other.runs();
  const { said } = await scene("busy", redis.url, redis.prefix);
  const { burnt, ticks, longestDelayMs } = said[0] as { burnt: [Burnt, Burnt]; ticks: number; longestDelayMs: number };
  const [first, second] = burnt;
  expect(new Set([0, first.threadId, second.threadId]).size, "threads").toBe(3);
  expect(Math.min(first.to, second.to) - Math.max(first.from, second.from), "ms side by side").toBeGreaterThan(1_000);
  expect(ticks, "of a timer every 10 ms").toBeGreaterThan(availableParallelism() > 1 ? 100 : 50);
  expect(longestDelayMs).toBeLessThan(1_000);
});

test("results come in order, with everything a generator emits for a value", async () => {
  const { said } = await scene("named");
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  expect(said).toEqual([
    { values: { doubled: numbers.flatMap((n) => [n * 2, n * 2 + 1]), list: numbers.flatMap((n) => [n, n]) } },
  ]);
});

test("lists of values go to a thread as one", async () => {
  const { said } = await scene("batched");
  expect(said[0]).toMatchObject({ values: { sum: [45, 145, 110] } });
  expect(said[0]).toHaveProperty("values.thread.0", expect.any(Number));
  expect(said[0]).not.toHaveProperty("values.thread.0", 0);
});

test("one value may give very many, which are handed on while they are made", async () => {
  expect((await scene("spreader")).said).toEqual([{ length: 100_000, inOrder: true }]);
  // This one never ends by itself.
  const { said } = await scene("slow");
  expect(said).toMatchObject([{ first: 1 }, { error: { code: "CANCELLED" } }]);
});

test("what a handler throws comes back as it was, and what it emits is checked as ever", async () => {
  const acts = [{ throws: "no" }, { emitFunction: true }, { emitUnknown: true }, { log: "hello" }];
  const { said } = await scene("acts", JSON.stringify(acts));
  expect(said).toEqual([
    {
      values: { done: [] },
      error: {
        ...{ name: "StrangeError", message: "no", code: "STRANGE", inHandlers: true },
        cause: { name: "RangeError", message: "the inner one", inHandlers: true },
      },
    },
    { values: { done: [] }, error: expect.objectContaining({ code: "ENCODING" }) },
    {
      values: { done: [] },
      error: {
        ...{ name: "HandlerError", code: "HANDLER", inHandlers: false },
        message: 'Processor "actor" emitted to "unheard"; its outputs are: "done".',
      },
    },
    { log: "hello", level: "warn", fields: ["attempt", "fn", "run"] },
    { values: { done: [{ log: "hello" }] } },
  ]);
  const returning = await scene("acts", JSON.stringify([{ returns: 1 }]));
  expect(returning.said).toMatchObject([
    { values: { done: [1] }, error: { code: "HANDLER", message: expect.stringContaining("yield it") } },
  ]);
  const unclonable = await scene("unclonable");
  expect(unclonable.said).toMatchObject([{ error: { code: "ENCODING", message: expect.stringContaining("actor") } }]);
});

test("a thread that ends fails the value it handled, and the others go on", async () => {
  const { said } = await scene("acts", JSON.stringify([{ exit: 3 }, { a: 1 }, { hoard: true }, { a: 2 }]));
  const lost = { name: "ThreadLostError", code: "THREAD_LOST" };
  expect(said).toMatchObject([
    { error: { ...lost, cause: { message: "worker exited with code: 3" } } },
    { values: { done: [{ a: 1 }] } },
    { error: { ...lost, cause: { code: "ERR_WORKER_OUT_OF_MEMORY" } } },
    { values: { done: [{ a: 2 }] } },
  ]);
  expect((await scene("waiting")).said, "with calls that wait for the only thread").toMatchObject([
    { error: lost },
    { values: { done: [{ a: 1 }] } },
    { values: { done: [{ b: 2 }] } },
  ]);
});

test("retries, time limits and dead letters are those of any handler", async () => {
  const { said } = await scene("retried");
  const tries = (how: string) => said.filter(({ log }) => log === `tries ${how}`).length;
  expect({ terminal: tries("terminal"), retryable: tries("retryable"), exit: tries("exit"), late: tries("late") }).toEqual({
    ...{ terminal: 1, retryable: 3, exit: 3, late: 3 },
  });
  expect(said.filter((one) => "values" in one)).toEqual([{ values: { done: ["fine"] } }, { values: { done: ["fine"] } }]);
});

test("a cancel reaches a loop that asks its signal, and ends the thread of one that does not", async () => {
  const cancelled = { error: { code: "CANCELLED" }, tookMs: expect.any(Number) };
  const listening = await scene("loop", "listens");
  expect(listening.said).toMatchObject([{ log: "loops" }, cancelled]);
  expect(listening.said[1]?.tookMs).toBeLessThan(250);
  const deaf = await scene("loop", "deaf");
  expect(deaf.said).toMatchObject([{ log: "loops" }, cancelled]);
  expect(deaf.said[1]?.tookMs).toBeGreaterThan(250);
});

test("buffers are copied, or moved where the handler says so", async () => {
  const lengths = [10_000, 10_000];
  const { said } = await scene("moving");
  expect(said).toEqual([
    { lengths, before: [null, 0] },
    { lengths, before: [null, 10_000] },
  ]);
});

test("dependencies are made in the thread, once per task or per thread, and cleaned up with them", async () => {
  const { said, stderr } = await scene("needy");
  const got = said.map((one) => (one as { values: { got: { threadId: number; inThread: number; count: number }[] } }).values.got);
  for (const { threadId, inThread } of got.flat()) expect(threadId).toBe(inThread);
  for (const thread of new Set(got.flat().map(({ inThread }) => inThread))) {
    for (const run of got) {
      const counts = new Set(run.filter(({ inThread }) => inThread === thread).map(({ count }) => count));
      expect(counts.size, `instances of one task in thread ${thread}`).toBeLessThanOrEqual(1);
    }
    expect(stderr.indexOf(`process's own of thread ${thread} is cleaned up`)).toBeLessThan(stderr.indexOf("closed"));
    expect(stderr).toContain(`process's own of thread ${thread} is cleaned up`);
    const cleanUps = stderr.filter((line) => line === `task's own of thread ${thread} is cleaned up`);
    expect(cleanUps).toHaveLength(got.filter((run) => run.some(({ inThread }) => inThread === thread)).length);
  }
});

test("an override cannot reach a thread, and says so; without threads it applies", async () => {
  const { said } = await scene("overridden");
  expect(said).toMatchObject([
    { error: { code: "DECLARATION", message: expect.stringContaining("{ threads: false }") } },
    { values: { got: [{ threadId: -1, inThread: 0 }] } },
  ]);
});

test("idle threads keep no process alive", async () => {
  expect((await scene("idle")).said).toEqual([{ done: true }]);
});

test("a program in one module is not run again in a thread", async () => {
  const { said } = await scene("whole-program");
  expect(said).toMatchObject([{ name: "DeclarationError", message: expect.stringContaining("in a module of their own") }]);
});
