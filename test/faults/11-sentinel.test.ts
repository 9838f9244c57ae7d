/** Promise 11: a Sentinel failover in the middle of a run. Nobody hangs; what replication lost is said to be lost. */
import { DatagraphError, StoreError, type Supervisor } from "datagraph";
import { expect, test } from "vitest";
import { eventually, within } from "../../src/testing/eventually.ts";
import { RedisSentinels } from "../support/redis.ts";
import { Counter, counting, echo, Follower } from "./kit/flows.ts";
import { afterwards, chainOf, client, errorOf, figure, makeSupervisor } from "./kit/scene.ts";

const DEADLINE = { deadlineMs: 30_000 };

async function startSentinels(): Promise<{ sentinels: RedisSentinels; supervise: () => Supervisor }> {
  const sentinels = await RedisSentinels.start();
  afterwards(() => sentinels.stop());
  const redis = { client: { sentinels: sentinels.addresses, name: sentinels.name } };
  return { sentinels, supervise: () => makeSupervisor({ redis }) };
}

/** A run that goes on until its counter is stopped, followed from another process's supervisor. */
async function startCounting(here: Supervisor, elsewhere: Supervisor) {
  const counter = new Counter();
  const run = await here.startFlow(counting(), { n: counter });
  const viewed = await elsewhere.run(run.id);
  const follower = new Follower(viewed.outputs.out as AsyncIterable<number>, 2);
  await eventually(() => expect(follower.next).toBeGreaterThan(20));
  return { counter, run, viewed, follower };
}

test("a failover: the run goes on with nothing lost, or says that it is lost; new runs work", { timeout: 90_000 }, async () => {
  const { sentinels, supervise } = await startSentinels();
  const [here, elsewhere] = [supervise(), supervise()];
  const { counter, run, follower } = await startCounting(here, elsewhere);
  await sentinels.master.kill();
  const [reached, since] = [follower.next, performance.now()];
  const outcome = await within(
    Promise.race([
      eventually(() => expect(follower.next).toBeGreaterThan(reached + 200), DEADLINE).then(() => undefined),
      errorOf(follower.done),
    ]),
    "the outcome",
    DEADLINE,
  );
  figure("11", `failover by sentinels: the run ${outcome?.name ?? "went on"} after ${Math.round(performance.now() - since)} ms`);
  counter.stop();
  if (outcome === undefined) {
    await within(Promise.all([follower.done, run.done]), "the run");
    expect(follower.next).toBe(counter.given + 2);
  } else expect(chainOf(outcome).map(({ name }) => name)).toContain("RunLostError");
  const again = await within(here.startFlow(echo<number>(), { value: [1, 2] }), "a new run", DEADLINE);
  expect(await again.outputs.echoed.toArray()).toEqual([1, 2]);
  expect(await client(sentinels.replica.url).keys(`dg:{${again.id}}:run`)).toHaveLength(1);
});

test("acknowledged values that the new master never heard of: the run is lost, in every process, with a typed error", {
  timeout: 90_000,
}, async () => {
  const { sentinels, supervise } = await startSentinels();
  const [here, elsewhere] = [supervise(), supervise()];
  const { counter, run, viewed, follower } = await startCounting(here, elsewhere);
  await sentinels.stopReplication();
  const before = follower.next;
  await eventually(() => expect(follower.next).toBeGreaterThan(before + 100));
  await sentinels.master.kill();
  const since = performance.now();
  const errors = await within(
    Promise.all([errorOf(run.done), errorOf(run.outputs.out.toArray()), errorOf(follower.done), errorOf(viewed.done)]),
    "the loss to be noticed everywhere",
    DEADLINE,
  );
  figure("11", `acknowledged values lost in a failover: noticed everywhere after ${Math.round(performance.now() - since)} ms`);
  counter.stop();
  for (const error of errors) {
    expect(error).toBeInstanceOf(DatagraphError);
    expect(chainOf(error).map(({ name }) => name)).toContain("RunLostError");
  }
});

test("no sentinel answers, or none knows the master: a typed error", async () => {
  const { sentinels } = await startSentinels();
  const refusal = async (name: string, ports: readonly number[]) => {
    const options = { sentinels: ports.map((port) => ({ host: "127.0.0.1", port })), name };
    const supervisor = makeSupervisor({ redis: { client: options } });
    const error = await within(errorOf(supervisor.startFlow(echo(), { value: [1] })), "the refusal");
    expect(error).toBeInstanceOf(StoreError);
    return error.message;
  };
  expect(await refusal("unknown", [sentinels.addresses[0]?.port ?? 0])).toMatch(
    /the sentinels of unknown cannot be reached: no sentinel answers, or none knows/,
  );
  expect(await refusal("main", [1])).toMatch(/the sentinels of main cannot be reached/);
});
