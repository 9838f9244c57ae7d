import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadGraph, saveGraph } from "datagraph/graph/memory";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CliProject } from "../../test/support/cli.ts";

const PROJECT = `
targets:
  graph: { connector: memory, options: { path: people.graph } }
  copy: { connector: memory, options: { path: copy.graph } }
  dry: { connector: "null" }
  gone: { connector: neo4j, options: { uri: "bolt://localhost:1", retryMs: 0, connectTimeoutMs: 2000 } }
pipelines:
  people:
    targets: [graph]
    steps:
      - values: [{ id: a, knows: b, since: 1 }, { id: a, knows: b, since: 2 }, { id: b, knows: c, since: 1 }]
      - interpret:
          - sourceNode: { nodeType: Person, key: { id: "\${id}" }, additionalTypes: [Member] }
          - relationship:
              nodeType: Person
              relationshipType: KNOWS
              nodeKey: { id: "\${knows}" }
              relationshipKey: { since: "\${since}" }
  teams:
    targets: [graph]
    steps:
      - values: [{ name: reds }]
      - interpret: [{ sourceNode: { nodeType: Team, key: { name: "\${name}" } } }]
  tidy:
    targets: [graph]
    steps:
      - expire: [{ on: node, type: Person, expiryHours: 24 }, { on: relationship, type: KNOWS, expiryHours: 24 }]
`;

let project: CliProject;
beforeEach(async () => {
  project = await CliProject.create({ "datagraph.yaml": PROJECT });
  expect(await project.run(["run", "people", "teams"])).toMatchObject({ code: 0 });
});
afterEach(() => project[Symbol.asyncDispose]());

const copied = () => loadGraph(join(project.folder, "copy.graph"));
const copy = (...args: readonly string[]) => project.run(["copy", "--from", "graph", ...args]);

describe("datagraph copy", () => {
  test("copies what the pipelines make, and says how much that was", async () => {
    const { code, stdout, stderr } = await copy("--to", "copy");
    expect(stderr).toBe("");
    expect(stdout.split("\n").map((line) => line.replace(/\(\d.*/, "(…"))).toEqual([
      "Copied 4 nodes (…",
      "  Person: 3 nodes, 3 of them new",
      "  Team: 1 node, 1 of them new",
      "  (Person)-[KNOWS]->(Person): 3 relationships, 3 of them new",
      "",
    ]);
    expect(code).toBe(0);
    const graph = await copied();
    expect([graph.order, graph.size]).toEqual([4, 3]);
    expect([...graph.nodes("Member")].map(({ properties }) => properties.was_ingested_by_people)).toEqual([true, true]);
  });

  test("takes the types that are chosen, with options for both sides, and answers in JSON", async () => {
    const options = ["--preload-nodes", "--shard-size", "2", "--batch-size", "1", "--concurrency", "2"];
    const { code, stdout } = await copy(
      "--to",
      "copy",
      "--node",
      "Person",
      "-r",
      "KNOWS",
      "--connector-option",
      "sync=false",
      ...options,
      "--json",
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout).types).toMatchObject([
      { kind: "nodes", type: "Person", read: 3 },
      { kind: "relationships", type: "KNOWS", from: "Person", to: "Person", read: 3 },
    ]);
    expect((await copied()).order).toBe(3);
  });

  test("takes all that is there, by keys that are given", async () => {
    const graph = await loadGraph(join(project.folder, "people.graph"));
    graph.addNode(["Stray"], { name: "of no pipeline" });
    await saveGraph(graph, join(project.folder, "people.graph"));
    expect(await copy("--to", "copy")).toMatchObject({ code: 0 });
    expect((await copied()).order).toBe(4);
    const without = await copy("--to", "copy", "--discover");
    expect(without).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/"copy\.plan" failed.*"Stray".*\[COPY_PLAN\]/),
    });
    expect(await copy("--to", "copy", "--discover", "--key", "Stray=name")).toMatchObject({ code: 0 });
    expect((await copied()).order).toBe(5);
  });

  test("ends with 1 when it fails, with 2 when it is asked wrongly", async () => {
    expect(await copy("--to", "gone")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Neo4j at localhost:1 cannot be reached"),
    });
    expect(await copy("--to", "copy", "--node", "Persn")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no node type "Persn"'),
    });
    expect(await copy("--to", "copi")).toMatchObject({ code: 2, stderr: expect.stringContaining('no target "copi"') });
    expect(await copy("--to", "graph")).toMatchObject({ code: 2, stderr: expect.stringContaining('both "graph"') });
    expect(await copy("--to", "copy", "--key", "Person")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--key takes name=value"),
    });
    expect(await copy("--to", "copy", "--shard-size", "0")).toMatchObject({ code: 2 });
    expect(await copy()).toMatchObject({ code: 2, stderr: expect.stringContaining("--to") });
    const unknown = await copy("--to", "copy", "--connector-option", "speed=1");
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('option "speed"') });
  });

  test("shows how far it is where that is asked for", async () => {
    const { code, stderr } = await copy("--to", "dry", "--progress");
    expect(code).toBe(0);
    expect(stderr).toMatch(/copy\.nodes 2 .*4 nodes \(\S+\/s\), 3 relationships/);
  });
});

describe("datagraph audit ttls", () => {
  test("names the types that live for ever, and ends with 1", async () => {
    expect(await project.run(["audit", "ttls"])).toMatchObject({
      code: 1,
      stdout: 'Node type "Team" has no time to live.\n',
      stderr: "error: Of 3 types, 1 have no time to live, or several.\n",
    });
  });

  test("ends with 0 when each has one, and counts what is due", async () => {
    await writeFile(
      join(project.folder, "datagraph.yaml"),
      PROJECT.replace("{ on: relationship,", "{ on: node, type: Team, expiryHours: 1 }, { on: relationship,"),
    );
    const { code, stdout } = await project.run(["audit", "ttls", "--target", "graph", "--json"]);
    expect(code).toBe(0);
    const due = { target: "graph", due: 0, unstamped: 0 };
    expect(JSON.parse(stdout)).toEqual({
      types: 3,
      findings: [],
      due: [
        { ...due, on: "node", type: "Person", expiryHours: 24, total: 3 },
        { ...due, on: "node", type: "Team", expiryHours: 1, total: 1 },
        { ...due, on: "relationship", type: "KNOWS", expiryHours: 24, total: 3 },
      ],
    });
    const text = await project.run(["audit", "ttls", "-t", "graph"]);
    expect(text.stdout).toContain('All 3 types have a time to live.\ngraph: node type "Person": 0 older than 24 h, of 3\n');
  });

  test("says what is wrong with the command line, and with a project that is not there", async () => {
    expect(await project.run(["audit", "ttls", "nobody"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no pipeline "nobody"'),
    });
    await rm(join(project.folder, "datagraph.yaml"));
    expect(await project.run(["audit", "ttls"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("There is no project"),
    });
  });
});
