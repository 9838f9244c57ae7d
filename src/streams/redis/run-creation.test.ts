/** How a run is created, and what goes along with it. */
import { expect, test } from "vitest";
import { countedServer } from "../../../test/support/counted-server.ts";
import { fresh } from "../../../test/support/fresh.ts";
import { wire } from "../../testing/store-conformance/wiring.ts";
import { msgpackCodec } from "../codecs/index.ts";
import { completeInputs } from "./complete-inputs.ts";
import { keysOf } from "./keys.ts";

const PLAIN = { tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }] };
const MIB = 1024 * 1024;

function taken(values: readonly unknown[], bounds = {}, maxValueBytes = MIB): boolean {
  return completeInputs(wire({ ...PLAIN, bounds }), new Map([[0, values]]), msgpackCodec(), maxValueBytes).length === 1;
}

test("short ones are taken; long and large ones, and what cannot be encoded, are a writer's", () => {
  const many = Array.from({ length: 513 }, () => 1);
  expect([taken([]), taken([1]), taken(many.slice(1)), taken(many)]).toEqual([true, true, true, false]);
  expect([taken(["x".repeat(16_000)]), taken(["x".repeat(17_000)])]).toEqual([true, false]);
  expect([taken([() => 1]), taken([Symbol("s")])]).toEqual([false, false]);
});

test("bounds hold for them, too", () => {
  expect([taken([1, 2], { highWaterValues: 2 }), taken([1, 2, 3], { highWaterValues: 2 })]).toEqual([true, false]);
  expect([taken(["12345"], { highWaterBytes: 5 }), taken(["1"], { highWaterBytes: 5 })]).toEqual([false, true]);
  expect(taken(["12345"], {}, 5)).toBe(false);
});

test("they cost no command of their own, and expire with their run", async () => {
  const { connect, calls, client } = await countedServer();
  const store = await connect();
  await store.create(wire({ ...PLAIN, id: fresh() }));
  const scripts = async () => (await calls("evalsha")) + (await calls("eval"));
  const before = await scripts();
  const { run } = await store.create(wire({ ...PLAIN, id: fresh() }), { inputs: () => new Map([[0, [1, 2, 3]]]) });
  // Somebody will look after it, and it is created.
  expect((await scripts()) - before).toBe(2);
  expect(await client.pttl(keysOf("dg:", run.record.id).stream(0))).toBeGreaterThan(1_000);
});

test("who opens a run that is being created here gets the same one", async () => {
  const store = await (await countedServer()).connect();
  const record = wire({ ...PLAIN, id: fresh() });
  const creating = store.create(record);
  const [opened, read] = await Promise.all([store.open(record.id, record), store.open(record.id)]);
  const { run } = await creating;
  expect(opened).toBe(run);
  expect(read).toBe(run);
});

test("a run whose creation has waited for memory is looked after, though it was looked for before it was there", async () => {
  const { connect, client } = await countedServer();
  const [here, there] = [await connect(100), await connect(100)];
  const attended = (id: string) => client.zscore("dg:attention", id);
  await client.config("SET", "maxmemory", 1);
  const record = { ...wire({ ...PLAIN, id: fresh() }), durable: true };
  const creating = here.create(record, { inputs: () => new Map([[0, [1]]]) });
  await expect.poll(() => attended(record.id)).not.toBeNull();
  // Nobody finds a run, and it is taken off the list.
  await expect
    .poll(async () => {
      await there.recover();
      return attended(record.id);
    })
    .toBeNull();
  await client.config("SET", "maxmemory", 0);
  await creating;
  expect(await attended(record.id)).not.toBeNull();
});
