/** Faults of every kind, in random order, at random moments: still every value, once, in order. Seeds are printed. */
import { expect, inject, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { Counter, counting, Follower } from "./kit/flows.ts";
import { client, figure, makeSupervisor, outageOf, SOAK, startProxy, startServer } from "./kit/scene.ts";

const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? (SOAK ? 300 : 25));
const TIMEOUTS = { socketTimeout: 300, connectTimeout: 300 };

test(`${ROUNDS} faults`, { timeout: 60_000 + ROUNDS * 3_000 }, async () => {
  const seed = inject("seed");
  const random = randomFrom(seed);
  const server = await startServer({ appendonly: "always" });
  const proxies = [await startProxy(server.url), await startProxy(server.url)];
  const [writing, reading] = proxies.map((proxy) => makeSupervisor({ redis: { url: proxy.url, client: TIMEOUTS } }));
  if (!writing || !reading) throw new Error("There are two");
  const counter = new Counter(0);
  const streams = { n: { highWater: { values: 100 } }, m: { highWater: { values: 30 } } };
  const run = await writing.startFlow(counting(), { n: counter }, { streams });
  const viewed = await reading.run(run.id);
  const follower = new Follower(viewed.outputs.out as AsyncIterable<number>, 2);
  const redis = client(server.url);
  const armed = new Set<TcpProxy>();
  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const faults: Record<string, () => Promise<unknown> | void> = {
    reset: () => oneOf(proxies).resetAll(),
    "reset after an append": () => {
      const proxy = oneOf(proxies);
      if (armed.has(proxy)) return;
      armed.add(proxy);
      void proxy.resetAfterRequest(1, (bytes) => bytes.includes("}:s:")).then(() => armed.delete(proxy));
    },
    "black hole": async () => {
      const proxy = oneOf(proxies);
      proxy.blackhole(true);
      await outageOf(200 + random() * 600);
      proxy.blackhole(false);
    },
    "late packets": async () => {
      const proxy = oneOf(proxies);
      proxy.latency(random() * 60);
      await outageOf(random() * 300);
      proxy.latency(0);
    },
    "standing still": async () => {
      server.pause();
      await outageOf(random() * 700);
      server.resume();
    },
    "forgotten scripts": () => redis.script("FLUSH"),
    "connections killed": () => redis.call("CLIENT", "KILL", "TYPE", oneOf(["normal", "pubsub"]), "SKIPME", "yes"),
    "kill -9": async () => {
      await server.kill();
      await outageOf(random() * 200);
      await server.restart();
    },
  };
  const done: string[] = [];
  let slowest = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const fault = oneOf(Object.keys(faults));
    done.push(fault);
    await within(Promise.resolve(faults[fault]?.()), fault);
    if (random() < 0.4) continue;
    const [before, start] = [follower.next, performance.now()];
    await Promise.race([
      eventually(() => expect(follower.next, `seed ${seed}: ${done.join(", ")}`).toBeGreaterThan(before)),
      follower.done.then(() => Promise.reject(new Error("The output has ended"))),
    ]);
    slowest = Math.max(slowest, performance.now() - start);
  }
  counter.stop();
  await within(follower.done, `the end of the output; seed ${seed}: ${done.join(", ")}`);
  await within(run.done, "the run to complete");
  expect(follower.next - 2).toBe(counter.given);
  expect(slowest).toBeLessThan(5_000);
  figure(
    "chaos",
    `seed ${seed}: ${counter.given} values in order through ${ROUNDS} faults; going on after at most ${Math.round(slowest)} ms`,
  );
});

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
