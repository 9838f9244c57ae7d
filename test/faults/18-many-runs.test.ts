/** Promise 18: after 1,000 runs everything is as it was: keys, connections, timers, listeners, memory. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Supervisor } from "datagraph";
import { expect, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { counting } from "./kit/flows.ts";
import { client, figure, MemoryLog, makeSupervisor, SOAK, startServer } from "./kit/scene.ts";

const RUNS = SOAK ? 10_000 : 1_000;
const AT_ONCE = 50;

/** Bytes of the heap that are in use. */
function heap(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Kinds of open handles, with how many there are; timers also when they are unreferenced. */
function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kind !== "Immediate")
    .sort();
}

test(`${RUNS} runs of two processors leave nothing behind`, { timeout: SOAK ? 600_000 : 90_000 }, async () => {
  const server = await startServer();
  const redis = client(server.url);
  await redis.ping();
  const log = new MemoryLog();
  const flow = counting();
  const supervisor = makeSupervisor({ redis: server.url, log });
  const round = async (count: number) => {
    for (let done = 0; done < count; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, () => one(supervisor)));
  };
  const one = async (starter: Supervisor) => {
    const run = await starter.startFlow(flow, { n: [1, 2, 3] }, { keepMs: 1 });
    expect(await run.outputs.out.toArray()).toEqual([3, 4, 5]);
    await run.done;
  };
  await round(RUNS);
  const clients = async () => /connected_clients:(\d+)/.exec(await redis.info("clients"))?.[1];
  const [memory, connections, open, listeners] = [
    heap(),
    await clients(),
    handles(),
    process.eventNames().map((name) => process.listenerCount(name)),
  ];
  const start = performance.now();
  await within(round(RUNS), "the runs to end", { deadlineMs: SOAK ? 500_000 : 60_000 });
  const seconds = (performance.now() - start) / 1000;
  await eventually(async () => {
    expect(await redis.keys("dg:{*")).toEqual([]);
  });
  for (const key of await redis.keys("*")) expect(await redis.pttl(key), key).toBeGreaterThan(0);
  expect(await clients()).toBe(connections);
  await eventually(() => expect(handles().length).toBeLessThanOrEqual(open.length));
  expect(process.eventNames().map((name) => process.listenerCount(name))).toEqual(listeners);
  let grown = 0;
  // The last runs' reports and expiries are still on their way.
  await eventually(() => {
    grown = heap() / memory - 1;
    expect(grown).toBeLessThan(0.05);
  });
  expect(log.lines).toEqual([]);
  figure(
    "18",
    `${RUNS} runs in ${seconds.toFixed(1)} s; heap ${(grown * 100).toFixed(1)} %; ${connections} connections as before`,
  );
});
