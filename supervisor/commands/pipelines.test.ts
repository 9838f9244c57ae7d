import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { CliProject } from "../../test/support/cli.ts";
import { fresh } from "../../test/support/fresh.ts";

const PROJECT = `
targets:
  graph: { connector: memory, options: { path: people.graph } }
  dry: { connector: "null" }
  gone: { connector: neo4j, options: { uri: "bolt://localhost:1", retryMs: 0, connectTimeoutMs: 2000 } }
pipelines:
  people:
    targets: [graph]
    annotations: { team: crm }
    steps:
      - files: { globs: "data/*.jsonl" }
      - pass:
        annotations: [slow]
      - interpret: [{ sourceNode: { nodeType: Person, key: { id: "\${id}" } } }]
  strict:
    targets: [dry]
    deadLetter: fail
    steps:
      - values: [{ id: 1 }, { id: {} }]
      - interpret: [{ sourceNode: { nodeType: Strict, key: { id: "\${id}" } } }]
  nowhere:
    steps:
      - range: { stop: 3 }
`;

const LINES = '{"id":"a"}\n{"id":"b"}\nno json\n{"id":{}}\n';

const MODULE = `
import { Flow, Processor } from "datagraph";
const double = new Processor({ name: "double", inputs: ["n"], outputs: ["doubled"] });
double.implementEach({}, (n) => ({ doubled: n * 2 }));
export const flow = Flow.fromProcessors(double);
`;

let project: CliProject;
beforeAll(async () => {
  project = await CliProject.create({ "datagraph.yaml": PROJECT, "data/a.jsonl": LINES, "double.js": MODULE });
});
afterAll(() => project[Symbol.asyncDispose]());

