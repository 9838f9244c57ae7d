import { describe, expect, it } from "vitest";
import { CancelledError, StreamFailedError } from "../../errors.ts";
import { eventually, within } from "../eventually.ts";
import {
  COMPLETED,
  claimed,
  EventLog,
  expectRefused,
  failed,
  Kit,
  readAll,
  readError,
  readerOf,
  type Suite,
  writeAll,
  writerOf,
  writeToEnd,
} from "./kit.ts";

const CHAIN = {
  tasks: [
    { processor: "first", inputs: ["in"], outputs: ["middle"] },
    { processor: "second", inputs: ["middle"], outputs: ["out"] },
  ],
};

/** Tasks are claimed once, settle once, and a run ends once. */
export function testLifeCycle(suite: Suite): void {
  describe("life cycle", () => {
    testClaims(suite);
    testSettling(suite);
    testWaiting(suite);
    testWatching(suite);
  });
}

function testClaims(suite: Suite): void {
  const kit = new Kit(suite);

  it("gives a task to one of many who claim it at once", async () => {
    const run = await kit.create(CHAIN);
    const claims = await Promise.all(Array.from({ length: 10 }, () => run.claim(0)));
    const [claim, ...others] = claims.filter((found) => found !== undefined);
    expect(claim).toMatchObject({ task: 0, attempt: 1 });
    expect(claim?.lost.aborted).toBe(false);
    expect(others).toEqual([]);
    expect(await run.claim(0)).toBeUndefined();
    const { tasks } = await run.snapshot();
    expect(tasks).toEqual([
      { state: "running", attempt: 1 },
      { state: "ready", attempt: 0 },
    ]);
  });

  it("gives nobody a task that is done, or that waits", async () => {
    const run = await kit.create({
      tasks: [
        { processor: "now", outputs: ["a"] },
        { processor: "later", inputs: ["a", "b"], wait: true },
      ],
    });
    expect(await run.claim(1)).toBeUndefined();
    await run.settle(await claimed(run, "now"), COMPLETED);
    expect(await run.claim(0)).toBeUndefined();
    expect(await run.claim(1)).toBeUndefined();
    expect((await run.snapshot()).tasks.map((task) => task.state)).toEqual(["completed", "waiting"]);
  });

  it("refuses values of a writer whose claim is not the last one", async () => {
    const run = await kit.create(CHAIN);
    const claim = await claimed(run, "first");
    const earlier = writerOf(run, "middle", { ...claim, token: `${claim.token}-of-an-earlier-owner` });
    await expectRefused(earlier, "stale");
    await expectRefused(writerOf(run, "middle"), "without a claim");
    await writeToEnd(writerOf(run, "middle", claim), ["mine"]);
    expect(await readAll(readerOf(run, "middle", { as: "second" }))).toEqual(["mine"]);
  });

  it("refuses values of a writer that has no claim yet", async () => {
    const run = await kit.create(CHAIN);
    await expectRefused(writerOf(run, "middle"), "too early");
    expect((await run.snapshot()).streams[1]).toMatchObject({ values: 0 });
  });

  it("ignores an end and a settlement by who does not own the task", async () => {
    const run = await kit.create(CHAIN);
    const claim = await claimed(run, "first");
    const stale = { ...claim, token: `${claim.token}-of-an-earlier-owner` };
    await run.settle(stale, COMPLETED).catch(() => undefined);
    await writerOf(run, "middle", stale)
      .end(COMPLETED)
      .catch(() => undefined);
    const { tasks, streams } = await run.snapshot();
    expect(tasks[0]).toMatchObject({ state: "running" });
    expect(streams[1]).toMatchObject({ state: "open" });
  });
}

function testSettling(suite: Suite): void {
  const kit = new Kit(suite);

  it("ends those outputs of a task that are still open", async () => {
    const run = await kit.create({ tasks: [{ processor: "writes", outputs: ["a", "b"] }, { processor: "goes on" }] });
    const claim = await claimed(run, "writes");
    await writeToEnd(writerOf(run, "a", claim), [1]);
    await writeAll(writerOf(run, "b", claim), [2]);
    await writerOf(run, "b", claim).flush();
    await run.settle(claim, COMPLETED);
    expect(await readAll(readerOf(run, "a"))).toEqual([1]);
    expect(await readAll(readerOf(run, "b"))).toEqual([2]);
    await expectRefused(writerOf(run, "b", claim));
  });

  it("settles once", async () => {
    const run = await kit.create(CHAIN);
    const claim = await claimed(run, "first");
    await run.settle(claim, COMPLETED);
    await run.settle(claim, failed(run, "too late"));
    const { state, tasks, streams } = await run.snapshot();
    expect({ state, task: tasks[0]?.state, stream: streams[1]?.state }).toEqual({
      state: "running",
      task: "completed",
      stream: "completed",
    });
  });

  it("completes when every task has, and is over then for everybody", async () => {
    const run = await kit.create(CHAIN);
    const log = new EventLog(run);
    await writeToEnd(writerOf(run, "in"), [1]);
    for (const name of ["first", "second"]) await run.settle(await claimed(run, name), COMPLETED);
    expect(await log.first("ended")).toEqual({ type: "ended", end: COMPLETED });
    expect(await run.snapshot()).toMatchObject({ state: "completed", tasks: [{ state: "completed" }, { state: "completed" }] });
    await run.stop({ state: "cancelled", reason: "too late" });
    expect((await run.snapshot()).state).toBe("completed");
    expect(log.count("ended")).toBe(1);
  });

  it("ends supplied inputs that nobody has read to their end, when the run ends", async () => {
    const run = await kit.create({ ...CHAIN, outputs: ["in"] });
    const waiting = readError(readerOf(run, "in"));
    for (const name of ["first", "second"]) await run.settle(await claimed(run, name), COMPLETED);
    expect(await within(waiting, "the end of the input")).toBeInstanceOf(CancelledError);
    await expectRefused(writerOf(run, "in"));
    expect((await run.snapshot()).state).toBe("completed");
  });
}

