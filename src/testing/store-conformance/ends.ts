import { describe, expect, it } from "vitest";
import { CancelledError, type Failure, StreamFailedError } from "../../errors.ts";
import { within } from "../eventually.ts";
import {
  COMPLETED,
  claimed,
  expectRefused,
  Kit,
  numbers,
  readAll,
  readError,
  readerOf,
  type Suite,
  writeAll,
  writerOf,
  writeToEnd,
} from "./kit.ts";

const PLAIN = { tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }] };

/** A stream ends exactly once, and its end says how. */
export function testEnds(suite: Suite): void {
  describe("ends", () => {
    testCompletion(suite);
    testFailure(suite);
    testCancellation(suite);
  });
}

function testCompletion(suite: Suite): void {
  const kit = new Kit(suite);

  it("completes once: later ends change nothing", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { retain: "all" } });
    const writer = writerOf(run, "in");
    await writeToEnd(writer, [1, 2]);
    await writer.end(COMPLETED);
    await writer.end({ state: "failed", failure: failureOf(run.record.id, "too late") });
    await writerOf(run, "in").end({ state: "cancelled", reason: "too late" });
    expect(await readAll(readerOf(run, "in", { as: "reads" }))).toEqual([1, 2]);
    const { state, streams } = await run.snapshot();
    expect(state).toBe("running");
    expect(streams[0]).toMatchObject({ state: "completed", values: 2 });
  });

  it("wakes readers that wait when a stream completes", async () => {
    const run = await kit.create(PLAIN);
    const waiting = [readerOf(run, "in", { as: "reads" }), readerOf(run, "in"), readerOf(run, "in", { peek: true })].map(
      (reader) => reader.wait(),
    );
    await writerOf(run, "in").end(COMPLETED);
    expect(await within(Promise.all(waiting), "readers to be woken")).toEqual([false, false, false]);
  });

  it("refuses values after the end", async () => {
    const run = await kit.create(PLAIN);
    const writer = writerOf(run, "in");
    await writeToEnd(writer, ["only"]);
    await expectRefused(writer);
    await expectRefused(writerOf(run, "in"));
    expect(await readAll(readerOf(run, "in", { as: "reads" }))).toEqual(["only"]);
  });

  it("lets flush() and room() settle after the end", async () => {
    const run = await kit.create(PLAIN);
    const writer = writerOf(run, "in");
    await writeToEnd(writer, ["only"]);
    await within(writer.flush(), "flush() after end()");
  });

  it("writes everything that was accepted before its end", async () => {
    const run = await kit.create(PLAIN);
    const writer = writerOf(run, "in");
    for (const value of numbers(200)) writer.write(value);
    await writer.end(COMPLETED);
    expect(await readAll(readerOf(run, "in", { as: "reads" }))).toEqual(numbers(200));
  });
}

function testFailure(suite: Suite): void {
  const kit = new Kit(suite);

  it("gives a failed stream's values, then its failure with where and why", async () => {
    const run = await kit.create({ tasks: [{ processor: "breaks", outputs: ["out"] }] });
    const claim = await claimed(run, "breaks");
    const writer = writerOf(run, "out", claim);
    const early = readError(readerOf(run, "out"));
    await writeAll(writer, [1, 2, 3]);
    const failure: Failure = {
      name: "TypeError",
      message: "cannot read properties of 🙂",
      stack: "TypeError: cannot …\n    at somewhere",
      code: "E_SMILE",
      processor: "breaks",
      run: run.record.id,
      attempt: claim.attempt,
      cause: { name: "RangeError", message: "too deep" },
    };
    await writer.end({ state: "failed", failure });
    expect(await readSomeThenFail(run)).toEqual([1, 2, 3]);
    for (const error of [await early, await readError(readerOf(run, "out"))]) {
      expect(error).toBeInstanceOf(StreamFailedError);
      expect((error as StreamFailedError).failure).toEqual(failure);
      expect((error as StreamFailedError).cause).toMatchObject({ name: "TypeError", message: failure.message });
    }
    expect((await run.snapshot()).streams[0]).toMatchObject({ state: "failed", values: 3 });
  });

  it("fails the run when a supplied input fails, and its readers see it", async () => {
    const run = await kit.create(PLAIN);
    await claimed(run, "reads");
    const waiting = readerOf(run, "in", { as: "reads" }).wait();
    waiting.catch(() => undefined);
    await writerOf(run, "in").end({ state: "failed", failure: failureOf(run.record.id, "source broke") });
    await expect(within(waiting, "the failure")).rejects.toThrow("source broke");
    const { state, end } = await run.snapshot();
    expect(state).toBe("failed");
    expect(end).toMatchObject({ state: "failed", failure: { message: "source broke" } });
  });
}

function testCancellation(suite: Suite): void {
  const kit = new Kit(suite);

  it("throws a cancellation to readers who wait and to those who come later", async () => {
    const run = await kit.create(PLAIN);
    const waiting = readerOf(run, "in", { as: "reads" }).wait();
    waiting.catch(() => undefined);
    await run.stop({ state: "cancelled", reason: "enough" });
    await expect(within(waiting, "the cancellation")).rejects.toThrow(CancelledError);
    const late = await readError(readerOf(run, "out"));
    expect(late).toBeInstanceOf(CancelledError);
    expect((late as CancelledError).reason).toBe("enough");
    await expectRefused(writerOf(run, "in"));
    expect((await run.snapshot()).streams.map((stream) => stream.state)).toEqual(["cancelled", "cancelled"]);
  });

  it("throws a cancellation to a writer that waits for room", async () => {
    const run = await kit.create({ ...PLAIN, bounds: { maxBacklogBytes: 1 } });
    const writer = writerOf(run, "in");
    writer.write("too much");
    await writer.flush();
    const waiting = writer.room();
    waiting.catch(() => undefined);
    await run.stop({ state: "cancelled", reason: "enough" });
    await expect(within(waiting, "room() to be given up")).rejects.toThrow(CancelledError);
  });

  it("cancels a single stream", async () => {
    const run = await kit.create(PLAIN);
    const writer = writerOf(run, "in");
    await writer.end({ state: "cancelled", reason: "not needed" });
    expect(await readError(readerOf(run, "in", { as: "reads" }))).toBeInstanceOf(CancelledError);
    expect((await run.snapshot()).streams.map((stream) => stream.state)).toEqual(["cancelled", "open"]);
  });
}

async function readSomeThenFail(run: Parameters<typeof readerOf>[0]): Promise<unknown[]> {
  const reader = readerOf(run, "out");
  const values: unknown[] = [];
  try {
    while (await within(reader.wait(), "values or the failure")) values.push(...(reader.take(2) ?? []));
  } catch (error) {
    if (error instanceof StreamFailedError) return values;
    throw error;
  }
  throw new Error("The stream completed");
}

function failureOf(run: string, message: string): Failure {
  return { name: "Error", message, run };
}
