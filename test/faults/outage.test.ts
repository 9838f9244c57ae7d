/** An outage that does not end: what waits fails after `outageMs`; `close()` waits for nothing; a later return is used. */
import { StoreError } from "datagraph";
import { expect, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { readerOf, writerOf } from "../../src/testing/store-conformance/kit.ts";
import { wire } from "../../src/testing/store-conformance/wiring.ts";
import { fresh } from "../support/fresh.ts";
import { Counter, counting, echo, Follower } from "./kit/flows.ts";
import { chainOf, errorOf, figure, makeSupervisor, openStore, startProxy, startServer, timed } from "./kit/scene.ts";

const OUTAGE_MS = 800;
/** Attempts are made at most a second apart, and what waits for nothing under way asks every two. */
const LIMIT_MS = OUTAGE_MS + 4_000;

test("readers, writers and the run fail with a StoreError, and what comes after the return works", {
  timeout: 60_000,
}, async () => {
  const server = await startServer({ appendonly: "always" });
  const supervisor = makeSupervisor({ redis: { url: server.url, outageMs: OUTAGE_MS } });
  const elsewhere = makeSupervisor({ redis: { url: server.url, outageMs: OUTAGE_MS } });
  const run = await supervisor.startFlow(counting(), { n: new Counter() });
  const follower = new Follower(run.outputs.out, 2);
  const viewed = await elsewhere.run(run.id);
  const viewer = new Follower(viewed.outputs.out as AsyncIterable<number>, 2);
  await eventually(() => expect(viewer.next).toBeGreaterThan(10));
  const start = performance.now();
  await server.kill();
  for (const outcome of [run.done, follower.done, viewed.done, viewer.done]) {
    const error = await within(errorOf(outcome), "the failure", { deadlineMs: LIMIT_MS });
    expect(
      chainOf(error).some((cause) => cause instanceof StoreError),
      chainOf(error).join(" ← "),
    ).toBe(true);
  }
  figure("outage", `given up ${Math.round(performance.now() - start)} ms after the kill (outageMs ${OUTAGE_MS})`);
  expect(await within(errorOf(supervisor.startFlow(echo(), { value: [1] })), "a start", { deadlineMs: LIMIT_MS })).toBeInstanceOf(
    StoreError,
  );
  await server.restart();
  const values = await eventually(async () =>
    (await supervisor.startFlow(echo<number>(), { value: [1, 2] })).outputs.echoed.toArray(),
  );
  expect(values).toEqual([1, 2]);
});

for (const how of ["killed", "a black hole"] as const) {
  test(`close() while the server is ${how} settles all that waits`, { timeout: 40_000 }, async () => {
    const server = await startServer();
    const proxy = await startProxy(server.url);
    const store = await openStore({ url: proxy.url });
    const { run } = await store.create(wire({ tasks: [{ processor: "reads", inputs: ["in"], outputs: ["out"] }], id: fresh() }));
    const writer = writerOf(run, "in");
    writer.write("stored");
    await writer.flush();
    const claim = await run.claim(0);
    if (how === "killed") await server.kill();
    else proxy.blackhole(true);
    writer.write("not stored");
    const waiting = [
      writer.flush(),
      readerOf(run, "out").wait(),
      run.snapshot(),
      store.open(fresh()),
      store.list(),
      store.create(wire({ tasks: [], id: fresh() })),
      run.stop({ state: "cancelled", reason: "enough" }),
      claim ? run.settle(claim, { state: "completed" }) : Promise.resolve(),
    ];
    const outcomes = Promise.allSettled(waiting);
    // In an outage, connecting again is under way or being waited for.
    await eventually(() => expect(proxy.connections.accepted).toBeGreaterThanOrEqual(2));
    expect(await timed(within(store.close(), "close()"))).toBeLessThan(1_000);
    await within(outcomes, "everything to settle", { deadlineMs: 1_000 });
  });
}

test("a supervisor closes within seconds though its store does not answer", { timeout: 40_000 }, async () => {
  const server = await startServer();
  const supervisor = makeSupervisor({ redis: server.url });
  const run = await supervisor.startFlow(counting(), { n: new Counter() });
  const follower = new Follower(run.outputs.out, 2);
  await eventually(() => expect(follower.next).toBeGreaterThan(10));
  await server.kill();
  const took = await timed(within(supervisor.close(), "close()", { deadlineMs: 8_000 }));
  expect(took).toBeLessThan(7_000);
  for (const outcome of [run.done, follower.done]) await expect(within(outcome, "a failure")).rejects.toThrow();
  figure("outage", `supervisor closed after ${Math.round(took)} ms without a server`);
});
