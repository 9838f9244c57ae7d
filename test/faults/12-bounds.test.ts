/** Promise 12: a fast writer and a slow reader: the stream stays within its bounds, in Redis and in the writer's process. */
import { expect, inject, test } from "vitest";
import { within } from "../../src/testing/eventually.ts";
import { fresh } from "../support/fresh.ts";
import { Program } from "./kit/program.ts";
import { client, figure, makeSupervisor, SOAK } from "./kit/scene.ts";

const COUNT = SOAK ? 50_000 : 20_000;
const PER_SECOND = SOAK ? 100 : 5_000;
const BYTES = 1_000;
const HIGH_WATER = 512 * 1024;
/** As large as a chunk gets. */
const BATCH = 256 * 1024;

test(`${COUNT} values of 1 KB, read at ${PER_SECOND} per second`, { timeout: 60_000 + (COUNT / PER_SECOND) * 1500 }, async () => {
  const redis = inject("redisUrl");
  const id = fresh();
  const writer = new Program("fast-writer", { redis, run: id, count: COUNT, bytes: BYTES, highWaterBytes: HIGH_WATER });
  await writer.says("running");
  const look = client(redis);
  const run = await makeSupervisor({ redis }).run(id);
  let [read, most, waited] = [0, 0, false];
  const start = performance.now();
  for await (const value of run.outputs.blocks ?? []) {
    expect((value as { i: number }).i).toBe(read++);
    if (read % 500 !== 0) continue;
    most = Math.max(most, Number(await look.memory("USAGE", `dg:{${id}}:s:0`, "SAMPLES", 0)));
    // The pace of a slow reader is what is tested.
    const due = (read / PER_SECOND) * 1000 - (performance.now() - start);
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    // After the pause: by then the writer has filled up what was read before it.
    waited ||= (await run.status()).waits.length > 0;
  }
  expect(read).toBe(COUNT);
  const { grown } = await writer.says("memory");
  await within(run.done, "the run to complete");
  // What Redis adds to an entry is small beside what is in it.
  expect(most).toBeLessThan((HIGH_WATER + BATCH) * 1.25);
  expect(most).toBeGreaterThan(HIGH_WATER / 4);
  expect(Number(grown)).toBeLessThan(50 * 2 ** 20);
  expect(waited).toBe(true);
  figure(
    "12",
    `stream at most ${Math.round(most / 1024)} KiB (bound ${HIGH_WATER / 1024} + a batch of ${BATCH / 1024}), writer grew by ${(Number(grown) / 2 ** 20).toFixed(1)} MiB`,
  );
});
