/** Promise 35: users with a password and no more rights than the guide publishes, TLS, and secrets that nobody gets to see. */
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { Flow, Processor, StoreError, stream } from "datagraph";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { BullMQExecutor } from "../../src/executors/bullmq.ts";
import { eventually, within } from "../../src/testing/eventually.ts";
import { CliProject } from "../support/cli.ts";
import { fresh } from "../support/fresh.ts";
import { type Allowed, allow, refused } from "../support/redis/acl.ts";
import { freePort } from "../support/redis/ports.ts";
import type { RedisServer } from "../support/redis.ts";
import { Counter, counting, echo, Follower } from "./kit/flows.ts";
import { afterwards, client, errorOf, MemoryLog, makeSupervisor, startCluster, startServer } from "./kit/scene.ts";

const SECRET = "p@ss:w/ord?#%";
const ENCODED = encodeURIComponent(SECRET);

/** A server with the guide's user, whose password is the secret, and somebody to look after it. */
async function startGuarded(what: readonly Allowed[], tls = false) {
  const server = await startServer({ requirepass: "admin", appendonly: "everysec", tls });
  const admin = new Redis(server.url, { ...(tls && { tls: { ca: server.ca } }) });
  admin.on("error", () => undefined);
  afterwards(() => admin.disconnect());
  await allow(admin, what, { password: SECRET });
  return { server, admin, url: urlOf(server, tls) };
}

function urlOf({ port }: RedisServer, tls = false): string {
  return `${tls ? "rediss" : "redis"}://datagraph:${ENCODED}@127.0.0.1:${port}`;
}

function doubling() {
  const double = new Processor({ name: "double", inputs: { n: stream<number>() }, outputs: { doubled: stream<number>() } });
  double.implementEach({}, (n) => ({ doubled: n * 2 }));
  return { double, flow: Flow.fromProcessors(double).resolve() };
}

test("workers over TLS, as the published user: BullMQ and the streams need nothing else", { timeout: 60_000 }, async () => {
  const { server, admin, url } = await startGuarded(["streams", "workers"], true);
  const log = new MemoryLog();
  const make = () => {
    const redis = { url, client: { tls: { ca: server.ca }, connectionName: fresh() } };
    return makeSupervisor({ redis, executor: new BullMQExecutor(), leaseMs: 2_000, log });
  };
  const { double, flow } = doubling();
  const [starting, working] = [make(), make()];
  const stop = new AbortController();
  const worked = working.work({ processors: [double], signal: stop.signal });
  for (let i = 0; i < 3; i++) {
    const run = await starting.startFlow(flow, { n: [1, 2, i] });
    expect(await within(run.outputs.doubled.toArray(), "the outputs")).toEqual([2, 4, 2 * i]);
    await run.done;
  }
  const cancelled = await starting.startFlow(flow, { n: new Counter() });
  await cancelled.outputs.doubled.first();
  await cancelled.cancel();
  expect(await starting.runs()).toHaveLength(4);
  // Its worker may still have to hear of it.
  await eventually(async () => expect(await starting.remove(cancelled.id)).toBe(true));
  // Long enough for stalled jobs to be looked for, and for every timer of a lease.
  await eventually(async () => expect(await admin.keys("dg:q:double:stalled-check")).toHaveLength(1));
  stop.abort();
  await within(worked, "the worker to stop");
  expect(await refused(admin)).toEqual([]);
  expect((await admin.keys("*")).filter((key) => !key.startsWith("dg:"))).toEqual([]);
  expect(log.lines.filter(({ level }) => level !== "info")).toEqual([]);
});

test.each([false, true])("a cluster as the published user, with workers (TLS: %s)", { timeout: 60_000 }, async (tls) => {
  const cluster = await startCluster({ appendonly: "everysec", tls });
  const secure = tls ? { client: { tls: { ca: cluster.masters[0]?.ca } } } : {};
  const admins = cluster.masters.map(({ url }) => client(url, secure.client));
  for (const admin of admins) await allow(admin, ["streams", "workers", "cluster"], { password: SECRET });
  const redis = { cluster: cluster.masters.map((server) => urlOf(server, tls)), ...secure };
  const log = new MemoryLog();
  const { double, flow } = doubling();
  const [starting, working] = [0, 1].map(() => makeSupervisor({ redis, executor: new BullMQExecutor(), log }));
  const stop = new AbortController();
  const worked = working?.work({ processors: [double], signal: stop.signal });
  const runs = await Promise.all(Array.from({ length: 10 }, (_, i) => starting?.startFlow(flow, { n: [i] })));
  for (const [i, run] of runs.entries()) expect(await run?.outputs.doubled.toArray()).toEqual([2 * i]);
  stop.abort();
  await worked;
  expect((await Promise.all(admins.map(refused))).flat()).toEqual([]);
  expect(log.lines.filter(({ level }) => level !== "info")).toEqual([]);
});

