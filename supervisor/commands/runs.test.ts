import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { CliProject } from "../../test/support/cli.ts";
import { fresh } from "../../test/support/fresh.ts";

const FLOWS = `
import { setTimeout as sleep } from "node:timers/promises";
import { Flow, Processor } from "datagraph";
export const split = new Processor({ name: "split", inputs: ["n"], outputs: ["half", "text"] });
split.implementEach({}, (n) => {
  if (n < 0) throw new RangeError("no " + n);
  return { half: n / 2, text: String(n) };
});
export const flow = Flow.fromProcessors(split);
`;

let project: CliProject;
let redis: readonly string[];
beforeAll(async () => {
  project = await CliProject.create({ "flows.js": FLOWS });
});
beforeEach(() => {
  redis = ["--redis", inject("redisUrl"), "--redis-prefix", `${fresh()}:`];
});
afterAll(() => project[Symbol.asyncDispose]());

const datagraph = (...args: readonly string[]) => project.run([...args, ...redis]);

async function detach(input: string): Promise<string> {
  const { code, stdout } = await datagraph("run", "flows.js", "--flow", "flow", "--input", input, "--detach");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^[\w-]+\n$/);
  return stdout.trim();
}

async function startWorker() {
  const worker = project.start(["worker", "flows.js", ...redis]);
  await worker.shows("Takes tasks of", "stderr");
  return worker;
}

describe("datagraph run --detach, attach and runs", () => {
  test("a run that was left goes on with its workers, and is attached to by its id", async () => {
    const id = await detach("n=[2,4]");
    const waiting = await datagraph("runs", "show", id);
    expect(waiting.stdout).toMatch(new RegExp(`^${id} running\n {2}processor "split" waits for a worker that implements it\n`));
    const early = project.start(["attach", id, "--output", "half", ...redis]);
    const worker = await startWorker();
    expect(await early.ended).toEqual({ code: 0, stdout: "1\n2\n", stderr: "" });
    const late = await datagraph("attach", id);
    expect(late.stdout.trim().split("\n").sort()).toEqual([
      '{"output":"half","value":1}',
      '{"output":"half","value":2}',
      '{"output":"text","value":"2"}',
      '{"output":"text","value":"4"}',
    ]);
    const shown = await datagraph("runs", "show", id, "--json");
    expect(JSON.parse(shown.stdout)).toMatchObject({ id, state: "completed", waits: [], streams: { half: { values: 2 } } });
    const listed = await datagraph("runs", "list", "--json");
    expect(JSON.parse(listed.stdout)).toMatchObject({ id, state: "completed" });
    expect((await datagraph("runs", "list")).stdout).toMatch(new RegExp(`^${id} {2}completed  \\d{4}-\\d\\d-\\d\\d `));
    expect((await datagraph("runs", "cancel", id)).stdout).toBe(`${id} has ended already: completed\n`);
    worker.child.kill("SIGTERM");
    await worker.ended;
  });

  test("a failure in a worker is told as one here, and by attach", async () => {
    const worker = await startWorker();
    const failed = await datagraph("run", "flows.js", "--flow", "flow", "--input", "n=-1", "--workers");
    expect(failed).toMatchObject({ code: 1, stdout: "" });
    expect(failed.stderr).toMatch(/^error: processor "split" failed: RangeError: no -1 \(run [\w-]+, attempt 1\)$/m);
    const id = await detach("n=-1");
    const attached = await datagraph("attach", id);
    expect(attached.code).toBe(1);
    expect(attached.stderr).toContain('error: processor "split" failed: RangeError: no -1');
    expect((await datagraph("runs", "show", id)).stdout).toMatch(new RegExp(`^${id} failed\n {2}because .*RangeError: no -1\n`));
    worker.child.kill("SIGTERM");
    await worker.ended;
  });

  test("cancels a run that waits, and prunes what has ended", async () => {
    const [kept, cancelled] = [await detach("n=1"), await detach("n=2")];
    const cancel = await datagraph("runs", "cancel", cancelled, "--reason", "wrong file", "--json");
    expect(JSON.parse(cancel.stdout)).toEqual({ id: cancelled, cancelled: true, state: "cancelled" });
    const attached = await datagraph("attach", cancelled);
    expect(attached).toMatchObject({ code: 1, stderr: "error: Cancelled: wrong file [CANCELLED]\n" });
    expect((await datagraph("runs", "prune", "--older-than", "1h")).stdout).toBe("0 runs deleted\n");
    expect(JSON.parse((await datagraph("runs", "prune", "--json")).stdout)).toEqual({ removed: [cancelled] });
    expect((await datagraph("runs", "list")).stdout).toMatch(new RegExp(`^${kept}  running .*\n$`));
    await datagraph("runs", "cancel", kept);
  });

  test("Ctrl-C leaves an attached run alone", async () => {
    const id = await detach("n=1");
    const attached = project.start(["attach", id, "--verbose", ...redis]);
    await attached.shows("Attached to run", "stderr");
    attached.child.kill("SIGINT");
    expect((await attached.ended).code).toBe(130);
    expect((await datagraph("runs", "list")).stdout).toContain("running");
    await datagraph("runs", "cancel", id);
  });

  test("inputs are complete before it leaves; one that is wrong fails", async () => {
    const cli = project.start(["run", "flows.js", "--flow", "flow", "--input", "n=-", "--detach", ...redis]);
    await cli.shows("\n");
    cli.stdin.write("1\n2\n");
    cli.stdin.end("3\n");
    const { code, stdout } = await cli.ended;
    expect(code).toBe(0);
    const shown = JSON.parse((await datagraph("runs", "show", stdout.trim(), "--json")).stdout);
    expect(shown.streams.n).toMatchObject({ state: "completed", values: 3 });
    await project.write({ "wrong.jsonl": "1\nno\n" });
    const wrong = await datagraph("run", "flows.js", "--flow", "flow", "--input", "n=@wrong.jsonl", "--detach");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/^error: wrong\.jsonl:2: expected one JSON value per line, found "no"\.$/m);
    await datagraph("runs", "cancel", stdout.trim());
  });
});

test("what is unknown or missing is one line", async () => {
  const unknown = await datagraph("attach", "nothing");
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toMatch(/^error: Run nothing: it is unknown to the store\..*\[RUN_LOST\]\n$/);
  expect((await datagraph("runs", "show", "nothing")).code).toBe(1);
  expect((await datagraph("runs", "list")).stdout).toBe("");
  for (const args of [
    ["runs", "list"],
    ["attach", "x"],
    ["run", "flows.js", "--flow", "flow", "--input", "n=1", "--workers"],
  ]) {
    const result = await project.run(args);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/needs a Redis or Valkey/);
  }
  const id = await detach("n=1");
  const output = await datagraph("attach", id, "--output", "third");
  expect(output).toMatchObject({ code: 2, stderr: 'error: Unknown output: "third". This run\'s outputs: "half", "text".\n' });
  await datagraph("runs", "cancel", id);
});