function testWaiting(suite: Suite): void {
  const kit = new Kit(suite);
  const wiring = { tasks: [{ processor: "sums", inputs: ["a", "b"], outputs: ["sum"], wait: true }] };

  it("starts a task that waits when its last input completes, once", async () => {
    const run = await kit.create(wiring);
    const log = new EventLog(run);
    await writeToEnd(writerOf(run, "a"), [1]);
    expect(log.readies(0)).toBe(0);
    expect((await run.snapshot()).tasks[0]?.state).toBe("waiting");
    await writeToEnd(writerOf(run, "b"), []);
    await writerOf(run, "b").end(COMPLETED);
    await log.first("ready");
    await run.settle(await claimed(run, "sums"), COMPLETED);
    await log.first("ended");
    expect(log.readies(0)).toBe(1);
  });

  it("starts it once also when its inputs complete at the same time", async () => {
    const inputs = Array.from({ length: 8 }, (_, i) => `in ${i}`);
    const run = await kit.create({ tasks: [{ processor: "sums", inputs, wait: true }] });
    const log = new EventLog(run);
    await Promise.all(inputs.map((input) => writeToEnd(writerOf(run, input), [input])));
    await run.settle(await claimed(run, "sums"), COMPLETED);
    await log.first("ended");
    expect(log.readies(0)).toBe(1);
  });

  it("settles it as failed, without starting it, when an input fails", async () => {
    const run = await kit.create(wiring);
    const log = new EventLog(run);
    await writerOf(run, "b").end(failed(run, "no b today"));
    expect(await log.first("ended")).toMatchObject({ end: { state: "failed" } });
    expect(log.readies(0)).toBe(0);
    expect(await run.claim(0)).toBeUndefined();
    const error = await readError(readerOf(run, "sum"));
    expect(error).toBeInstanceOf(StreamFailedError);
    expect((error as StreamFailedError).failure.message).toBe("no b today");
    expect((await run.snapshot()).tasks).toEqual([{ state: "failed", attempt: 0 }]);
  });
}

function testWatching(suite: Suite): void {
  const kit = new Kit(suite);

  it("tells a newcomer first what is so already", async () => {
    const run = await kit.create(CHAIN);
    const early = new EventLog(run);
    await eventually(() => {
      expect([early.readies(0), early.readies(1)]).toEqual([1, 1]);
    });
    await claimed(run, "first");
    const later = new EventLog(run);
    await eventually(() => {
      expect([later.readies(0), later.readies(1)]).toEqual([0, 1]);
    });
    await run.stop({ state: "cancelled", reason: "enough" });
    const last = new EventLog(run);
    expect(await last.first("stopped")).toMatchObject({ end: { reason: "enough" }, tasks: [0] });
    expect([last.count("ready"), last.count("ended")]).toEqual([0, 0]);
  });

  it("tells a newcomer that the run has ended", async () => {
    const run = await kit.create({ tasks: [{ processor: "only" }] });
    await run.settle(await claimed(run, "only"), COMPLETED);
    expect(await new EventLog(run).first("ended")).toEqual({ type: "ended", end: COMPLETED });
  });

  it("tells everybody everything in its order, also when somebody reacts at once", async () => {
    const run = await kit.create({ tasks: [{ processor: "sums", inputs: ["in"], wait: true }] });
    run.watch((event) => {
      if (event.type === "ready") void run.claim(event.task).then((claim) => claim && run.settle(claim, COMPLETED));
      if (event.type === "ready") void run.stop({ state: "cancelled", reason: "enough" });
    });
    const log = new EventLog(run);
    await writeToEnd(writerOf(run, "in"), []);
    await log.first("ended");
    const order = ["ready", "stopped", "ended"];
    const seen = log.events.map(({ type }) => order.indexOf(type));
    expect(seen).toEqual([...seen].sort());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("tells nothing more to who does not watch any more", async () => {
    const run = await kit.create({ tasks: [{ processor: "only" }] });
    const [leaves, stays] = [new EventLog(run), new EventLog(run)];
    await Promise.all([leaves.first("ready"), stays.first("ready")]);
    leaves.close();
    leaves.close();
    await run.settle(await claimed(run, "only"), COMPLETED);
    await stays.first("ended");
    expect(leaves.count("ended")).toBe(0);
  });
}
