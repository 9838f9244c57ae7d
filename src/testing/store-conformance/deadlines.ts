import { describe, expect, it } from "vitest";
import { DeadlineError, StreamFailedError } from "../../errors.ts";
import { within } from "../eventually.ts";
import { claimed, EventLog, expectRefused, Kit, readError, readerOf, type Suite, writerOf } from "./kit.ts";

const CHAIN = [
  { processor: "first", outputs: ["middle"] },
  { processor: "second", inputs: ["middle"], outputs: ["out"], wait: true },
];

/** What has not ended in time fails, whoever performs it. */
export function testDeadlines(suite: Suite): void {
  describe("deadlines", () => {
    const kit = new Kit(suite);

    it("fail a run that takes too long, and tell the tasks that run to stop", async () => {
      const run = await kit.create({ tasks: CHAIN, deadlineMs: 50 });
      const log = new EventLog(run);
      await claimed(run, "first");
      expect(await log.first("stopped")).toMatchObject({ end: { failure: { code: "DEADLINE" } }, tasks: [0] });
      expect(await within(readError(readerOf(run, "out")), "the end of a stream")).toBeInstanceOf(StreamFailedError);
      expect((await run.snapshot()).state).toBe("failed");
    });

    it("fail a task that takes too long since its first claim, and take it from its owner", async () => {
      const [first, ...others] = CHAIN;
      const run = await kit.create({ tasks: [{ processor: "first", ...first, deadlineMs: 50 }, ...others] });
      const log = new EventLog(run);
      const claim = await claimed(run, "first");
      expect(await log.first("ended")).toMatchObject({ end: { failure: { code: "DEADLINE", processor: "first", attempt: 1 } } });
      expect(claim.lost.reason).toBeInstanceOf(DeadlineError);
      await expectRefused(writerOf(run, "middle", claim));
      expect((await run.snapshot()).tasks.map(({ state }) => state)).toEqual(["failed", "failed"]);
    });

    it("say nothing of what has ended in time, or has not begun", async () => {
      const tasks = CHAIN.map((task) => ({ ...task, deadlineMs: 60_000 }));
      const run = await kit.create({ tasks, deadlineMs: 60_000 });
      const claim = await claimed(run, "first");
      await run.settle(claim, { state: "completed" });
      await run.settle(await claimed(run, "second"), { state: "completed" });
      expect((await run.snapshot()).state).toBe("completed");
      expect(claim.lost.aborted).toBe(false);
    });
  });
}
