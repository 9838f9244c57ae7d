import { DeclarationMismatchError, Flow, Processor, type StreamFailedError, Supervisor, stream } from "datagraph";
import { expect, test } from "vitest";
import { z } from "zod";
import { figure, logged, Scene, within } from "./kit/scene.ts";
import { pipeline } from "./programs/flows.mjs";

const DIFFERENCES = [
  'only the implementer declares input "offset"',
  '"wait" is false for the starter and true for the implementer',
];

/** What workers announce comes with their start, but takes its time. */
async function refused(scene: Scene): Promise<DeclarationMismatchError> {
  let refusal: unknown;
  await expect
    .poll(async () => {
      refusal = await scene.supervisor.startFlow(pipeline, { n: [] }).then(
        (run) => run.cancel(),
        (error: unknown) => error,
      );
      return refusal;
    })
    .toBeInstanceOf(DeclarationMismatchError);
  return refusal as DeclarationMismatchError;
}

test("a flow whose processor is declared otherwise by those who implement it is not started, and the error names both", async () => {
  const scene = new Scene();
  await scene.worker(["otherSquares", "sums"], { name: "the other service" }).says("works");
  const error = await refused(scene);
  expect(error).toMatchObject({ code: "DECLARATION_MISMATCH", processor: "squares", implementer: "the other service" });
  expect(error.differences).toEqual(DIFFERENCES);
  expect(error.message).toContain(`${process.pid}`);
  const known = new Set((await scene.supervisor.runs()).map(({ id }) => id));
  await expect(scene.supervisor.startFlow(pipeline, { n: [1] }, { id: "refused" })).rejects.toThrow(error.message.slice(0, 40));
  expect(new Set((await scene.supervisor.runs()).map(({ id }) => id)), "nothing half-started").toEqual(known);
  figure("28", error.message);
});

test("a worker that declares a processor otherwise leaves its tasks to others, and the state says so", async () => {
  const scene = new Scene();
  await scene.worker(["sums"]).says("works");
  const run = await scene.supervisor.startFlow(pipeline, { n: [1, 2, 3] });
  const other = scene.worker(["otherSquares"], { name: "the other service" });
  expect(await logged(other, 'Task "squares"')).toContain(DIFFERENCES[0]);
  await expect.poll(async () => (await run.status()).waits.join()).toContain("the other service");
  expect(await run.status()).toMatchObject({ state: "running" });
  expect((await run.progress()).tasks.squares, "nothing of it was begun").toEqual({ state: "ready", attempt: 0 });
  // Both are there from here on: whichever is offered the task.
  scene.worker(["squares"]);
  expect(await within(run.outputs.sum.toArray(), "the sums")).toEqual([1, 5, 14]);
  expect(other.all("begin")).toEqual([]);
  const again = await scene.supervisor.startFlow(pipeline, { n: [2] });
  expect(await within(again.outputs.sum.toArray(), "the sum")).toEqual([4]);
});

test("schemas are compared where they tell what they take, and remarks do not count", async () => {
  const flowOf = (n: Processor["declaration"]["inputs"]) =>
    Flow.fromProcessors(new Processor({ name: "typed", inputs: n ?? [], outputs: { m: stream<number>() } })).resolve();
  const scene = new Scene();
  const worker = scene.makeSupervisor();
  const implemented = new Processor({
    name: "typed",
    inputs: { n: z.object({ a: z.number() }) },
    outputs: { m: stream<number>() },
  });
  implemented.implementEach({}, ({ a }) => ({ m: a }));
  void worker.work({ processors: [implemented] });
  const inputs = { n: [{ a: 1 }] };
  await expect
    .poll(() => scene.supervisor.startFlow(flowOf({ n: z.object({ a: z.string() }) }), inputs, { id: "clash" }).catch(String))
    .toContain('the schemas of input "n" differ');
  for (const [id, agreeing] of Object.entries({
    same: z.object({ a: z.number().describe("a remark") }),
    unknown: stream<{ a: number }>(),
    transformed: z.object({ a: z.date() }).or(z.object({ a: z.number() })),
  })) {
    const run = await scene.supervisor.startFlow(flowOf({ n: agreeing }), inputs, { id });
    expect(await within(run.outputs.m?.toArray() ?? Promise.resolve([]), "the output")).toEqual([1]);
  }
});

test("in one process too: the implementation that is given must be of the flow's declaration", async () => {
  const declare = (outputs: string[]) => new Processor({ name: "made", outputs });
  const flow = Flow.fromProcessors(declare(["a"])).resolve();
  await using otherwise = new Supervisor({ processors: [declare(["b"]).implement(async () => ({ b: 1 }))] });
  await expect(otherwise.startFlow(flow)).rejects.toThrow(DeclarationMismatchError);
  await using same = new Supervisor({ processors: [declare(["a"]).implement(async () => ({ a: 1 }))] });
  const run = await same.startFlow(flow);
  await run.done.catch((error: StreamFailedError) => expect(error).toBeUndefined());
});
