/** The simulation of `npm run bench:scale`, with numbers that say nothing about cost; what must hold for any number does. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { measure, measureIdleWorkers } from "../bench/scale/measure.ts";
import { bend, demandOf, lineThrough, modelOf } from "../bench/scale/model.ts";
import { toTable } from "../bench/scale/report.ts";
import { RedisServer } from "./support/redis.ts";

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await RedisServer.start();
  redis = new Redis(server.url, { protocol: 2 });
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const TINY = { idleMs: 600, leaseMs: 1_000, keepMs: 200, chunks: [1, 8], rounds: 2, valueBytes: 20 };
const load = {
  workers: 10,
  processorsPerWorker: 2,
  runs: 1_000,
  processesPerRun: 3,
  runsPerSecond: 1,
  valuesPerSecond: 10,
  chunk: 8,
};
const limits = { cpuShare: 0.5, memoryBytes: 2 ** 30, connections: 1_000 };

test("runs need no connections, leave no keys of theirs, and what they cost can be extrapolated", {
  timeout: 60_000,
}, async () => {
  const options = { url: server.url, ...TINY };
  const workers = [
    await measureIdleWorkers(redis, { ...options, workers: 1 }),
    await measureIdleWorkers(redis, { ...options, workers: 3 }),
  ];
  expect(workers[1]?.connections).toBe(3 * (workers[0]?.connections ?? 0));
  const measured = [];
  for (const where of ["local", "bullmq"] as const) {
    for (const runs of [2, 12]) {
      const result = await measure(redis, { ...options, where, runs });
      expect(result.waiting.connections, `${where}: connections, ${runs} runs`).toBe(result.before.connections);
      expect(result.afterValues.connections).toBe(result.before.connections);
      // Those of the prefix may stay, for as long as they list something; BullMQ's jobs, and all that has a run's hash tag, may not.
      expect(result.left.filter((key) => /\{|:q:.*:\d|scale\.(first|last):[\w-]{40}/.test(key))).toEqual([]);
      for (const ms of result.leftForMs) expect(ms).toBeGreaterThan(0);
      measured.push(result);
    }
  }
  const model = modelOf(measured, workers);
  const demand = demandOf(model, load, limits);
  expect(demand.connections).toBe(10 * ((workers[0]?.connections ?? 0) + 1));
  expect(demand.commandsPerSecond).toBeGreaterThan(0);
  expect(demand.keys).toBeGreaterThan(load.runs);
  const bends = [{ where: "local", bend: 1 }];
  expect(toTable({ measured, workers, model, bends, load, demand })).toContain("| local | 12 |");
  expect(() => demandOf(model, { ...load, chunk: 9 }, limits)).toThrow(/Chunks of 1, 8 were measured, found 9/);
});

describe("the model", () => {
  it("finds a straight line's base and slope", () => {
    expect(
      lineThrough([
        [10, 25],
        [100, 205],
        [1_000, 2_005],
      ]),
    ).toEqual({ base: expect.closeTo(5), slope: expect.closeTo(2) });
    expect(lineThrough([[10, 20]])).toEqual({ base: 0, slope: 2 });
  });

  it("tells what grows with the work from what grows faster", () => {
    expect(
      bend([
        [10, 20],
        [100, 200],
        [1_000, 2_000],
      ]),
    ).toBeCloseTo(1);
    expect(
      bend([
        [10, 100],
        [1_000, 1_000_000],
        [100, 10_000],
      ]),
    ).toBeCloseTo(10);
  });
});
