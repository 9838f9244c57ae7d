/** Promise 10 on workers: the server's memory is full for a while. Writers wait, leases are kept, what frees memory gets through. */
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { RedisServer } from "../support/redis.ts";
import { afterwards, figure, LEASE_MS, lasting, Scene, within } from "./kit/scene.ts";
import { holding, pipeline, sumsOf, timed } from "./programs/flows.mjs";

async function startScene(): Promise<{ scene: Scene; redis: Redis }> {
  const server = await RedisServer.start();
  afterwards(() => server.stop());
  const scene = new Scene({ redis: server.url });
  return { scene, redis: scene.client() };
}

/** No byte more from now on. Until `release`, whatever wants memory is refused. */
async function fill(redis: Redis): Promise<void> {
  await redis.config("SET", "maxmemory", 1);
}

async function release(redis: Redis): Promise<void> {
  await redis.config("SET", "maxmemory", 0);
}

async function refusals(redis: Redis): Promise<number> {
  return Number(/errorstat_OOM:count=(\d+)/.exec(await redis.info("errorstats"))?.[1] ?? 0);
}

test("memory that is full for several leases: every task keeps its lease, and all goes on where it was", async () => {
  const { scene, redis } = await startScene();
  const worker = scene.worker(["ticks", "squares", "sums"]);
  await worker.says("works");
  const run = await scene.supervisor.startFlow(timed, { plan: [{ count: 300, everyMs: 5 }] });
  const reading = run.outputs.sum.toArray();
  await run.outputs.sum.first();
  await fill(redis);
  await expect.poll(() => refusals(redis), { timeout: 10_000 }).toBeGreaterThan(0);
  // A run that is started meanwhile waits for memory, too.
  const late = scene.supervisor.startFlow(pipeline, { n: [1, 2, 3] });
  late.catch(() => undefined);
  await lasting(2.5 * LEASE_MS);
  expect(await Promise.race([late.then(() => "started"), "waits"])).toBe("waits");
  expect((await run.status()).state).toBe("running");
  const released = performance.now();
  await release(redis);
  expect(await within(reading, "the sums")).toEqual(sumsOf(300));
  await within(run.done, "the run");
  expect(await within((await within(late, "the late run")).outputs.sum.toArray(), "its sums")).toEqual([1, 5, 14]);
  figure("10", `workers: both runs complete ${Math.round(performance.now() - released)} ms after memory was there again`);
  // Nobody was taken for dead, as nobody was.
  expect(worker.all("begin").filter(({ attempt }) => attempt !== 1)).toEqual([]);
  await expectNoJobs(scene, redis);
});

test("a run is cancelled without memory: its workers hear of it, its streams are gone, its jobs leave nothing", async () => {
  const { scene, redis } = await startScene();
  const worker = scene.worker(["holder", "squares", "sums"]);
  await worker.says("works");
  const run = await scene.supervisor.startFlow(holding);
  await worker.says("begin", { run: run.id });
  await fill(redis);
  const since = performance.now();
  await within(run.cancel(), "the cancellation");
  await worker.says("stopped", { run: run.id });
  figure("10", `workers: cancelled without memory within ${Math.round(performance.now() - since)} ms`);
  expect(await redis.keys(`${scene.prefix}{${run.id}}:s:*`)).toEqual([]);
  expect(await redis.pttl(`${scene.prefix}{${run.id}}:run`)).toBeGreaterThan(0);
  await release(redis);
  const next = await scene.supervisor.startFlow(pipeline, { n: [2] });
  expect(await within(next.outputs.sum.toArray(), "a run afterwards")).toEqual([4]);
  await expectNoJobs(scene, redis);
});

/** Also a job whose end could not be written down is found to be over, and forgotten. */
async function expectNoJobs(scene: Scene, redis: Redis): Promise<void> {
  const bookkeeping = /:(events|id|meta|stalled-check|marker)$/;
  await expect
    .poll(async () => (await redis.keys(`${scene.prefix}q:*`)).filter((key) => !bookkeeping.test(key)), { timeout: 15_000 })
    .toEqual([]);
}
