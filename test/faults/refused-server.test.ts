/** A server that cannot be used: a typed error that says why, at once, without a secret in it. */

import { once } from "node:events";
import { createServer } from "node:net";
import { inspect } from "node:util";
import { StoreError } from "datagraph";
import { expect, test } from "vitest";
import type { ClientOptions } from "../../src/streams/redis/options.ts";
import { eventually, within } from "../../src/testing/eventually.ts";
import { CliProject } from "../support/cli.ts";
import { freePort } from "../support/redis/ports.ts";
import { Counter, counting, echo, Follower } from "./kit/flows.ts";
import { afterwards, client, errorOf, MemoryLog, makeSupervisor, startProxy, startServer } from "./kit/scene.ts";

const SECRET = "p@ss:w/ord?#%";

async function refusal(url: string, settings: ClientOptions = {}): Promise<Error> {
  const log = new MemoryLog();
  const supervisor = makeSupervisor({ redis: { url, client: settings }, log });
  const error = await within(errorOf(supervisor.startFlow(echo(), { value: [1] })), "the refusal", { deadlineMs: 8_000 });
  expect(error).toBeInstanceOf(StoreError);
  for (const text of [inspect(error, { depth: 20, showHidden: true }), log.text]) {
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(encodeURIComponent(SECRET));
  }
  return error;
}

test("nobody listens", async () => {
  const port = await freePort();
  expect((await refusal(`redis://me:${encodeURIComponent(SECRET)}@127.0.0.1:${port}`)).message).toMatch(
    `Redis at 127.0.0.1:${port} cannot be reached (ECONNREFUSED)`,
  );
});

test("no such host", async () => {
  expect((await refusal("redis://no-such-host.invalid:6379")).message).toMatch(/no-such-host\.invalid:6379 cannot be reached/);
});

test("a wrong password, and none", async () => {
  const server = await startServer({ requirepass: "right" });
  const wrong = `redis://:${encodeURIComponent(SECRET)}@127.0.0.1:${server.port}`;
  expect((await refusal(wrong)).message).toMatch(/refused the credentials/);
  expect((await refusal(`redis://nobody:${encodeURIComponent(SECRET)}@127.0.0.1:${server.port}`)).message).toMatch(
    /refused the credentials/,
  );
  expect((await refusal(`redis://127.0.0.1:${server.port}`)).message).toMatch(/refused the credentials/);
});

test("a database that is not there", async () => {
  const server = await startServer();
  expect((await refusal(`${server.url}/99`)).message).toMatch(/no such database/);
  expect(await client(server.url).dbsize()).toBe(0);
});

test("a URL that cannot be read is not repeated", async () => {
  for (const url of [`redis://me:${SECRET}@host:6379`, `http://me:${encodeURIComponent(SECRET)}@host`, "", "redis://host:port"]) {
    expect((await refusal(url)).message).toMatch(/URL cannot be read/);
  }
});

/** A real server that says to be of an older version; its answers keep their length. */
async function startOld(): Promise<string> {
  const proxy = await startProxy((await startServer()).url);
  proxy.rewrite((bytes) => Buffer.from(bytes.toString("latin1").replace(/(redis_version:)\d/, "$16"), "latin1"));
  return proxy.url;
}

test("a version that is too old", async () => {
  const url = await startOld();
  expect((await refusal(url)).message).toMatch(/version 6\.\d+; datagraph needs Redis 7\.0 or newer/);
  const handlers = `
    import { Processor } from "datagraph";
    export const one = new Processor({ name: "one", inputs: ["n"], outputs: ["m"] }).implementEach({}, (n) => ({ m: n }));
  `;
  await using project = await CliProject.create({ "handlers.js": handlers });
  for (const command of [
    ["worker", "handlers.js"],
    ["runs", "list"],
  ]) {
    const { code, stderr } = await project.run([...command, "--redis", url]);
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([
      expect.stringMatching(/version 6\.\d+; datagraph needs Redis 7\.0 or newer, or Valkey/),
    ]);
  }
});

test("a server that accepts and never answers", async () => {
  const server = createServer(() => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterwards(() => server.close());
  const { port } = server.address() as { port: number };
  const error = await refusal(`redis://127.0.0.1:${port}`, { socketTimeout: 1_000 });
  expect(error.message).toMatch(/Redis at 127\.0\.0\.1:\d+: Socket timeout/);
});

test("a refusal passes: the next start may find the server", async () => {
  const port = await freePort();
  const supervisor = makeSupervisor({ redis: `redis://127.0.0.1:${port}` });
  await errorOf(supervisor.startFlow(echo(), { value: [1] }));
  await startServer({ port });
  const run = await supervisor.startFlow(echo<number>(), { value: [1] });
  expect(await run.outputs.echoed.toArray()).toEqual([1]);
});

test("an outage of a server with a password tells no secret", async () => {
  const server = await startServer({ requirepass: SECRET });
  const log = new MemoryLog();
  const supervisor = makeSupervisor({ redis: { url: server.url, outageMs: 500 }, log });
  const run = await supervisor.startFlow(counting(), { n: new Counter() });
  const follower = new Follower(run.outputs.out, 2);
  await eventually(() => expect(follower.next).toBeGreaterThan(5));
  await server.kill();
  const error = await within(errorOf(run.done), "the failure");
  await eventually(() => expect(log.text).toMatch(/cannot be reached|closed/));
  for (const text of [inspect(error, { depth: 20, showHidden: true }), log.text]) {
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(encodeURIComponent(SECRET));
  }
});
