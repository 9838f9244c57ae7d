/** Promise 11: a cluster of three masters. No CROSSSLOT, and slots that move or change their master stop nobody. */
import { StoreError, type Supervisor } from "datagraph";
import { expect, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { fresh } from "../support/fresh.ts";
import { freePort } from "../support/redis/ports.ts";
import type { RedisCluster, RedisServer } from "../support/redis.ts";
import { Counter, counting, echo, Follower } from "./kit/flows.ts";
import { chainOf, client, errorOf, figure, MemoryLog, makeSupervisor, startCluster, startServer } from "./kit/scene.ts";

/** Kinds of errors that a server has answered with. */
async function errorsOf(server: RedisServer): Promise<string[]> {
  const stats = await client(server.url).info("errorstats");
  return [...stats.matchAll(/errorstat_(\w+)/g)].map(([, kind = ""]) => kind);
}

/** A run id whose keys are kept by this server. */
function runOn(cluster: RedisCluster, server: RedisServer): string {
  for (;;) {
    const id = fresh();
    if (cluster.masterOf(`{${id}}`) === server) return id;
  }
}

test("runs spread over all masters, and no script touches two of them", async () => {
  const cluster = await startCluster();
  const [starting, elsewhere] = [0, 1].map(() => makeSupervisor({ redis: cluster.urls.join(",") }));
  const runs = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const run = await starting?.startFlow(counting(), { n: [i, i + 1] });
      return [i, await elsewhere?.run(run?.id ?? "")] as const;
    }),
  );
  for (const [i, run] of runs) expect(await run?.outputs.out?.toArray()).toEqual([i + 2, i + 3]);
  expect(await elsewhere?.runs()).toHaveLength(30);
  for (const server of cluster.masters) {
    expect((await client(server.url).keys("dg:*:run")).length).toBeGreaterThan(0);
    expect(await errorsOf(server)).not.toContain("CROSSSLOT");
  }
});

test("connections: two to each master, however many runs there are", async () => {
  const cluster = await startCluster();
  const name = fresh("connection");
  const supervisor = makeSupervisor({ redis: { cluster: cluster.urls, client: { connectionName: name } } });
  const counters = Array.from({ length: 60 }, () => new Counter());
  const runs = await Promise.all(counters.map((n) => supervisor.startFlow(counting(), { n })));
  const connections = async (server: RedisServer) =>
    String(await client(server.url).client("LIST"))
      .split("\n")
      .filter((line) => line.includes(` name=${name} `)).length;
  await eventually(async () => expect(await Promise.all(cluster.masters.map(connections))).toEqual([2, 2, 2]));
  for (const counter of counters) counter.stop();
  await Promise.all(runs.map((run) => run.done));
});

test("a slot that moves to another master in the middle of a run takes values and notifications along", async () => {
  const cluster = await startCluster();
  const [from, to] = cluster.masters as [RedisServer, RedisServer];
  const [starting, elsewhere] = [0, 1].map(() => makeSupervisor({ redis: { cluster: cluster.urls } }));
  const counter = new Counter();
  const run = await starting?.startFlow(counting(), { n: counter }, { id: runOn(cluster, from) });
  const follower = new Follower((await elsewhere?.run(run?.id ?? ""))?.outputs.out as AsyncIterable<number>, 2);
  await eventually(() => expect(follower.next).toBeGreaterThan(50));
  await cluster.move(`{${run?.id}}`, to);
  const before = follower.next;
  await eventually(() => expect(follower.next).toBeGreaterThan(before + 50));
  // Again within a fraction of the time between two checks: the notifications have moved as well.
  await eventually(async () => {
    expect(await channelsOn(to), "one of each process").toBe(2);
    expect(await channelsOn(from)).toBe(0);
  });
  counter.stop();
  await within(follower.done, "the follower");
  expect(follower.next).toBe(counter.given + 2);
  for (const server of cluster.masters) expect(await errorsOf(server)).not.toContain("CROSSSLOT");
});

/** Values that are appended in a transaction, as they are large. */
async function* large(numbers: AsyncIterable<number>): AsyncGenerator<string> {
  for await (const n of numbers) yield `${n}:${"x".repeat(20_000)}`;
}

