import { DeadlineError, Flow, Processor, StreamFailedError, stream } from "datagraph";
import { expect, test } from "vitest";
import { onEveryStore } from "./kit/every-store.ts";
import { ControlledSource, within } from "./kit/testing.ts";

const number = stream<number>();
const failureOf = (run: { done: Promise<void> }) => run.done.then(() => undefined).catch((error: unknown) => error);

/** Goes on until it is told to stop. */
function endless(deadlineMs?: number) {
  const told: unknown[] = [];
  const processor = new Processor({
    name: "endless",
    outputs: { n: number },
    ...(deadlineMs !== undefined && { deadlineMs }),
  }).implement(async function* (_, { signal }) {
    yield { n: 1 };
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => {
        told.push(signal.reason);
        resolve();
      });
    });
  });
  return { processor, told };
}

onEveryStore("a run that takes too long fails, and says what it was still about", async (makeSupervisor) => {
  const { processor, told } = endless();
  const after = new Processor({ name: "after", inputs: { n: number }, outputs: { m: number }, wait: true });
  after.implement(async () => ({ m: 1 }));
  const flow = Flow.fromProcessors(processor, after).resolve();
  const run = await makeSupervisor().startFlow(flow, {}, { deadlineMs: 50 });
  const error = await within(failureOf(run), "the deadline");
  expect(error).toBeInstanceOf(StreamFailedError);
  expect(error).toMatchObject({
    message: expect.stringContaining(`run ${run.id} failed: DeadlineError`),
    failure: {
      code: "DEADLINE",
      message: `Run ${run.id} has not ended within its deadline of 50 ms. Still to be done: "endless" (running), "after" (waiting).`,
    },
    cause: expect.any(DeadlineError),
  });
  await expect.poll(() => told).toEqual([expect.objectContaining({ message: expect.stringContaining("deadline of 50 ms") })]);
  await expect.poll(async () => (await run.status()).state).toBe("failed");
});

onEveryStore("a processor that takes too long fails its run by name, and its handler learns why", async (makeSupervisor) => {
  const { processor, told } = endless(50);
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(processor).resolve());
  expect(await within(failureOf(run), "the deadline")).toMatchObject({
    failure: { code: "DEADLINE", processor: "endless", attempt: 1 },
  });
  await expect.poll(() => told).toEqual([expect.objectContaining({ name: "DeadlineError" })]);
  expect((await run.progress()).tasks.endless?.state).toBe("failed");
});

onEveryStore("what ends in time is left alone", async (makeSupervisor) => {
  const source = new ControlledSource<number>();
  const processor = new Processor({ name: "double", inputs: { n: number }, outputs: { m: number }, deadlineMs: 60_000 });
  processor.implementEach({}, (n) => ({ m: n * 2 }));
  const run = await makeSupervisor().startFlow(Flow.fromProcessors(processor).resolve(), { n: source }, { deadlineMs: 60_000 });
  source.push(1);
  source.end();
  expect(await run.outputs.m.toArray()).toEqual([2]);
  await run.done;
});

test("deadlines are checked before anything runs", async () => {
  const { processor } = endless(-1);
  expect(() => Flow.fromProcessors(processor).resolve()).toThrow(/"endless": its deadlineMs must be more than 0/);
});
