/** How long keys are kept: as long as a run goes on, and then for as long as was asked for. */
import { expect, test } from "vitest";
import type { RedisRun } from "../../src/streams/redis/redis-run.ts";
import { eventually } from "../../src/testing/eventually.ts";
import { claimed, writerOf, writeToEnd } from "../../src/testing/store-conformance/kit.ts";
import { wire } from "../../src/testing/store-conformance/wiring.ts";
import { fresh } from "../support/fresh.ts";
import { COMPLETED } from "./kit/flows.ts";
import { client, openStore, startServer } from "./kit/scene.ts";

const HOUR_MS = 60 * 60 * 1000;
const WIRING = { tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }] };

test("a process that has not heard of a run's end does not change for how long it is kept", async () => {
  const server = await startServer();
  const [store, other] = [await openStore({ url: server.url }), await openStore({ url: server.url })];
  const redis = client(server.url);
  const { run } = await store.create(wire({ ...WIRING, id: fresh(), keepMs: 5 * HOUR_MS }));
  const there = (await other.open(run.record.id)) as RedisRun;
  const claim = await claimed(run, "reads");
  await writeToEnd(writerOf(run, "out", claim), [1]);
  await run.settle(claim, COMPLETED);
  await there.refreshKeys();
  for (const key of ["run", "s:1"]) expect(await redis.pttl(`dg:{${run.record.id}}:${key}`)).toBeGreaterThan(4 * HOUR_MS);
});

test("a run that goes on is kept, and stays listed", async () => {
  const server = await startServer();
  const store = await openStore({ url: server.url, leaseMs: 150 });
  const redis = client(server.url);
  const { run } = await store.create(wire({ ...WIRING, id: fresh() }));
  await writeToEnd(writerOf(run, "in"), [1]);
  const keys = [`dg:{${run.record.id}}:run`, `dg:{${run.record.id}}:s:0`];
  for (const key of keys) await redis.pexpire(key, HOUR_MS / 2);
  await redis.zadd("dg:runs", Date.now() + 500, run.record.id);
  await eventually(async () => {
    for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(HOUR_MS / 2);
    expect(Number(await redis.zscore("dg:runs", run.record.id))).toBeGreaterThan(Date.now() + HOUR_MS / 2);
  });
  expect((await store.list()).map(({ id }) => id)).toEqual([run.record.id]);
});