describe("datagraph run", () => {
  test("runs a pipeline and says what it did, and what it could not do", async () => {
    const result = await project.run(["run", "people"]);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(
      /^people: 3 records in .*, 1 could not be read, 1 dead letter\n {2}graph: 2 nodes and 0 relationships written/,
    );
    expect(result.stderr).toContain("Refused: data/a.jsonl:3:1: this is not JSON.");
    expect(result.stderr).toContain("interpretations[0].key.id: a property holds a scalar");
    expect(result.stderr).toContain("people has set one record aside.");
  });

  test("writes JSON with --json, and to more targets with --target", async () => {
    const result = await project.run(["run", "people", "--json", "-t", "dry", "-t", "graph"]);
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      ...{ pipeline: "people", records: 3, unreadable: 1, deadLetters: 1 },
      targets: [
        { target: "graph", batches: 1, ingestions: 2, refused: 0, nodes: 2, relationships: 0 },
        { target: "dry", batches: 1, ingestions: 2, refused: 0, nodes: 2, relationships: 0 },
      ],
    });
  });

  test("reports progress each so many records", async () => {
    const { code, stderr } = await project.run(["run", "nowhere", "--reporting-frequency", "1", "--json"]);
    expect(code).toBe(0);
    expect(stderr).toContain("nowhere writes nowhere: it has no target");
    const many = await CliProject.create({
      "datagraph.yaml":
        "pipelines: { many: { steps: [{ range: { stop: 200000 } }, { rateLimit: { perSecond: 400000, burst: 1000 } }] } }",
    });
    const result = await many.run(["run", "--reporting-frequency", "10000"]);
    await many[Symbol.asyncDispose]();
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/^many: [\d,]+ records in /m);
  });

  test.each<[what: string, args: string[], code: number, message: RegExp]>([
    ["an unknown pipeline", ["run", "poeple"], 2, /^error: datagraph\.yaml has no pipeline "poeple"\. Did you mean "people"\?/],
    ["an unknown target", ["run", "people", "-t", "grahp"], 2, /has no target "grahp"\. Did you mean "graph"\?/],
    ["a project that is not there", ["run", "-p", "other"], 2, /^error: There is no project at .*other/],
    ["inputs for a pipeline", ["run", "people", "--input", "a=1"], 2, /--input is for a module's flow, not for pipelines/],
    ["annotations for a module", ["run", "double.js", "-a", "x"], 2, /--annotation is for pipelines of a project/],
    ["a pipeline and a module", ["run", "people", "double.js"], 2, /has no pipeline "double\.js"/],
    ["a record that must not fail", ["run", "strict"], 1, /^error: processor "strict\/interpret" failed: InterpretationError/],
    [
      "a database that is not there",
      ["run", "people", "-t", "gone"],
      1,
      /^error: processor "people\/gone" failed: ConnectionError: Neo4j at localhost:1 cannot be reached[\s\S]*caused by Neo4jError/m,
    ],
  ])("%s is told of, with exit code", async (_, args, code, message) => {
    const result = await project.run(args);
    expect(result.stderr.replaceAll(/^(warn|info).*\n/gm, "")).toMatch(message);
    expect(result.code).toBe(code);
  });

  test("a mistake in the project's file is told of with its place; a module beside it runs all the same", async () => {
    await using broken = await CliProject.create({ "datagraph.yaml": "pipelines: { a: { stepz: [] } }", "double.js": MODULE });
    const result = await broken.run(["run", "a"]);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toMatch(
      /^error: 2 mistakes:\n {2}datagraph\.yaml:1:17: expected "steps".*\n {2}datagraph\.yaml:1:19: unknown key "stepz".*Did you mean "steps"\?/,
    );
    expect(await broken.run(["run", "double.js", "--input", "n=2"])).toMatchObject({ code: 0, stdout: "4\n" });
  });

  test("runs all pipelines of a project elsewhere, and says which did not run because of a failure", async () => {
    const { code, stdout, stderr } = await project.run(["run", "-p", "datagraph.yaml"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^people: /);
    expect(stderr).toContain("Because strict failed, these did not run: nowhere");
  });

  test("without a project and a module says what it expects", async () => {
    await using empty = await CliProject.create({});
    const result = await empty.run(["run"]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toMatch(/^error: Expected a module, or a project in .*found neither/);
  });
});

describe("datagraph worker -p", () => {
  test("performs the tasks of pipelines, with the same targets and annotations", async () => {
    const redis = ["--redis", inject("redisUrl"), "--redis-prefix", `${fresh()}:`];
    const worker = project.start(["worker", "-p", "datagraph.yaml", "-t", "dry", "-a", "fast", ...redis]);
    await worker.shows('Not performed here: Pipeline "nowhere": it has targets', "stderr");
    await worker.shows("Takes tasks of", "stderr");
    const result = await project.run(["run", "people", "-t", "dry", "-a", "fast", "--workers", "--json", ...redis]);
    expect(result).toMatchObject({ code: 0 });
    expect(JSON.parse(result.stdout)).toMatchObject({
      records: 3,
      targets: [
        { target: "graph", nodes: 2 },
        { target: "dry", nodes: 2 },
      ],
    });
    const letters = await project.run(["dead-letters", "list", "--json", ...redis]);
    expect(letters.stdout).toContain("people/interpret");
    worker.child.kill("SIGTERM");
    expect((await worker.ended).code).toBe(0);
  });

  test("is what --detach leaves the work to", async () => {
    const redis = ["--redis", inject("redisUrl"), "--redis-prefix", `${fresh()}:`];
    const worker = project.start(["worker", "people", "-p", "datagraph.yaml", ...redis]);
    await worker.shows("Takes tasks of", "stderr");
    const { code, stdout } = await project.run(["run", "people", "--detach", ...redis]);
    expect(code).toBe(0);
    const attached = await project.run(["attach", stdout.trim(), "--output", "people/graph.written", ...redis]);
    expect(attached.code).toBe(0);
    expect(JSON.parse(attached.stdout)).toMatchObject({ records: 2, nodes: 2 });
    worker.child.kill("SIGTERM");
    expect((await worker.ended).code).toBe(0);
  });

  test("needs a module or a project", async () => {
    const result = await project.run(["worker", "--redis", inject("redisUrl")]);
    expect(result).toMatchObject({ code: 2 });
    expect(result.stderr).toContain("A worker needs something to perform");
  });
});

describe("datagraph show", () => {
  test("lists the pipelines", async () => {
    const result = await project.run(["show"]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(result.stdout).toMatch(/^pipeline +file +targets +annotations\npeople +datagraph\.yaml +graph +team: crm\nstrict/);
    const json: unknown = JSON.parse((await project.run(["show", "--format", "json"])).stdout);
    expect(json).toContainEqual({ name: "people", file: "datagraph.yaml", targets: ["graph"], annotations: { team: "crm" } });
  });

  test("draws a pipeline, although its database is not there", async () => {
    const result = await project.run(["show", "people", "-t", "gone", "--format", "mermaid"]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    for (const name of ["people/files", "people/pass", "people/interpret", "people/graph", "people/gone"])
      expect(result.stdout).toContain(name.replace("/", "#47;"));
    expect((await project.run(["show", "people", "-a", "fast"])).stdout).not.toContain("people/pass");
  });

  test("draws a module's flow as before", async () => {
    expect((await project.run(["show", "double.js"])).stdout).toContain("double");
    expect(await project.run(["show", "nothing"])).toMatchObject({ code: 2 });
  });
});

describe("datagraph print schema", () => {
  test.each([
    ["plain", /^Node Person\n {2}id: STRING, key\n/],
    ["graphql", /type Person/],
    ["cypheresque", /^\(:Person \{id: STRING KEY/],
    ["mermaid", /^erDiagram/],
    ["json", /^\{\n {2}"nodes"/],
  ])("as %s", async (format, expected) => {
    const result = await project.run(["print", "schema", "people", "--format", format]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(result.stdout).toMatch(expected);
    expect(result.stdout).not.toContain("Strict");
  });

  test("of all pipelines, with overrides, to a file", async () => {
    await project.write({
      "overrides.yaml": "nodes:\n  - name: Person\n    properties: { age: { type: INTEGER, is_indexed: true } }\n",
    });
    const result = await project.run(["print", "schema", "--overrides", "overrides.yaml", "--out", "schema.txt"]);
    expect(result).toEqual({ code: 0, stdout: "", stderr: "" });
    const text = await readFile(join(project.folder, "schema.txt"), "utf8");
    expect(text).toContain("age: INTEGER, indexed");
    expect(text).toContain("Node Strict");
  });

  test("pipelines that disagree on a key are a failure that names it", async () => {
    const pipeline = (key: string) => `{ steps: [{ interpret: [{ sourceNode: { nodeType: T, key: { ${key}: 1 } } }] }] }`;
    await using other = await CliProject.create({ "datagraph.yaml": `pipelines: { a: ${pipeline("x")}, b: ${pipeline("y")} }` });
    const result = await other.run(["print", "schema"]);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toMatch(/The key of node type "T" is declared as \(x\) and as \(y\).*\[SCHEMA_CONFLICT\]/);
    expect(await other.run(["print", "schema", "b"])).toMatchObject({ code: 0 });
  });

  test("an unknown pipeline, unreadable overrides and a missing project are mistakes of the command line", async () => {
    expect(await project.run(["print", "schema", "x"])).toMatchObject({ code: 2, stdout: "" });
    expect(await project.run(["print", "schema", "--overrides", "x.yaml"])).toMatchObject({ code: 2, stdout: "" });
    await using empty = await CliProject.create({});
    expect(await empty.run(["print", "schema"])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("datagraph new", () => {
  test("makes a project that runs at once", async () => {
    await using empty = await CliProject.create({});
    const made = await empty.run(["new", "people"]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain("people/datagraph.yaml");
    const result = await empty.run(["run", "-p", "people"]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(result.stdout).toContain("graph: 4 nodes and 5 relationships written (4 nodes created, 5 relationships created)");
    const again = await empty.run(["new", "people"]);
    expect(again).toMatchObject({ code: 2, stdout: "" });
    expect(again.stderr).toContain("is there already; nothing was written");
  });

  test("for Neo4j takes the password from the environment", async () => {
    await using empty = await CliProject.create({});
    expect(await empty.run(["new", ".", "--database", "neo4j"])).toMatchObject({ code: 0 });
    expect((await empty.run(["show", "people"])).code).toBe(0);
    const result = await empty.run(["run"]);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toMatch(/datagraph\.yaml:\d+:\d+: !env: the environment has no variable "NEO4J_PASSWORD"/);
    expect(await empty.run(["new", "x", "-d", "oracle"])).toMatchObject({ code: 2 });
  });
});
