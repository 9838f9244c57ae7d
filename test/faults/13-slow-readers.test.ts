/** Promise 13: a slow or abandoned reader slows nobody it should not; leaving frees within 1 s; a dead one is forgotten. */
import { Flow, Processor, stream } from "datagraph";
import { expect, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { fresh } from "../support/fresh.ts";
import { Program } from "./kit/program.ts";
import { figure, makeSupervisor, startServer } from "./kit/scene.ts";

const BOUNDED = { retain: "unread", highWater: { values: 50 }, maxBacklog: 1e9 } as const;
const LEASE_MS = 1_000;
/** How often what waits asks the server. */
const CHECK_MS = 2_000;

function numbers<Output extends "a" | "b" | "out">(name: string, output: Output, count: number) {
  const outputs = { [output]: stream<number>() } as { readonly [Name in Output]: ReturnType<typeof stream<number>> };
  const processor = new Processor({ name, outputs });
  const values: AsyncGeneratorFunctionLike = async function* () {
    for (let i = 0; i < count; i++) yield { [output]: i };
  };
  return processor.implement(values as never);
}

type AsyncGeneratorFunctionLike = () => AsyncGenerator<Readonly<Record<string, number>>>;

test("a reader process that is killed holds the writer no longer than its lease", { timeout: 40_000 }, async () => {
  const server = await startServer();
  const place = { redis: { url: server.url }, leaseMs: LEASE_MS };
  const supervisor = makeSupervisor(place);
  const flow = Flow.fromProcessors(numbers("writer", "out", 100_000)).resolve();
  const run = await supervisor.startFlow(flow, {}, { id: fresh(), defaults: { ...BOUNDED, maxBacklog: 300 } });
  const reader = new Program("abandoning-reader", { ...place, run: run.id, output: "out" });
  await reader.says("reading");
  const values = async () => (await run.progress()).streams.out?.values ?? 0;
  // It lives, reads nothing, and holds the writer for as long as it lives: longer than a lease.
  let stuck = 0;
  await eventually(async () => {
    const before = stuck;
    stuck = await values();
    expect(stuck).toBe(before);
  });
  const since = performance.now();
  await eventually(() => expect(performance.now() - since).toBeGreaterThan(2 * LEASE_MS));
  expect(await values()).toBe(stuck);
  expect((await run.status()).waits).toEqual([expect.stringMatching(/waits for the caller/)]);
  reader.kill("SIGKILL");
  await reader.ended;
  const start = performance.now();
  await eventually(async () => expect(await values()).toBeGreaterThan(stuck));
  const took = performance.now() - start;
  expect(took).toBeLessThan(LEASE_MS + 2 * CHECK_MS);
  await within(run.done, "the writer to end", { deadlineMs: 20_000 });
  figure("13", `writer stuck at ${stuck}, went on ${Math.round(took)} ms after the kill (lease ${LEASE_MS} ms)`);
});

test("leaving a loop gives the writer room within 1 s, here and elsewhere", { timeout: 40_000 }, async () => {
  const server = await startServer();
  const supervisors = [makeSupervisor({ redis: server.url }), makeSupervisor({ redis: server.url })];
  for (const [where, reading] of [["here", supervisors[0]] as const, ["elsewhere", supervisors[1]] as const]) {
    const flow = Flow.fromProcessors(numbers("writer", "out", 20_000)).resolve();
    const run = await supervisors[0]?.startFlow(flow, {}, { id: fresh(), defaults: { ...BOUNDED, maxBacklog: 300 } });
    if (!run) throw new Error("The run is there");
    const viewed = await reading?.run(run.id);
    const values = async () => (await run.progress()).streams.out?.values ?? 0;
    let left = 0;
    let stuck = 0;
    for await (const value of viewed?.outputs.out ?? []) {
      if (value !== 40) continue;
      await eventually(async () => {
        const before = stuck;
        stuck = await values();
        expect(stuck).toBe(before);
      });
      left = performance.now();
      break;
    }
    await eventually(async () => expect(await values()).toBeGreaterThan(stuck));
    const took = performance.now() - left;
    expect(took).toBeLessThan(1_000);
    await within(run.done, "the writer to end", { deadlineMs: 20_000 });
    figure("13", `break ${where}: the writer went on ${Math.round(took)} ms later`);
  }
});

test("a reader that stands still slows only the stream it reads", { timeout: 40_000 }, async () => {
  const server = await startServer();
  const supervisor = makeSupervisor({ redis: server.url });
  const flow = Flow.fromProcessors(numbers("slow", "a", 5_000), numbers("quick", "b", 5_000)).resolve();
  const run = await supervisor.startFlow(flow, {}, { defaults: BOUNDED });
  const still = run.outputs.a?.stream();
  await still?.next();
  const elsewhere = await makeSupervisor({ redis: server.url }).run(run.id);
  const unread = elsewhere.outputs.a?.stream();
  await unread?.next();
  // What is dropped once it is read needs both to be there before either goes on.
  const quick = [run.outputs.b?.stream(), elsewhere.outputs.b?.stream()];
  for (const reader of quick) expect(await reader?.next()).toEqual({ done: false, value: 0 });
  const counts = await within(Promise.all(quick.map((reader) => (reader ? count(reader) : 0))), "the quick ones");
  expect(counts).toEqual([4_999, 4_999]);
  expect((await run.progress()).tasks).toMatchObject({ slow: { state: "running" }, quick: { state: "completed" } });
  await still?.return?.();
  await unread?.return?.();
  await within(run.done, "the slow one, once nobody reads it");
});

test("a writer that waits for a reader's next report is seen to wait, also by the process that reads", {
  timeout: 40_000,
}, async () => {
  const server = await startServer();
  const flow = Flow.fromProcessors(numbers("writer", "out", 100_000)).resolve();
  const started = await makeSupervisor({ redis: server.url }).startFlow(flow, {}, { defaults: { ...BOUNDED, maxBacklog: 300 } });
  const run = await makeSupervisor({ redis: server.url }).run(started.id);
  let [read, looks, waits] = [0, 0, 0];
  for await (const _ of run.outputs.out ?? []) {
    // As slow as what takes a moment for each value.
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (++read < 300 || read % 10 !== 0) continue;
    looks++;
    if ((await run.status()).waits.some((wait) => wait.includes("the caller"))) waits++;
    if (looks === 40) break;
  }
  expect(waits).toBeGreaterThan(looks / 2);
  await started.cancel();
});

test("where outputs are kept, a caller that stands still slows nobody", async () => {
  const server = await startServer();
  const supervisor = makeSupervisor({ redis: server.url });
  const flow = Flow.fromProcessors(numbers("writer", "out", 20_000)).resolve();
  const run = await supervisor.startFlow(flow, {}, { streams: { out: { retain: "all" } } });
  const first = await run.outputs.out?.first();
  expect(first).toBe(0);
  await within(run.done, "the run to complete though nobody reads");
  expect(await run.outputs.out?.toArray()).toHaveLength(20_000);
});

async function count(values: AsyncIterable<unknown>): Promise<number> {
  let counted = 0;
  for await (const _ of values) counted++;
  return counted;
}
