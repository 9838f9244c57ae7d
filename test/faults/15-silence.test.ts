/** Promise 15: a writer that is silent for long is no fault while its connections live. Time is scaled, not the limits' ratio. */
import { expect, test } from "vitest";
import { ControlledSource } from "../../src/testing/controlled-source.ts";
import { within } from "../../src/testing/eventually.ts";
import { counting } from "./kit/flows.ts";
import { client, figure, MemoryLog, makeSupervisor, outageOf, SOAK, startServer } from "./kit/scene.ts";

const QUIET_MS = SOAK ? 600_000 : 5_000;
const LEASE_MS = 300;
const LIMITS = { outageMs: 300, client: { socketTimeout: 300, connectTimeout: 1_000 } };

test(`silence of ${QUIET_MS / 300} times every limit`, { timeout: QUIET_MS + 30_000 }, async () => {
  const server = await startServer();
  const log = new MemoryLog();
  const redis = { url: server.url, ...LIMITS };
  const supervisor = makeSupervisor({ redis, leaseMs: LEASE_MS, log });
  const elsewhere = makeSupervisor({ redis, leaseMs: LEASE_MS, log });
  const source = new ControlledSource<number>();
  const run = await supervisor.startFlow(counting(), { n: source });
  const viewed = await elsewhere.run(run.id);
  const reading = [run.outputs.out.toArray(), viewed.outputs.out?.toArray()];
  source.push(1);
  expect(await run.outputs.out.first()).toBe(3);
  const redisClient = client(server.url);
  const connections = async () => Number(/connected_clients:(\d+)/.exec(await redisClient.info("clients"))?.[1]);
  const [before, received] = [
    await connections(),
    Number(/total_connections_received:(\d+)/.exec(await redisClient.info("stats"))?.[1]),
  ];
  await outageOf(QUIET_MS);
  source.push(2);
  source.end();
  expect(await within(Promise.all(reading), "the values after the silence")).toEqual([
    [3, 4],
    [3, 4],
  ]);
  await within(run.done, "the run to complete");
  expect(log.lines).toEqual([]);
  expect(await connections()).toBe(before);
  expect(Number(/total_connections_received:(\d+)/.exec(await redisClient.info("stats"))?.[1])).toBe(received);
  figure("15", `${QUIET_MS} ms of silence with limits of 300 ms: no log line, no new connection`);
});
