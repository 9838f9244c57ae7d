/** Promise 7: after an outage of any length everything goes on by itself, and nothing that was acknowledged is lost. */
import { expect, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { fresh } from "../support/fresh.ts";
import { Counter, counting, Follower } from "./kit/flows.ts";
import { client, figure, makeSupervisor, outageOf, SOAK, startServer } from "./kit/scene.ts";

const OUTAGES_S = SOAK ? [1, 10, 60] : [1, 10];

test(`kill -9 of a Redis that makes every write durable: outages of ${OUTAGES_S.join(", ")} s`, {
  timeout: 150_000,
}, async () => {
  await Promise.all(OUTAGES_S.map((seconds) => killFor(seconds)));
});

async function killFor(seconds: number): Promise<void> {
  const server = await startServer({ appendonly: "always" });
  const supervisor = makeSupervisor({ redis: server.url });
  const counter = new Counter();
  const run = await supervisor.startFlow(counting(), { n: counter });
  const follower = new Follower(run.outputs.out, 2);
  await eventually(() => expect(follower.next).toBeGreaterThan(100));
  await server.kill();
  await outageOf(seconds * 1000);
  const before = follower.next;
  await server.restart();
  const back = performance.now();
  await eventually(() => expect(follower.next).toBeGreaterThan(before));
  const took = performance.now() - back;
  expect(took).toBeLessThan(5_000);
  await eventually(() => expect(follower.next).toBeGreaterThan(before + 100));
  counter.stop();
  await within(follower.done, "the end of the output");
  await within(run.done, "the run to complete");
  expect(follower.next - 2).toBe(counter.given);
  figure(
    "7",
    `outage of ${seconds} s: consuming again ${Math.round(took)} ms after its return, ${counter.given} values in order`,
  );
}

test("kill -9 ten times in a row", { timeout: 90_000 }, async () => {
  const server = await startServer({ appendonly: "always" });
  const supervisor = makeSupervisor({ redis: server.url });
  const counter = new Counter();
  const run = await supervisor.startFlow(counting(), { n: counter });
  const follower = new Follower(run.outputs.out, 2);
  let longest = 0;
  for (let kill = 0; kill < 10; kill++) {
    await eventually(() => expect(follower.next).toBeGreaterThan(20 * (kill + 1)));
    await server.kill();
    await server.restart();
    const before = follower.next;
    const back = performance.now();
    await eventually(() => expect(follower.next).toBeGreaterThan(before));
    longest = Math.max(longest, performance.now() - back);
  }
  counter.stop();
  await within(follower.done, "the end of the output");
  await within(run.done, "the run to complete");
  expect(follower.next - 2).toBe(counter.given);
  expect(longest).toBeLessThan(5_000);
  figure("7", `ten kills: consuming again after at most ${Math.round(longest)} ms`);
});

test("a server that comes back without its data fails the run, with the reason", async () => {
  const server = await startServer({ appendonly: "no" });
  const supervisor = makeSupervisor({ redis: server.url });
  const run = await supervisor.startFlow(counting(), { n: new Counter() }, { id: fresh() });
  const follower = new Follower(run.outputs.out, 2);
  await eventually(() => expect(follower.next).toBeGreaterThan(10));
  await server.kill();
  await server.restart();
  for (const outcome of [follower.done, run.done]) {
    await expect(within(outcome, "a failure", { deadlineMs: 5_000 })).rejects.toThrow(/its keys are gone/);
  }
  expect(await client(server.url).keys("dg:{*")).toEqual([]);
});
