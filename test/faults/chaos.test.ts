/** Faults of every kind, in random order, at random moments: still every value, once, in order. Seeds are printed. */
import {
  blackHole,
  crashServer,
  delayPackets,
  type Fault,
  NumberedProducer,
  pickOne,
  planFaults,
  resetConnections,
  type TcpProxy,
  Verifier,
} from "datagraph/testing";
import { expect, inject, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { counting } from "./kit/flows.ts";
import { client, figure, makeSupervisor, outageOf, SOAK, startProxy, startServer } from "./kit/scene.ts";

const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? (SOAK ? 300 : 25));
const TIMEOUTS = { socketTimeout: 300, connectTimeout: 300 };

test(`${ROUNDS} faults`, { timeout: 60_000 + ROUNDS * 3_000 }, async () => {
  const server = await startServer({ appendonly: "always" });
  const proxies = [await startProxy(server.url), await startProxy(server.url)];
  const [writing, reading] = proxies.map((proxy) => makeSupervisor({ redis: { url: proxy.url, client: TIMEOUTS } }));
  if (!writing || !reading) throw new Error("There are two");
  const producer = new NumberedProducer({ pauseMs: 1 });
  const streams = { n: { highWater: { values: 100 } }, m: { highWater: { values: 30 } } };
  const run = await writing.startFlow(counting(), { n: producer }, { streams });
  const viewed = await reading.run(run.id);
  const verifier = new Verifier();
  verifier.follow("out", viewed.outputs.out as AsyncIterable<number>, { numberOf: (value) => value - 2 });
  const redis = client(server.url);
  const faults = {
    reset: resetConnections(proxies),
    "reset after an append": resetAfterAppend(proxies),
    "black hole": blackHole(proxies),
    "late packets": delayPackets(proxies),
    "standing still": async ({ lastsMs }) => {
      server.pause();
      await outageOf(lastsMs);
      server.resume();
    },
    "forgotten scripts": () => redis.script("FLUSH"),
    "connections killed": ({ pick }) =>
      redis.call("CLIENT", "KILL", "TYPE", pickOne(["normal", "pubsub"], pick), "SKIPME", "yes"),
    "kill -9": crashServer(server),
  } satisfies Record<string, Fault>;
  const kinds = Object.keys(faults) as (keyof typeof faults)[];
  const schedule = planFaults({ seed: inject("seed"), kinds, count: ROUNDS, lastsMs: [0, 800] });
  let slowest = 0;
  const never = new AbortController().signal;
  for (const fault of schedule.faults) {
    await within(Promise.resolve(faults[fault.kind](fault, never)), fault.kind);
    // Some come one right after the other.
    if (fault.afterMs < 400) continue;
    const [before, start] = [verifier.seen("out"), performance.now()];
    await Promise.race([
      eventually(() => expect(verifier.seen("out"), `${schedule}`).toBeGreaterThan(before)),
      verifier.ended().then(() => Promise.reject(new Error("The output has ended"))),
    ]);
    slowest = Math.max(slowest, performance.now() - start);
  }
  producer.stop();
  await within(verifier.ended(), `the end of the output; ${schedule}`);
  await within(run.done, "the run to complete");
  verifier.verify({ out: producer.given });
  expect(slowest).toBeLessThan(5_000);
  figure(
    "chaos",
    `seed ${schedule.seed}: ${producer.given} values in order through ${ROUNDS} faults; going on after at most ${Math.round(slowest)} ms`,
  );
});

/** An append is performed, and its reply is lost. */
function resetAfterAppend(proxies: readonly TcpProxy[]): Fault {
  const armed = new Set<TcpProxy>();
  return ({ pick }) => {
    const proxy = pickOne(proxies, pick);
    if (armed.has(proxy)) return;
    armed.add(proxy);
    void proxy.resetAfterRequest(1, (bytes) => bytes.includes("}:s:")).then(() => armed.delete(proxy));
  };
}
