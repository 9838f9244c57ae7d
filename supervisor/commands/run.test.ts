import { readFile, rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { CliProject } from "../../test/support/cli.ts";
import { fresh } from "../../test/support/fresh.ts";

const DOUBLE = `
import { Flow, Processor } from "datagraph";
const double = new Processor({ name: "double", inputs: ["n"], outputs: ["doubled"] });
double.implementEach({}, (n) => ({ doubled: n * 2 }));
export const flow = Flow.fromProcessors(double);
`;

const TWO_OUTPUTS = `
import { Flow, Processor } from "datagraph";
const split = new Processor({ name: "split", inputs: ["n"], outputs: ["half", "text"] });
split.implementEach({}, (n) => ({ half: n / 2, text: String(n) }));
const count = new Processor({ name: "count", inputs: ["half"], outputs: ["total"], wait: true });
count.implement(async ({ half }) => ({ total: (await half.toArray()).length }));
export default Flow.fromProcessors(split, count).resolve();
`;

const ENDLESS = `
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { depends, Flow, Processor } from "datagraph";
function* resource() { yield 1; writeFileSync("freed", "yes"); }
const source = new Processor({ name: "source", outputs: ["tick"] });
source.implement({ held: depends(resource) }, async function* ({ held }, task) {
  for (let tick = 0; ; tick++) { yield { tick }; await sleep(5, undefined, { signal: task.signal }); }
});
export const flow = Flow.fromProcessors(source);
// Whatever a module leaves open does not keep the command alive.
setInterval(() => {}, 1000);
`;

const FAILING = `
import { Flow, Processor } from "datagraph";
const read = new Processor({ name: "read", inputs: ["path"], outputs: ["text"] });
read.implementEach({}, (path) => { throw new TypeError("no " + path, { cause: new Error("the disk is gone") }); });
export const flow = Flow.fromProcessors(read);
`;

let project: CliProject;
beforeAll(async () => {
  project = await CliProject.create({ "double.js": DOUBLE, "two.js": TWO_OUTPUTS, "endless.js": ENDLESS, "failing.js": FAILING });
});
afterAll(() => project[Symbol.asyncDispose]());

const redis = () => ["--redis", inject("redisUrl"), "--redis-prefix", `${fresh()}:`];

describe.each([
  ["memory", () => [] as string[]],
  ["Redis", redis],
])("datagraph run with streams in %s", (_, store) => {
  test("prints the values of one output as JSON Lines", async () => {
    const result = await project.run(["run", "double.js", "--input", "n=[1,2,3]", ...store()]);
    expect(result).toEqual({ code: 0, stdout: "2\n4\n6\n", stderr: "" });
  });

  test("names the output of each value when there are several, and only then", async () => {
    const all = await project.run(["run", "two.js", "--input", "n=4", ...store()]);
    expect(all.stdout.trim().split("\n").sort()).toEqual(['{"output":"text","value":"4"}', '{"output":"total","value":1}']);
    const one = await project.run(["run", "two.js", "--input", "n=4", "--output", "total", ...store()]);
    expect(one.stdout).toBe("1\n");
  });

  test("prints streams that the flow's own processors consume when asked for", async () => {
    const result = await project.run(["run", "two.js", "--input", "n=[4,5]", "--output", "half", ...store()]);
    expect(result).toMatchObject({ code: 0, stdout: "2\n2.5\n" });
  });

  test("a first output comes before stdin ends", async () => {
    const cli = project.start(["run", "double.js", "--input", "n=-", ...store()]);
    cli.stdin.write("1\n");
    await cli.shows("2\n");
    cli.stdin.end("20\n\n21");
    expect(await cli.ended).toEqual({ code: 0, stdout: "2\n40\n42\n", stderr: "" });
  });

  test("Ctrl-C cancels the run, frees what it held and ends with 130", async () => {
    const cli = project.start(["run", "endless.js", ...store()]);
    await cli.shows("5\n");
    cli.child.kill("SIGINT");
    expect(await cli.ended).toMatchObject({ code: 130, stderr: "interrupted\n" });
    expect(await readFile(`${project.folder}/freed`, "utf8")).toBe("yes");
    await rm(`${project.folder}/freed`);
  });

  test("a failure says which processor, run and attempt, and why", async () => {
    const result = await project.run(["run", "failing.js", "--input", 'path="a.txt"', ...store()]);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toMatch(
      /^error: processor "read" failed: TypeError: no a\.txt \(run [\w-]+, attempt 1\)\n {2}caused by Error: the disk is gone\n/,
    );
    expect(result.stderr).not.toContain("    at ");
    const verbose = await project.run(["run", "failing.js", "--verbose", "--input", 'path="a.txt"', ...store()]);
    expect(verbose.stderr).toMatch(/at .*failing\.js:4/);
  });
});

describe("datagraph run", () => {
  test("ends quietly when whoever reads its output has left", async () => {
    const cli = project.start(["run", "endless.js"]);
    await cli.shows("0\n");
    cli.child.stdout.destroy();
    expect(await cli.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("a second Ctrl-C does not wait", async () => {
    await project.write({
      "stubborn.js": `
        import { Flow, Processor } from "datagraph";
        const stubborn = new Processor({ name: "stubborn", outputs: ["x"] });
        stubborn.implement(async function* () { yield { x: 1 }; await new Promise((resolve) => setTimeout(resolve, 60_000)); });
        export const flow = Flow.fromProcessors(stubborn);`,
    });
    const cli = project.start(["run", "stubborn.js"]);
    await cli.shows("1\n");
    cli.child.kill("SIGINT");
    await cli.shows("Ctrl-C again", "stderr");
    cli.child.kill("SIGINT");
    expect(await cli.ended).toMatchObject({ code: 130 });
  });

  test("reads files of JSON Lines and of JSON arrays, and several sources in order", async () => {
    await project.write({ "lines.jsonl": "1\n2\n\n3", "array.json": "[\n 4,\n 5 ]" });
    const args = ["run", "double.js", "--input", "n=@lines.jsonl", "--input", "n=@array.json", "--input", "n=6"];
    expect(await project.run(args)).toEqual({ code: 0, stdout: "2\n4\n6\n8\n10\n12\n", stderr: "" });
  });

  test("what handlers print goes to stderr", async () => {
    await project.write({
      "noisy.js": `${DOUBLE}console.log("loading");`,
    });
    const result = await project.run(["run", "noisy.js", "--input", "n=1"]);
    expect(result).toEqual({ code: 0, stdout: "2\n", stderr: "loading\n" });
  });

  test("a run that can never go on is an error, not an early success", async () => {
    await project.write({
      "stuck.js": `
        import { Flow, Processor } from "datagraph";
        const stuck = new Processor({ name: "stuck", outputs: ["x"] });
        stuck.implement(async function* () { await new Promise(() => {}); });
        export const flow = Flow.fromProcessors(stuck);`,
    });
    const result = await project.run(["run", "stuck.js"]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("cannot go on");
  });

  test("takes REDIS_URL from the environment and from .env, the flag first", async () => {
    const env = { REDIS_URL: "redis://:secret-1@127.0.0.1:1/0" };
    const refused = await project.run(["run", "double.js", "--input", "n=1"], { env });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^error: Redis at 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\).*\[STORE\]\n$/);
    expect((await project.run(["run", "double.js", "--input", "n=1", "--no-redis"], { env })).code).toBe(0);
    expect((await project.run(["run", "double.js", "--input", "n=1", ...redis()], { env })).code).toBe(0);

    await using other = await CliProject.create({ "double.js": DOUBLE, ".env": "REDIS_URL=redis://127.0.0.1:2/0\n" });
    expect((await other.run(["run", "double.js", "--input", "n=1"])).stderr).toContain("127.0.0.1:2");
    expect((await other.run(["run", "double.js", "--input", "n=1"], { env })).stderr).toContain("127.0.0.1:1");
  });

  test("a wrong password is one line without the password", async () => {
    const url = new URL(inject("redisUrl"));
    url.username = "nobody";
    url.password = "secret-2";
    const result = await project.run(["run", "double.js", "--input", "n=1", "--redis", url.href]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^error: Redis at .* refused the credentials\..*\n$/);
    expect(result.stderr).not.toContain("secret");
  });
});

describe("a wrong command line ends with 2, before anything runs", () => {
  const cases: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
    ["an unknown command", ["rnu"], /Did you mean run\?/],
    ["an unknown option", ["run", "double.js", "--outptu", "x"], /Did you mean --output\?/],
    ["no module", ["run"], /Expected a module, or a project in/],
    ["a module that does not exist", ["run", "nowhere.js"], /There is no module .*nowhere\.js/],
    ["a folder", ["run", "."], /is a folder/],
    ["a missing input", ["run", "double.js"], /Missing input: "n"\. This flow's inputs: "n"\./],
    ["an unknown input", ["run", "double.js", "--input", "m=1"], /Unknown input: "m"\. This flow's inputs: "n"\./],
    [
      "an input that is not JSON",
      ["run", "double.js", "--input", "n=five"],
      /Input "n": expected JSON, found "five"\. A text needs its quotes/,
    ],
    ["an input without a name", ["run", "double.js", "--input", "5"], /--input takes name=VALUE/],
    [
      "an input file that does not exist",
      ["run", "double.js", "--input", "n=@no.jsonl"],
      /Input "n": there is no file .*no\.jsonl/,
    ],
    [
      "an unknown output",
      ["run", "double.js", "--input", "n=1", "--output", "x"],
      /Unknown output: "x"\. This flow's outputs: "doubled"/,
    ],
    [
      "an unknown flow",
      ["run", "double.js", "--flow", "x", "--input", "n=1"],
      /double\.js exports no flow "x"\. Its flows: flow\./,
    ],
    [
      "something that is not a Redis URL",
      ["run", "double.js", "--redis", "ftp://:secret@x"],
      /expected a URL such as redis:\/\/.*begins with "ftp:"/,
    ],
  ];
  test.each(cases)("%s", async (_, args, says) => {
    const result = await project.run(args);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toMatch(/secret|^\s+at /m);
  });

  test.each(["memory", "Redis"])("a line that is not JSON is named, with streams in %s", async (store) => {
    await project.write({ "wrong.jsonl": '1\n2\n{"a":\n3\n' });
    const args = ["run", "double.js", "--input", "n=@wrong.jsonl", ...(store === "Redis" ? redis() : [])];
    const result = await project.run(args);
    expect(result.code).toBe(2);
    expect(result.stderr).toBe('error: wrong.jsonl:3: expected one JSON value per line, found "{\\"a\\":".\n');
  });
});