async function* numbersOf(values: AsyncIterable<unknown> | undefined): AsyncGenerator<number> {
  for await (const value of values ?? []) yield Number.parseInt(String(value), 10);
}

test("a slot that moves takes large values along", async () => {
  const cluster = await startCluster();
  const [from, to, third] = cluster.masters as [RedisServer, RedisServer, RedisServer];
  const [starting, elsewhere] = [0, 1].map(() => makeSupervisor({ redis: { cluster: cluster.urls } }));
  const counter = new Counter();
  const run = await starting?.startFlow(echo<string>(), { value: large(counter) }, { id: runOn(cluster, from) });
  const viewed = await elsewhere?.run(run?.id ?? "");
  const follower = new Follower(numbersOf(viewed?.outputs.echoed), 0);
  for (const [source, target] of [
    [from, to],
    [to, third],
  ] as const) {
    const before = follower.next;
    await eventually(() => expect(follower.next).toBeGreaterThan(before + 50));
    await cluster.move(`{${run?.id}}`, target, source);
  }
  const before = follower.next;
  await eventually(() => expect(follower.next).toBeGreaterThan(before + 50));
  counter.stop();
  await within(follower.done, "the follower");
  expect(follower.next).toBe(counter.given);
});

async function channelsOn(server: RedisServer): Promise<number> {
  return ((await client(server.url).pubsub("SHARDCHANNELS")) as string[]).length;
}

test("a master that dies is replaced by its replica: its runs go on or fail as lost, the others do not notice", {
  timeout: 60_000,
}, async () => {
  const cluster = await startCluster({ replicas: true });
  const [dying, other] = cluster.masters as [RedisServer, RedisServer];
  const log = new MemoryLog();
  const [starting, elsewhere] = [0, 1].map(() => makeSupervisor({ redis: { cluster: cluster.urls }, log }));
  const start = async (server: RedisServer) => {
    const counter = new Counter(5);
    const run = await starting?.startFlow(echo<string>(), { value: large(counter) }, { id: runOn(cluster, server) });
    const follower = new Follower(numbersOf((await elsewhere?.run(run?.id ?? ""))?.outputs.echoed), 0);
    await eventually(() => expect(follower.next).toBeGreaterThan(20));
    return { counter, follower, run };
  };
  const [hit, spared] = await Promise.all([start(dying), start(other)]);
  await dying.kill();
  const [reached, since] = [hit.follower.next, performance.now()];
  const goesOn = eventually(() => expect(hit.follower.next).toBeGreaterThan(reached + 200), { deadlineMs: 30_000 });
  const outcome = await Promise.race([
    goesOn.then(() => "went on"),
    hit.follower.done.then(
      () => "ended",
      (error: unknown) => error,
    ),
  ]);
  goesOn.catch(() => undefined);
  figure(
    "11",
    `master killed: the run ${outcome instanceof Error ? outcome.name : outcome} after ${Math.round(performance.now() - since)} ms`,
  );
  // What the replica had not heard of is lost, and said to be; without a word nothing is.
  // Whoever finds out first tells the others, who get that as their cause.
  if (outcome !== "went on") expect(chainOf(outcome).map(({ name }) => name)).toContain("RunLostError");
  const sparedBefore = spared.follower.next;
  await eventually(() => expect(spared.follower.next).toBeGreaterThan(sparedBefore + 50), { deadlineMs: 20_000 });
  for (const { counter } of [hit, spared]) counter.stop();
  await within(spared.follower.done, "the run on another master");
  expect(spared.follower.next).toBe(spared.counter.given);
  if (outcome === "went on") {
    await within(hit.follower.done, "the run that was hit");
    expect(hit.follower.next).toBe(hit.counter.given);
  }
  // New runs there work, and hear of what happens.
  const again = await starting?.startFlow(echo<number>(), { value: [1] }, { id: runOn(cluster, dying) });
  expect(await again?.outputs.echoed.toArray()).toEqual([1]);
});

