import { expect, test } from "vitest";
import { figure, Scene, within } from "./kit/scene.ts";
import { pipeline, sumsOf, timed } from "./programs/flows.mjs";

test("a flow runs across three processes, and its results come while they are made", async () => {
  const scene = new Scene();
  const [first, second] = [scene.worker(["ticks", "sums"]), scene.worker(["squares"])];
  await Promise.all([first.says("works"), second.says("works")]);
  const run = await scene.supervisor.startFlow(timed, { plan: [{ count: 200, everyMs: 5 }] });
  const sums: number[] = [];
  let stateAtFirst: unknown;
  for await (const sum of run.outputs.sum) {
    if (sums.push(sum) === 1) stateAtFirst = (await run.progress()).streams.n?.state;
  }
  expect(sums).toEqual(sumsOf(200));
  expect(stateAtFirst, "the source when the first result had come").toBe("open");
  await within(run.done, "the run");
  expect(first.all("begin").map(({ processor }) => processor)).toEqual(expect.arrayContaining(["ticks", "sums"]));
  expect(second.all("begin").map(({ processor }) => processor)).toEqual(["squares"]);
});

test("a processor that nobody implements waits, is shown as waiting, and starts when a worker appears", async () => {
  const scene = new Scene();
  await scene.worker(["squares"]).says("works");
  const run = await scene.supervisor.startFlow(pipeline, { n: [1, 2, 3] });
  await expect
    .poll(() => run.status(), { timeout: 10_000 })
    .toMatchObject({ state: "running", waits: ['processor "sums" waits for a worker that implements it'] });
  scene.worker(["sums"]);
  expect(await within(run.outputs.sum.toArray(), "the sums")).toEqual([1, 5, 14]);
  expect((await run.status()).waits).toEqual([]);
});

test("the same run id started from two processes is one run", async () => {
  const scene = new Scene();
  await scene.worker(["squares", "sums"]).says("works");
  const starters = [0, 1].map(() => scene.starter({ id: "twice", count: 50, everyMs: 1 }));
  const outputs = await Promise.all(starters.map((starter) => starter.says("output")));
  for (const { values } of outputs) expect(values).toEqual(sumsOf(50));
  await Promise.all(starters.map((starter) => starter.says("done")));
  expect(await scene.supervisor.runs()).toMatchObject([{ id: "twice", state: "completed" }]);
});

test("finished jobs leave nothing behind but their queues' bookkeeping, and connections do not grow with runs", async () => {
  const scene = new Scene();
  const worker = scene.worker(["squares", "sums"]);
  await worker.says("works");
  const client = scene.client();
  const connections = async () => (String(await client.client("LIST")).match(/^id=/gm) ?? []).length;
  const perform = async () => {
    const run = await scene.supervisor.startFlow(pipeline, { n: [1, 2] });
    await run.done;
  };
  await perform();
  const before = await connections();
  await Promise.all(Array.from({ length: 100 }, perform));
  const after = await connections();
  figure("18", `${before} connections with one run, ${after} with a hundred (all tests share this server)`);
  worker.kill("SIGTERM");
  await worker.ended;
  const keys = (await client.keys(`${scene.prefix}q:*`)).map((key) => key.slice(scene.prefix.length + 2));
  const bookkeeping = /^(squares|sums):(events|id|meta|stalled-check)$/;
  expect(keys.filter((key) => !bookkeeping.test(key))).toEqual([]);
  for (const name of ["squares", "sums"]) expect(await client.xlen(`${scene.prefix}q:${name}:events`)).toBeLessThan(150);
});