test("a user without channels is told so once, and hears by checks", { timeout: 40_000 }, async () => {
  const { admin, url } = await startGuarded(["streams"]);
  await admin.call("ACL", "SETUSER", "datagraph", "resetchannels");
  const log = new MemoryLog();
  const [here, elsewhere] = [0, 1].map(() => makeSupervisor({ redis: url, log }));
  const counter = new Counter();
  const run = await here?.startFlow(counting(), { n: counter });
  const follower = new Follower((await elsewhere?.run(run?.id ?? ""))?.outputs.out as AsyncIterable<number>, 2);
  await eventually(() => expect(follower.next).toBeGreaterThan(100), { deadlineMs: 20_000 });
  counter.stop();
  await within(Promise.all([follower.done, run?.done]), "the run");
  expect(follower.next).toBe(counter.given + 2);
  // Once for each of the two processes.
  expect(log.lines.map(({ message }) => message)).toEqual(
    [0, 1].map(() => expect.stringMatching(/^The Redis user at .* may not subscribe to "dg:to:.*checks.*\+ssubscribe &dg:\*/)),
  );
});

test("what a user may not do is named, and nothing secret with it", async () => {
  const { admin, url } = await startGuarded(["streams"]);
  await admin.call("ACL", "SETUSER", "datagraph", "-hset");
  const error = await errorOf(makeSupervisor({ redis: url }).startFlow(echo(), { value: [1] }));
  expect(error).toBeInstanceOf(StoreError);
  expect(error.message).toMatch(/lacks a permission: .*ACL LOG says what was refused/);
  expectNoSecretIn(inspect(error, { depth: 20, showHidden: true }));
});

test("an unknown certificate is refused", async () => {
  const server = await startServer({ tls: true });
  const error = await errorOf(makeSupervisor({ redis: server.url }).startFlow(echo(), { value: [1] }));
  expect(error).toBeInstanceOf(StoreError);
  expect(error.message).toMatch(/self-signed certificate/);
});

test("a cluster's wrong password, and one that is unreachable: no secret in errors and logs", async () => {
  const cluster = await startCluster({ requirepass: "right", directives: { masterauth: "right" } });
  const port = await freePort();
  for (const [nodes, says] of [
    [cluster.masters.map((server) => server.port), /refused the credentials/],
    [[port], /cannot be reached/],
  ] as const) {
    const log = new MemoryLog();
    const redis = { cluster: nodes.map((each) => `redis://datagraph:${ENCODED}@127.0.0.1:${each}`) };
    const error = await within(errorOf(makeSupervisor({ redis, log }).startFlow(echo(), { value: [1] })), "the refusal");
    expect(error).toBeInstanceOf(StoreError);
    expect(error.message).toMatch(says);
    expectNoSecretIn(inspect(error, { depth: 20, showHidden: true }), log.text);
  }
});

test("the command line: a secret from the environment is in no argument, output or error", { timeout: 60_000 }, async () => {
  const { server, url } = await startGuarded(["streams", "workers"]);
  const handlers = `
    import { Processor } from "datagraph";
    export const double = new Processor({ name: "double", inputs: ["n"], outputs: ["doubled"] });
    double.implementEach({}, (n) => ({ doubled: n * 2 }));
  `;
  await using project = await CliProject.create({ "handlers.js": handlers });
  const worker = project.start(["worker", "handlers.js", "--verbose"], { env: { REDIS_URL: url } });
  await worker.shows("Takes tasks of", "stderr");
  expectNoSecretIn(readFileSync(`/proc/${worker.child.pid}/cmdline`, "utf8"));
  await server.kill();
  await worker.shows("cannot be reached", "stderr");
  // The second one at once, but not so soon that the system takes both for one.
  worker.child.kill("SIGINT");
  await worker.shows("Takes no more tasks", "stderr");
  worker.child.kill("SIGINT");
  const { stdout, stderr } = await worker.ended;
  expectNoSecretIn(stdout, stderr);
  const away = await project.run(["runs", "list", "--verbose"], { env: { REDIS_URL: url } });
  expect(away).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot be reached/) });
  const { port } = await startServer({ requirepass: "another" });
  const wrong = await project.run(["worker", "handlers.js", "--verbose"], {
    env: { REDIS_URL: `redis://:${ENCODED}@127.0.0.1:${port}` },
  });
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/refused the credentials/) });
  for (const { stdout, stderr } of [away, wrong]) expectNoSecretIn(stdout, stderr);
});

function expectNoSecretIn(...texts: readonly string[]): void {
  for (const text of texts) for (const form of [SECRET, ENCODED]) expect(text).not.toContain(form);
}
