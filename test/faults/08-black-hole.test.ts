/** Promise 8: packets that vanish are noticed within twice the time of silence, and everything goes on afterwards. */
import { expect, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { Counter, counting, Follower } from "./kit/flows.ts";
import { figure, MemoryLog, makeSupervisor, outageOf, SOAK, startProxy, startServer } from "./kit/scene.ts";
import { splitConnections } from "./kit/splitter.ts";

/** As the store has it; shorter where the test must be. */
const SILENCE_MS = SOAK ? 5_000 : 2_000;
const HOLE_MS = SOAK ? 30_000 : 6_000;
const CLIENT = SOAK ? {} : { socketTimeout: SILENCE_MS, connectTimeout: SILENCE_MS };

test(`a black hole of ${HOLE_MS / 1000} s, of both connections and of either`, { timeout: 60_000 + HOLE_MS }, async () => {
  await Promise.all((["both", "commands", "notifications"] as const).map((side) => loseEverything(side)));
});

async function loseEverything(side: "both" | "commands" | "notifications"): Promise<void> {
  const server = await startServer();
  const proxies = { commands: await startProxy(server.url), notifications: await startProxy(server.url) };
  const url = await splitConnections(proxies.commands, proxies.notifications);
  const holes = side === "both" ? Object.values(proxies) : [proxies[side]];
  const log = new MemoryLog();
  // The reader is elsewhere: it depends on notifications.
  const writing = makeSupervisor({ redis: server.url });
  const reading = makeSupervisor({ redis: { url, client: CLIENT }, log });
  const counter = new Counter(20);
  const started = await writing.startFlow(counting(), { n: counter });
  const run = await reading.run(started.id);
  const follower = new Follower(run.outputs.out as AsyncIterable<number>, 2);
  await eventually(() => expect(follower.next).toBeGreaterThan(10));

  for (const proxy of holes) proxy.blackhole(true);
  const start = performance.now();
  await eventually(() => expect(log.text).toMatch(/Redis connection for/), { deadlineMs: 3 * SILENCE_MS });
  const detected = performance.now() - start;
  expect(detected).toBeLessThan(2 * SILENCE_MS + 200);
  const then = follower.next;
  await outageOf(Math.max(0, HOLE_MS - detected));
  // Without notifications the reader asks from time to time.
  if (side === "notifications") expect(follower.next).toBeGreaterThan(then);
  for (const proxy of holes) proxy.blackhole(false);
  const [before, back] = [follower.next, performance.now()];
  await eventually(() => expect(follower.next).toBeGreaterThan(before));
  const recovered = performance.now() - back;
  expect(recovered).toBeLessThan(5_000);
  await eventually(() => expect(log.text).toMatch(/is back/));
  counter.stop();
  await within(follower.done, "the end of the output");
  await within(run.done, "the run to complete");
  expect(follower.next - 2).toBe(counter.given);
  figure(
    "8",
    `${side}: noticed after ${Math.round(detected)} ms (silence ${SILENCE_MS} ms), again after ${Math.round(recovered)} ms`,
  );
}

test("a server that stands still for a while loses nothing", { timeout: 60_000 }, async () => {
  const server = await startServer();
  const supervisor = makeSupervisor({ redis: { url: server.url, client: { socketTimeout: 500 } } });
  const counter = new Counter();
  const run = await supervisor.startFlow(counting(), { n: counter });
  const follower = new Follower(run.outputs.out, 2);
  await eventually(() => expect(follower.next).toBeGreaterThan(10));
  server.pause();
  await outageOf(2_000);
  server.resume();
  const before = follower.next;
  await eventually(() => expect(follower.next).toBeGreaterThan(before + 50));
  counter.stop();
  await within(follower.done, "the end of the output");
  await within(run.done, "the run to complete");
  expect(follower.next - 2).toBe(counter.given);
});