test("a master that stands still and comes back: what waits goes on, complete and in order", { timeout: 60_000 }, async () => {
  const cluster = await startCluster();
  const [paused] = cluster.masters as [RedisServer];
  const redis = { cluster: cluster.urls, client: { socketTimeout: 1_000 } };
  const supervisor = makeSupervisor({ redis });
  const counter = new Counter();
  const run = await supervisor.startFlow(counting(), { n: counter }, { id: runOn(cluster, paused) });
  const follower = new Follower((await makeSupervisor({ redis }).run(run.id)).outputs.out as AsyncIterable<number>, 2);
  await eventually(() => expect(follower.next).toBeGreaterThan(20));
  paused.pause();
  // Long enough for clients and for the other masters to take it for dead.
  await eventually(async () => {
    const nodes = String(await client(cluster.masters[1]?.url ?? "").call("CLUSTER", "NODES"));
    expect(nodes).toMatch(/\bfail\b/);
  });
  paused.resume();
  const [before, since] = [follower.next, performance.now()];
  await eventually(() => expect(follower.next).toBeGreaterThan(before + 50), { deadlineMs: 20_000 });
  figure("11", `master back after a standstill: values again after ${Math.round(performance.now() - since)} ms`);
  counter.stop();
  await within(follower.done, "the follower", { deadlineMs: 20_000 });
  expect(follower.next).toBe(counter.given + 2);
});

test("the whole cluster is away for a while: what waits goes on; for longer than that: a typed error, and new runs afterwards", {
  timeout: 60_000,
}, async () => {
  const cluster = await startCluster({ appendonly: "always" });
  const all = (what: (server: RedisServer) => Promise<void>) => Promise.all(cluster.masters.map(what));
  const patient = makeSupervisor({ redis: { cluster: cluster.urls } });
  const hasty = makeSupervisor({ redis: { cluster: cluster.urls, outageMs: 1_000 } });
  const start = async (supervisor: Supervisor) => {
    const counter = new Counter();
    const run = await supervisor.startFlow(counting(), { n: counter });
    const follower = new Follower(run.outputs.out, 2);
    await eventually(() => expect(follower.next).toBeGreaterThan(20));
    return { run, counter, follower };
  };
  const [waiting, failing] = await Promise.all([start(patient), start(hasty)]);
  await all((server) => server.kill());
  expect(chainOf(await within(errorOf(failing.run.done), "the failure")).map(({ name }) => name)).toContain("StoreError");
  const reached = waiting.follower.next;
  await all((server) => server.restart());
  const since = performance.now();
  await eventually(() => expect(waiting.follower.next).toBeGreaterThan(reached + 100), { deadlineMs: 20_000 });
  figure("11", `cluster back after an outage: values again after ${Math.round(performance.now() - since)} ms`);
  waiting.counter.stop();
  failing.counter.stop();
  await within(waiting.follower.done, "the run that waited");
  expect(waiting.follower.next).toBe(waiting.counter.given + 2);
  await eventually(async () => {
    const run = await hasty.startFlow(echo<number>(), { value: [1] });
    expect(await run.outputs.echoed.toArray()).toEqual([1]);
  });
});

test("what is no cluster, or was not said to be one, or is not there: a typed error that says what to do", async () => {
  const cluster = await startCluster();
  const refusal = async (redis: string | { cluster: string[]; prefix?: string }) => {
    const error = await within(errorOf(makeSupervisor({ redis }).startFlow(echo(), { value: [1] })), "the refusal");
    expect(error).toBeInstanceOf(StoreError);
    return error.message;
  };
  expect(await refusal(cluster.urls[0] ?? "")).toMatch(/is a node of a cluster.*cluster: \[/);
  const single = await startServer();
  expect(await refusal({ cluster: [single.url] })).toMatch(/is no cluster: name it with a single `url`/);
  const port = await freePort();
  expect(await refusal({ cluster: [`redis://127.0.0.1:${port}`] })).toMatch(`the cluster at 127.0.0.1:${port} cannot be reached`);
  expect(await refusal({ cluster: cluster.urls, prefix: "a{}b:" })).toMatch(/hash tag/);
});
