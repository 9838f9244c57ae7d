/** Claims in Redis: they change their own task, whatever else happens to the run, and cost one command. */
import { expect, test } from "vitest";
import { type CountedServer, countedServer } from "../../../test/support/counted-server.ts";
import { fresh } from "../../../test/support/fresh.ts";
import { claimed, readerOf, writerOf, writeToEnd } from "../../testing/store-conformance/kit.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import type { RunRecord, RunStore } from "../store.ts";
import { keysOf } from "./keys.ts";

const recordOf = (count: number): RunRecord =>
  wire({
    id: fresh(),
    durable: true,
    tasks: Array.from({ length: count }, (_, i) => ({ processor: `task${i}`, inputs: [`in${i}`], outputs: [`out${i}`] })),
  });

/** A run as so many processes have it that have heard nothing since it was created. */
async function processes(server: CountedServer, count: number): Promise<RunStore[]> {
  const record = recordOf(count);
  const creator = await server.connect();
  await creator.create(record);
  const stores = await Promise.all(Array.from({ length: count }, () => server.connect()));
  return Promise.all(
    stores.map(async (store) => {
      const run = await store.open(record.id, record);
      return run ?? expect.fail("it was given its record");
    }),
  );
}

const scripts = async ({ calls }: CountedServer) => (await calls("evalsha")) + (await calls("eval"));
const states = async (run: RunStore) => (await run.snapshot()).tasks.map(({ state }) => state);

test("tasks of one run that are claimed at once by processes that know nothing of each other cost a command each", async () => {
  const server = await countedServer();
  const runs = await processes(server, 8);
  const before = await scripts(server);
  const claims = await Promise.all(runs.map((run, task) => run.claim(task)));
  // Scripts that the server does not know yet are sent once more.
  expect((await scripts(server)) - before).toBeLessThanOrEqual(runs.length * 2);
  expect(claims.map((claim) => claim?.attempt)).toEqual(runs.map(() => 1));
  for (const run of runs) expect(await states(run)).toEqual(runs.map(() => "running"));
});

test("one task that is claimed by several processes is one's", async () => {
  const server = await countedServer();
  const runs = await processes(server, 4);
  const claims = await Promise.all(runs.map((run) => run.claim(2)));
  expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
});

test("a transition keeps the claims that were made since, and its process knows of them then", async () => {
  const server = await countedServer();
  const [first, second] = (await processes(server, 2)) as [RunStore, RunStore];
  const mine = (await first.claim(0)) ?? expect.fail("free");
  const yours = (await second.claim(1)) ?? expect.fail("free");
  const before = await scripts(server);
  // It has not heard of the other's claim.
  await first.settle(mine, { state: "completed" });
  expect((await scripts(server)) - before).toBeLessThanOrEqual(2);
  expect(await states(first)).toEqual(["completed", "running"]);
  await writerOf(second, "out1", yours).end({ state: "completed" });
  await second.settle(yours, { state: "completed" });
  for (const run of [first, second]) expect(await states(run)).toEqual(["completed", "completed"]);
});

test("a transition that would change a task that was claimed since is made anew of what is so now", async () => {
  const server = await countedServer();
  const [first, second] = (await processes(server, 2)) as [RunStore, RunStore];
  expect(await states(first)).toEqual(["ready", "ready"]);
  const claim = (await second.claim(1)) ?? expect.fail("free");
  // As far as this process knows nobody has begun, so that nobody has to be told to stop.
  await first.stop({ state: "cancelled", reason: "enough" });
  await expect.poll(() => states(second)).toEqual(["cancelled", "running"]);
  await second.settle(claim, { state: "cancelled", reason: "it was told" });
  expect(await states(first)).toEqual(["cancelled", "cancelled"]);
});

