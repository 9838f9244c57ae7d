import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { CliProject } from "../../test/support/cli.ts";
import { fresh } from "../../test/support/fresh.ts";

/** Whether the processor works is a file: it can be repaired between two commands. */
const FLOWS = `
import { existsSync } from "node:fs";
import { Flow, Processor } from "datagraph";
export const charge = new Processor({ name: "charge", inputs: ["order"], outputs: ["paid"] });
charge.implementEach({ retry: { attempts: 2, backoff: { initialMs: 0 } }, deadLetter: "continue" }, (order) => {
  if (order < 0 && !existsSync("repaired")) throw new RangeError("no " + order, { cause: new Error("the card") });
  return { paid: order };
});
export const thank = new Processor({ name: "thank", inputs: ["paid"], outputs: ["letter"] });
thank.implementEach({}, (paid) => {
  console.log("thanks for " + paid);
  return { letter: "thanks for " + paid };
});
export const flow = Flow.fromProcessors(charge, thank);
`;

let project: CliProject;
let redis: readonly string[];
beforeEach(async () => {
  redis = ["--redis", inject("redisUrl"), "--redis-prefix", `${fresh()}:`];
  project = await CliProject.create({ "flows.js": FLOWS });
});
afterEach(() => project[Symbol.asyncDispose]());

const datagraph = (...args: readonly string[]) => project.run([...args, ...redis]);
const deadLetters = (...args: readonly string[]) => datagraph("dead-letters", ...args);

async function failOn(input: string): Promise<string[]> {
  const { code, stderr } = await datagraph("run", "flows.js", "--flow", "flow", "--input", input);
  expect(code).toBe(0);
  expect(stderr).toContain("has set value");
  const { stdout } = await deadLetters("list", "--json");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).id);
}

describe("datagraph dead-letters", () => {
  test("lists and shows what could not be handled", async () => {
    const [id = ""] = await failOn("order=[1,-5,2]");
    const listed = await deadLetters("list");
    expect(listed).toMatchObject({ code: 0, stdout: `${id}  charge  value 2 of order  2 attempts  RangeError: no -5\n` });
    expect((await deadLetters("list", "--processor", "thank")).stdout).toBe("");
    const shown = await deadLetters("show", id);
    expect(shown.stdout).toMatch(/RangeError: no -5\n {2}caused by Error: the card\n {4}at .*flows\.js/);
    expect(shown.stdout).toMatch(/\n-5\n$/);
    expect(JSON.parse((await deadLetters("show", id, "--json")).stdout)).toMatchObject({
      id,
      processor: "charge",
      index: 2,
      value: -5,
      bytes: expect.stringMatching(/^[\w+/=]+$/),
    });
    const run = await datagraph("runs", "show", id.split("@")[1] ?? "");
    expect(run.stdout).toContain("charge (1 retry, 1 dead letter)");
  });

  test("retries what a module implements: alone, or with what is downstream", async () => {
    const [first = "", second = ""] = await failOn("order=[-1,-2]");
    const again = await deadLetters("retry", first, "--module", "flows.js");
    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(again.stderr).toMatch(
      new RegExp(`^${first} has failed again\nerror: processor "charge" failed: RangeError: no -1`, "m"),
    );
    await project.write({ repaired: "" });
    const alone = await deadLetters("retry", first, "--module", "flows.js");
    expect(alone.stdout).toMatch(new RegExp(`^${first} is done, in run [\\w-]+\n$`));
    expect(alone.stderr).not.toContain("thanks");
    const through = await deadLetters("retry", second, "--module", "flows.js", "--flow", "flow", "--json");
    expect(JSON.parse(through.stdout)).toMatchObject({ id: second, retried: true });
    expect(through.stderr).toContain("thanks for -2");
    expect((await deadLetters("list")).stdout).toBe("");
  });

  test("retries on workers, all of a processor", async () => {
    await failOn("order=[-1,-2]");
    await project.write({ repaired: "" });
    const worker = project.start(["worker", "flows.js", ...redis]);
    await worker.shows("Takes tasks of", "stderr");
    const { code, stdout } = await deadLetters("retry", "--processor", "charge");
    expect([code, stdout.split("\n").length]).toEqual([0, 3]);
    expect((await deadLetters("list")).stdout).toBe("");
    worker.child.kill("SIGTERM");
    await worker.ended;
  });

  test("drops by id, or all of a run", async () => {
    const [first = "", second = ""] = await failOn("order=[-1,-2]");
    expect((await deadLetters("drop", first)).stdout).toBe(`${first} is dropped\n`);
    const unknown = await deadLetters("drop", first, "--json");
    expect(unknown).toMatchObject({ code: 1, stdout: `${JSON.stringify({ id: first, dropped: false })}\n` });
    expect(unknown.stderr).toMatch(/^error: There is no dead letter/);
    expect((await deadLetters("drop", "--run", second.split("@")[1] ?? "")).code).toBe(0);
    expect((await deadLetters("list")).stdout).toBe("");
  });

  test("what is unknown, missing or wrong is one line", async () => {
    expect(await deadLetters("show", "0.1@x")).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: .*0\.1@x.*\n$/) });
    expect(await deadLetters("drop")).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error: Say which/) });
    expect((await deadLetters("retry", "0.1@x", "--flow", "flow")).code).toBe(2);
    const retried = await deadLetters("retry", "0.1@x", "--module", "flows.js");
    expect(retried).toMatchObject({ code: 1, stderr: expect.stringContaining("There is no dead letter") });
    expect((await project.run(["dead-letters", "list"])).stderr).toMatch(/needs a Redis or Valkey/);
    expect((await project.run(["dead-letters", "--help"])).stdout).toContain("retry");
  });
});
