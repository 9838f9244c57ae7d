import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { CliProject } from "../../test/support/cli.ts";
import { fresh } from "../../test/support/fresh.ts";
import { RedisServer } from "../../test/support/redis.ts";

const DECLARATIONS = `
import { Flow, Processor } from "datagraph";
export const double = new Processor({ name: "double", inputs: ["n"], outputs: ["doubled"] });
export const slow = new Processor({ name: "slow", outputs: ["tick"] });
export const flow = Flow.fromProcessors(double);
export const slowly = Flow.fromProcessors(slow);
`;

const HANDLERS = `
import { setTimeout as sleep } from "node:timers/promises";
import { double, slow } from "./declarations.js";
double.implementEach({}, (n) => ({ doubled: n * 2 }));
slow.implement(async function* (_, task) {
  for (let tick = 0; ; tick++) { yield { tick }; await sleep(20, undefined, { signal: task.signal }); }
});
`;

let project: CliProject;
beforeAll(async () => {
  project = await CliProject.create({ "declarations.js": DECLARATIONS, "handlers.js": HANDLERS });
});
afterAll(() => project[Symbol.asyncDispose]());

/** A place of its own in the tests' Redis. */
const place = () => ["--redis", inject("redisUrl"), "--redis-prefix", `${fresh()}:`, "--lease", "2"];

async function startWorker(options: readonly string[]) {
  const worker = project.start(["worker", "handlers.js", ...options]);
  await worker.shows("Takes tasks of", "stderr");
  return worker;
}

describe("datagraph worker", () => {
  test("performs what datagraph run --workers hands out, says so, and ends with 0 on SIGTERM", async () => {
    const redis = place();
    const worker = await startWorker(redis);
    const result = await project.run(["run", "declarations.js", "--flow", "flow", "--input", "n=[1,2,3]", "--workers", ...redis]);
    expect(result).toMatchObject({ code: 0, stdout: "2\n4\n6\n" });
    await worker.shows("has completed attempt=1", "stderr");
    worker.child.kill("SIGTERM");
    const { code, stdout, stderr } = await worker.ended;
    expect(code).toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^info: Takes tasks of "double", "slow", 10 of each at once$/m);
    expect(stderr).toMatch(/^info: Task "double" of run [\w-]+ begins attempt=1$/m);
  });

  test("--processors and --concurrency limit what it takes; Ctrl-C ends it with 130", async () => {
    const worker = await startWorker([...place(), "--processors", "double", "--concurrency", "3"]);
    worker.child.kill("SIGINT");
    const { code, stderr } = await worker.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^info: Takes tasks of "double", 3 of each at once$/m);
  });

  test("a task that takes longer than --grace is given back, and goes on elsewhere", async () => {
    const redis = place();
    const worker = await startWorker([...redis, "--grace", "0.2"]);
    const { stdout } = await project.run(["run", "declarations.js", "--flow", "slowly", "--detach", ...redis]);
    await worker.shows("begins attempt=1", "stderr");
    const other = await startWorker([...redis, "--grace", "0"]);
    worker.child.kill("SIGTERM");
    const { code, stderr } = await worker.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^info: Task "slow" of run [\w-]+ is given back attempt=1$/m);
    await other.shows("begins attempt=2", "stderr");
    expect((await project.run(["runs", "cancel", stdout.trim(), ...redis.slice(0, 4)])).code).toBe(0);
    await other.shows("was cancelled", "stderr");
    other.child.kill("SIGTERM");
    expect((await other.ended).code).toBe(0);
  });

  test("a second signal does not wait", async () => {
    const redis = place();
    const worker = await startWorker(redis);
    const { stdout } = await project.run(["run", "declarations.js", "--flow", "slowly", "--detach", ...redis]);
    await worker.shows("begins attempt=1", "stderr");
    worker.child.kill("SIGTERM");
    await worker.shows("Takes no more tasks", "stderr");
    worker.child.kill("SIGTERM");
    expect((await worker.ended).code).toBe(143);
    await project.run(["runs", "cancel", stdout.trim(), ...redis.slice(0, 4)]);
  });

  test("says in one line what is wrong with its Redis", async () => {
    const none = await project.run(["worker", "handlers.js"]);
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toMatch(/^error: A worker needs a Redis or Valkey: .*REDIS_URL\.\n$/);
    const away = await project.run(["worker", "handlers.js", "--redis", "redis://:secret-1@127.0.0.1:1/0"]);
    expect(away.code).toBe(1);
    expect(away.stderr).toMatch(/^error: Redis at 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\).*\n$/);
    const url = new URL(inject("redisUrl"));
    url.username = "nobody";
    url.password = "secret-2";
    const refused = await project.run(["worker", "handlers.js", "--redis", url.href]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^error: Redis at .* refused the credentials\..*\n$/);
    expect(away.stderr + refused.stderr).not.toContain("secret");
  });

  test("warns of a Redis that evicts, and works", async () => {
    await using server = await RedisServer.start({ policy: "allkeys-lru", appendonly: "everysec" });
    const worker = await startWorker(["--redis", server.url]);
    worker.child.kill("SIGTERM");
    const { code, stderr } = await worker.ended;
    expect(code).toBe(0);
    expect(stderr.match(/^warn: .*maxmemory-policy allkeys-lru/gm)).toHaveLength(1);
    expect(stderr).not.toMatch(/IMPORTANT|keeps nothing on disk/);
  });

  test("a wrong command line ends with 2", async () => {
    const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
      [["worker"], /A worker needs something to perform/],
      [["worker", "nowhere.js", ...place()], /There is no module .*nowhere\.js/],
      [["worker", "declarations.js", ...place()], /No processor is implemented in this process/],
      [
        ["worker", "handlers.js", "--processors", "dobule", ...place()],
        /"dobule" is not implemented.*It implements: "double", "slow"/,
      ],
      [["worker", "handlers.js", "--concurrency", "0", ...place()], /--concurrency takes a whole number from 1, found "0"/],
      [["worker", "handlers.js", "--grace", "soon", ...place()], /--grace takes seconds/],
    ];
    for (const [args, says] of cases) {
      const result = await project.run(args);
      expect(result, args.join(" ")).toMatchObject({ code: 2, stdout: "" });
      expect(result.stderr).toMatch(says);
    }
  });
});
