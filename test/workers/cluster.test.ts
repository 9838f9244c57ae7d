/** Promise 11 for workers: tasks and streams on a cluster of three masters. */
import { DeclarationError, Supervisor } from "datagraph";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { BullMQExecutor } from "../../src/executors/bullmq.ts";
import { RedisCluster } from "../support/redis.ts";
import { afterwards, figure, Scene, within } from "./kit/scene.ts";
import { pipeline, sumsOf, timed } from "./programs/flows.mjs";

async function startCluster(): Promise<RedisCluster> {
  const cluster = await RedisCluster.start();
  afterwards(() => cluster.stop());
  return cluster;
}

/** What each master answers to a question. */
async function askAll<T>(cluster: RedisCluster, ask: (client: Redis) => Promise<T>): Promise<T[]> {
  return await Promise.all(
    cluster.masters.map(async ({ url }) => {
      const client = new Redis(url);
      try {
        return await ask(client);
      } finally {
        client.disconnect();
      }
    }),
  );
}

test("a flow runs across workers on a cluster, also when one is killed, and no script touches two nodes", async () => {
  const cluster = await startCluster();
  const scene = new Scene({ redis: cluster.urls.join(",") });
  const [first, second] = [scene.worker(["ticks", "squares", "sums"]), scene.worker(["ticks", "squares", "sums"])];
  await Promise.all([first.says("works"), second.says("works")]);
  const runs = await Promise.all(
    Array.from({ length: 8 }, () => scene.supervisor.startFlow(timed, { plan: [{ count: 200, everyMs: 10 }] })),
  );
  await Promise.all(runs.map((run) => run.outputs.sum.first()));
  const since = performance.now();
  first.kill("SIGKILL");
  const outputs = await within(Promise.all(runs.map((run) => run.outputs.sum.toArray())), "all outputs", 60_000);
  for (const sums of outputs) expect(sums).toEqual(sumsOf(200));
  await within(Promise.all(runs.map((run) => run.done)), "the runs");
  figure("11", `8 runs on a cluster complete ${Math.round(performance.now() - since)} ms after one of two workers was killed`);
  const keys = await askAll(cluster, (client) => client.keys("*"));
  expect(keys.flat().filter((key) => !key.startsWith(scene.prefix))).toEqual([]);
  expect(keys.flat()).toContain(`${scene.prefix}{q:squares}:squares:meta`);
  for (const stats of await askAll(cluster, (client) => client.info("errorstats"))) expect(stats).not.toContain("CROSSSLOT");
}, 90_000);

test("a prefix of one's own for BullMQ needs a hash tag on a cluster", async () => {
  const cluster = await startCluster();
  const make = (prefix: string) =>
    new Supervisor({ redis: { cluster: cluster.urls }, executor: new BullMQExecutor({ prefix }), log: new Scene().log });
  expect(() => make("jobs")).toThrow(DeclarationError);
  expect(() => make("jobs")).toThrow(/"jobs" needs a hash tag on a cluster, as in "\{jobs\}"/);
  const supervisor = make("{jobs}");
  const run = await supervisor.startFlow(pipeline, { n: [1] });
  await expect
    .poll(async () => (await askAll(cluster, (client) => client.keys("{jobs}:squares:*"))).flat().length)
    .toBeGreaterThan(0);
  await run.cancel();
  await supervisor.close();
});
