import { Flow } from "datagraph";
import { type RedisStreamOptions, redisStream } from "datagraph/sources";
import { expect, test } from "vitest";
import { fresh } from "../support/fresh.ts";
import { figure, Scene, within } from "./kit/scene.ts";

const KILLS = 3;
const BLOCK = 400;

test.each<[string, Partial<RedisStreamOptions>]>([
  ["by itself", {}],
  ["with its place kept", { position: fresh("position") }],
  ["by a group", { group: "readers" }],
])(
  "a Redis stream read %s by workers that are killed: each entry is a record, once",
  async (how, more) => {
    const scene = new Scene();
    const client = scene.client();
    const stream = fresh("events");
    const options: RedisStreamOptions = { url: scene.redis, stream, until: "follow", batchSize: 7, ...more };
    const start = () => scene.startWorker("stream-worker", options);
    let worker = await start();
    const run = await scene.supervisor.startFlow(Flow.fromProcessors(redisStream(options)).resolve(), {});
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { id } of run.outputs.records) seen.push(id);
    })();
    reading.catch(() => undefined);
    for (let kill = 0; kill <= KILLS; kill++) {
      const adding = client.pipeline();
      for (let i = 0; i < BLOCK; i++) adding.xadd(stream, `${kill + 1}-${i}`, "n", i);
      await adding.exec();
      if (kill === KILLS) break;
      // In the middle of what has just come.
      await expect.poll(() => seen.length, { timeout: 30_000, interval: 1 }).toBeGreaterThan(kill * BLOCK + BLOCK / 4);
      await worker.kill("SIGKILL");
      worker = await start();
    }
    const all = Array.from({ length: (KILLS + 1) * BLOCK }, (_, n) => `${Math.floor(n / BLOCK) + 1}-${n % BLOCK}`);
    await expect.poll(() => seen.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(all.length);
    expect(seen).toEqual(all);
    const { tasks } = await run.progress();
    expect(tasks.redisStream?.attempt).toBe(KILLS + 1);
    if (options.group !== undefined) await expect.poll(async () => (await client.xpending(stream, "readers"))[0]).toBe(0);
    if (options.position !== undefined) await expect.poll(() => client.get(options.position ?? "")).toBe(all.at(-1));
    await run.cancel("enough");
    await within(
      run.done.catch(() => undefined),
      "the run",
    );
    await client.del(stream, options.position ?? stream);
    figure("8", `a Redis stream ${how}: ${all.length} entries, ${KILLS} kills, each once`);
  },
  120_000,
);
