/**
 * Promise 19: runs without end on workers that are killed, stopped and cut off, on a server that crashes. `SOAK_MINUTES`
 * says how long; the seed is printed, and `TEST_SEED` repeats it.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  blackHole,
  crashServer,
  type Fault,
  injectFaults,
  killWorker,
  NumberedProducer,
  planFaults,
  resetConnections,
  stopWorker,
  TcpProxy,
  Verifier,
  WorkerPool,
} from "datagraph/testing";
import { expect, inject, test } from "vitest";
import { RedisServer } from "../support/redis.ts";
import { afterwards, figure, Scene, SOAK, within } from "./kit/scene.ts";
import { pipeline, sumsOf } from "./programs/flows.mjs";

const MINUTES = Number(process.env.SOAK_MINUTES ?? (SOAK ? 30 : 1 / 8));
const LEASE_MS = 1_000;
const LANES = 2;
/** Longer than a server may be away: who is cut off when a run ends hears of it afterwards. */
const KEPT_MS = 20_000;
const VALUES = 100;
/** A slope needs some time to show. */
const SLOPE_MINUTES = 3;
const MOST_MB_PER_MINUTE = 1;
const LOOK_EVERY_MS = 2_000;

const PROCESSORS = ["squares", "sums"];
const numberOfSum = new Map(sumsOf(VALUES).map((sum, n) => [sum, n]));

test(`${MINUTES.toPrecision(2)} minutes of chaos on workers`, { timeout: MINUTES * 60_000 + 120_000 }, async () => {
  const server = await RedisServer.start({ appendonly: "always" });
  afterwards(() => server.stop());
  const proxies = [await TcpProxy.start(server.url), await TcpProxy.start(server.url)];
  for (const proxy of proxies) afterwards(() => proxy.close());
  const scene = new Scene({ redis: server.url, leaseMs: LEASE_MS });
  // It suffers all but death, so that its memory can be watched.
  const survivor = scene.worker(PROCESSORS, {
    heapEveryMs: LOOK_EVERY_MS,
    execArgv: ["--expose-gc"],
    redis: proxies[0]?.url ?? "",
  });
  await survivor.says("works");
  const pool = await WorkerPool.start(2, async () => {
    const worker = scene.worker(PROCESSORS, { redis: proxies[1]?.url ?? "" });
    await worker.says("works");
    return worker;
  });
  afterwards(() => pool.close());

  const faults = {
    kill: killWorker(pool),
    stop: stopWorker(pool),
    reset: resetConnections(proxies),
    "black hole": blackHole(proxies),
    crash: crashServer(server),
  } satisfies Record<string, Fault>;
  const seed = inject("seed");
  const kinds = ["kill", "kill", "stop", "reset", "reset", "black hole", "crash"] as const;
  const schedule = planFaults({ seed, kinds, count: Math.ceil(MINUTES * 600), pauseMs: [300, 2_000], lastsMs: [50, 2_000] });
  const over = new AbortController();
  const start = performance.now();
  const timer = setTimeout(() => over.abort(), MINUTES * 60_000);
  const heap = watchHeap();
  const suffering = injectFaults(schedule, faults, { signal: over.signal });
  let runs = 0;
  const lane = async (name: number) => {
    for (let i = 0; performance.now() - start < MINUTES * 60_000; i++) {
      await performRun(scene, `${name}-${i}`);
      runs++;
    }
  };
  await Promise.race([
    Promise.all(Array.from({ length: LANES }, (_, i) => lane(i))),
    suffering.then(() => new Promise(() => {})),
  ]);
  clearTimeout(timer);
  over.abort();
  const { length: count } = await suffering;

  const looks = survivor.all("heap").map(({ at, bytes }) => ({ at, bytes: Number(bytes) }));
  const done = `${runs} runs of ${VALUES} values, ${count} faults (${pool.kills} kills), nothing lost or doubled`;
  figure("19", `seed ${seed}, ${MINUTES.toPrecision(2)} min: ${done}`);
  expect(runs).toBeGreaterThan(0);
  const slopes = { worker: slopeOf(looks), starter: slopeOf(heap.stop()) };
  if (MINUTES < SLOPE_MINUTES) return;
  figure("19", `heap ${slopes.worker.toFixed(2)} MB/min in a worker, ${slopes.starter.toFixed(2)} MB/min in the starter`);
  expect(slopes.worker).toBeLessThan(MOST_MB_PER_MINUTE);
  expect(slopes.starter).toBeLessThan(MOST_MB_PER_MINUTE);
});

async function performRun(scene: Scene, id: string): Promise<void> {
  const producer = new NumberedProducer({ count: VALUES, pauseMs: 5 });
  const run = await scene.supervisor.startFlow(pipeline, { n: producer }, { id, keepMs: KEPT_MS });
  const verifier = new Verifier();
  // A sum that nobody expects is no number.
  verifier.follow("sum", run.outputs.sum, { numberOf: (sum) => numberOfSum.get(sum) ?? Number.NaN });
  await within(verifier.ended(), `the output of run ${id}`, 60_000);
  verifier.verify({ sum: VALUES });
  await within(run.done, `the end of run ${id}`);
}

interface Look {
  readonly at: number;
  readonly bytes: number;
}

/** Looks from time to time at what this process holds. */
function watchHeap(): { stop(): readonly Look[] } {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const looks: Look[] = [];
  const timer = setInterval(() => {
    collect();
    looks.push({ at: performance.now(), bytes: process.memoryUsage().heapUsed });
  }, LOOK_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return looks;
    },
  };
}

/** Megabytes per minute: the least squares' line through the last three quarters; what comes before is compiled and cached. */
function slopeOf(looks: readonly Look[]): number {
  const late = looks.slice(Math.floor(looks.length / 4));
  const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const [at, bytes] = [mean(late.map((look) => look.at)), mean(late.map((look) => look.bytes))];
  const covariance = mean(late.map((look) => (look.at - at) * (look.bytes - bytes)));
  const variance = mean(late.map((look) => (look.at - at) ** 2));
  return (covariance / variance / 2 ** 20) * 60_000;
}
