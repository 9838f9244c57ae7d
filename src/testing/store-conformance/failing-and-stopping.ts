import { describe, expect, it } from "vitest";
import { CancelledError, StreamFailedError } from "../../errors.ts";
import type { RunStore } from "../../streams/store.ts";
import { eventually } from "../eventually.ts";
import {
  COMPLETED,
  claimed,
  EventLog,
  failed,
  Kit,
  readAll,
  readError,
  readerOf,
  type Suite,
  taskIndex,
  writerOf,
  writeToEnd,
} from "./kit.ts";

const CHAIN = {
  tasks: [
    { processor: "first", inputs: ["in"], outputs: ["middle"] },
    { processor: "second", inputs: ["middle"], outputs: ["out"] },
  ],
};
const SPLIT = {
  tasks: [
    { processor: "breaks", outputs: ["broken"] },
    { processor: "reads", inputs: ["broken"], outputs: ["result"] },
    { processor: "runs", outputs: ["other"] },
    { processor: "ready", outputs: ["never"] },
    { processor: "waits", inputs: ["other"], wait: true },
  ],
};

/** What fails or is stopped takes with it what it must, and nothing else. */
export function testFailingAndStopping(suite: Suite): void {
  describe("failing and stopping", () => {
    testFailing(suite);
    testStopping(suite);
  });
}

function testFailing(suite: Suite): void {
  const kit = new Kit(suite);

  it("stops what is not downstream of a failure", async () => {
    const run = await kit.create({ ...SPLIT, onError: "cancel" });
    const log = new EventLog(run);
    const [breaks, reads, runs] = [await claimed(run, "breaks"), await claimed(run, "reads"), await claimed(run, "runs")];
    await run.settle(breaks, failed(run, "broken"));
    expect(await log.first("stopped")).toMatchObject({ end: { state: "failed" }, tasks: [taskIndex(run, "runs")] });
    expect((await run.snapshot()).state).toBe("failed");
    expect(await states(run)).toEqual(["failed", "running", "running", "cancelled", "cancelled"]);
    expect(await readError(readerOf(run, "broken", { as: "reads" }))).toBeInstanceOf(StreamFailedError);
    expect(await readError(readerOf(run, "never"))).toBeInstanceOf(CancelledError);
    await run.settle(runs, { state: "cancelled", reason: "told to stop" });
    expect(log.count("ended")).toBe(0);
    await run.settle(reads, failed(run, "broken"));
    expect(await log.first("ended")).toMatchObject({ end: { state: "failed", failure: { message: "broken" } } });
    expect((await run.snapshot()).state).toBe("failed");
    expect(log.count("stopped")).toBe(1);
  });

  it("lets the others go on where it is asked to", async () => {
    const run = await kit.create({ ...SPLIT, onError: "continue" });
    const log = new EventLog(run);
    await run.settle(await claimed(run, "breaks"), failed(run, "broken"));
    expect(await log.first("stopped")).toMatchObject({ tasks: [] });
    expect(await states(run)).toEqual(["failed", "ready", "ready", "ready", "waiting"]);
    for (const name of ["runs", "ready", "waits"]) await run.settle(await claimed(run, name), COMPLETED);
    await run.settle(await claimed(run, "reads"), failed(run, "broken"));
    expect(await log.first("ended")).toMatchObject({ end: { state: "failed" } });
    expect(await readAll(readerOf(run, "other", { as: "waits" }))).toEqual([]);
    expect((await run.snapshot()).state).toBe("failed");
  });

  it("keeps the first failure as the reason", async () => {
    const run = await kit.create({ ...SPLIT, onError: "continue" });
    await run.settle(await claimed(run, "breaks"), failed(run, "first"));
    await run.settle(await claimed(run, "runs"), failed(run, "second"));
    expect((await run.snapshot()).end).toMatchObject({ state: "failed", failure: { message: "first" } });
    expect(((await readError(readerOf(run, "other"))) as StreamFailedError).failure.message).toBe("second");
  });
}

function testStopping(suite: Suite): void {
  const kit = new Kit(suite);

  it("tells tasks that run to stop, settles the others, and ends when those have settled", async () => {
    const run = await kit.create(CHAIN);
    const log = new EventLog(run);
    const claim = await claimed(run, "first");
    await run.stop({ state: "cancelled", reason: "enough" });
    await run.stop({ state: "cancelled", reason: "twice" });
    expect(await log.first("stopped")).toMatchObject({ end: { state: "cancelled", reason: "enough" }, tasks: [0] });
    expect(await states(run)).toEqual(["running", "cancelled"]);
    expect(await run.claim(1)).toBeUndefined();
    expect(log.count("ended")).toBe(0);
    await run.settle(claim, { state: "cancelled", reason: "enough" });
    expect(await log.first("ended")).toEqual({ type: "ended", end: { state: "cancelled", reason: "enough" } });
    expect((await run.snapshot()).state).toBe("cancelled");
    expect(log.count("stopped")).toBe(1);
  });

  it("stops a run that has failed and is still going on", async () => {
    const run = await kit.create({ ...SPLIT, onError: "continue" });
    const log = new EventLog(run);
    await run.settle(await claimed(run, "breaks"), failed(run, "broken"));
    const claim = await claimed(run, "runs");
    await run.stop({ state: "cancelled", reason: "enough" });
    await eventually(() => {
      expect(log.events.filter((event) => event.type === "stopped").flatMap((event) => event.tasks)).toEqual([
        taskIndex(run, "runs"),
      ]);
    });
    await run.settle(claim, { state: "cancelled", reason: "enough" });
    expect(await log.first("ended")).toMatchObject({ end: { state: "failed", failure: { message: "broken" } } });
    expect(await readError(readerOf(run, "never"))).toBeInstanceOf(CancelledError);
  });

  it("leaves a run as it is that has ended", async () => {
    const run = await kit.create({ tasks: [{ processor: "only", outputs: ["out"] }] });
    const claim = await claimed(run, "only");
    await writeToEnd(writerOf(run, "out", claim), [1]);
    await run.settle(claim, COMPLETED);
    await run.stop({ state: "cancelled", reason: "too late" });
    expect(await readAll(readerOf(run, "out"))).toEqual([1]);
    expect((await run.snapshot()).state).toBe("completed");
  });

  it("tells a newcomer which tasks a failure stops", async () => {
    const run = await kit.create({ ...SPLIT, onError: "cancel" });
    await claimed(run, "runs");
    await run.settle(await claimed(run, "breaks"), failed(run, "broken"));
    expect(await new EventLog(run).first("stopped")).toMatchObject({ end: { state: "failed" }, tasks: [taskIndex(run, "runs")] });
  });
}

async function states(run: RunStore): Promise<string[]> {
  return (await run.snapshot()).tasks.map((task) => task.state);
}