test("a task that became ready can be claimed by who has heard nothing of it, also where its record came along", async () => {
  const server = await countedServer();
  const [here, there, late] = await Promise.all([server.connect(), server.connect(), server.connect()]);
  const record = wire({
    id: fresh(),
    durable: true,
    tasks: [
      { processor: "first", inputs: ["in"], outputs: ["middle"] },
      { processor: "second", inputs: ["middle"], outputs: ["out"], wait: true },
    ],
  });
  const { run } = await here.create(record);
  await writeToEnd(writerOf(run, "in"), [1]);
  const open = async (store: typeof late) => (await store.open(record.id, record)) ?? expect.fail("it was given its record");
  const first = await open(there);
  await first.settle(await claimed(first, "first"), { state: "completed" });
  expect(await (await open(late)).claim(1)).toMatchObject({ task: 1, attempt: 1 });
});

test("a run that is gone, or of a newer version, is not claimed by who has only its record", async () => {
  const server = await countedServer();
  const [here, there] = [await server.connect(), await server.connect()];
  const [gone, newer] = [recordOf(1), recordOf(1)];
  await here.create(newer);
  const { run } = keysOf("dg:", newer.id);
  const ledger = String(await server.client.hget(run, "ledger")).replace('{"v":1,', '{"v":2,');
  await server.client.hset(run, "ledger", ledger);
  for (const [record, code] of [
    [gone, "RUN_LOST"],
    [newer, "UNKNOWN_FORMAT"],
  ] as const) {
    await expect((await there.open(record.id, record))?.claim(0)).rejects.toMatchObject({ code });
  }
  expect(await server.client.hget(run, "ledger")).toBe(ledger);
});

test("what is made ready here is known to be, also by who asks for the state meanwhile", async () => {
  const server = await countedServer();
  const store = await server.connect();
  const record = wire({
    id: fresh(),
    durable: true,
    tasks: [
      { processor: "first", inputs: ["in"], outputs: ["middle"] },
      { processor: "second", inputs: ["middle"], wait: true },
    ],
  });
  const { run } = await store.create(record);
  const claim = await claimed(run, "first");
  const events: unknown[] = [];
  run.watch((event) => events.push(event));
  const settled = run.settle(claim, { state: "completed" });
  // Its reply comes right behind that of the settlement, and tells the same.
  await Promise.all([settled, Promise.resolve().then(() => run.snapshot())]);
  expect(events).toContainEqual(expect.objectContaining({ type: "ready", task: 1, here: true }));
});

test("a small chunk that an input begins with comes along with the claim, a larger one does not", async () => {
  const server = await countedServer();
  const [here, there] = [await server.connect(), await server.connect()];
  const record = recordOf(3);
  const { run } = await here.create(record);
  const contents = [["small"], ["x".repeat(2_000)], []];
  for (const [i, values] of contents.entries()) await writeToEnd(writerOf(run, `in${i}`), values);
  const other = (await there.open(record.id, record)) ?? expect.fail("it was given its record");
  const taken: unknown[] = [];
  for (const task of contents.keys()) {
    expect(await other.claim(task)).toBeDefined();
    // Nothing is waited for: either it is here, or nothing is.
    taken.push(readerOf(other, `in${task}`, { as: `task${task}` }).take(10));
  }
  expect(taken).toEqual([["small"], undefined, undefined]);
});

test("a run that is forgotten as soon as it has ended has not lost anything", async () => {
  const server = await countedServer();
  const store = await server.connect();
  const record = wire({ id: fresh(), keepMs: 0, tasks: [{ processor: "only", inputs: ["in"] }] });
  const { run } = await store.create(record);
  await writeToEnd(writerOf(run, "in"), [1]);
  const claim = await claimed(run, "only");
  const events: unknown[] = [];
  run.watch((event) => events.push(event));
  // The state is asked for right behind the end, when the keys are gone already.
  const asked = [run.settle(claim, { state: "completed" }), Promise.resolve().then(() => run.claim(0))];
  await Promise.all(asked);
  expect(events).toContainEqual(expect.objectContaining({ type: "ended", end: { state: "completed" } }));
});
