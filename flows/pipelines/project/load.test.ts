import { inspect } from "node:util";
import { Supervisor } from "datagraph";
import { renderSchema } from "datagraph/interpret";
import { loadProject, type Project, ProjectFileError, pipeline } from "datagraph/pipelines";
import { describe, expect, test, vi } from "vitest";
import { folderOf, workIn } from "../../../test/support/folder.ts";

const PEOPLE = `
- implementation: nodestream.pipeline.extractors:FileExtractor
  factory: local
  arguments: { globs: [data/*.jsonl] }
- implementation: nodestream.interpreting:Interpreter
  arguments:
    interpretations:
      - { type: source_node, node_type: Person, key: { id: !jmespath id } }
`;

const NODESTREAM = `
scopes:
  crm:
    targets: [graph]
    annotations: { team: crm }
    pipelines:
      - pipelines/people.yaml
      - { path: pipelines/people.yaml, name: dry people, targets: [dry], exclude_inherited_targets: true, annotations: { slow: true } }
  web:
    pipelines: [{ path: pipelines/people.yaml, targets: [dry, graph] }]
    targets: [graph]
  empty:
targets:
  graph: { database: memory, path: people.graph, batch_size: 10, flush_concurrency: 2, ingest_strategy_name: immediate }
  dry: { database: "null" }
  db: { database: neo4j, uri: !env TEST_URI, username: u, password: !delayed { value: !env TEST_PASSWORD }, database_name: d, use_apoc: false, chunk_size: 7, retry_factor: 2 }
plugins: [{ name: aws, config: { region: eu } }]
storage: { stores: [] }
include_additional_types: true
`;

const OURS = `
config: { name: Ann }
targets:
  graph: { connector: memory, options: { path: graphs/people.graph }, batchSize: 10 }
  db: { connector: neo4j, options: { uri: !env TEST_URI, password: !env { name: TEST_PASSWORD, default: "" } } }
pipelines:
  people:
    targets: [graph]
    annotations: { team: crm }
    deadLetter: stop
    steps:
      - values: [{ id: 1 }]
      - interpret: [{ sourceNode: { nodeType: Person, key: { id: "\${id}" }, properties: { name: !config name } } }]
scopes:
  web:
    config: { name: Bo }
    targets: [db, graph]
    pipelines:
      visits: !include visits.yaml
`;

const VISITS = `
targets: [graph]
steps:
  - range: { stop: 3 }
  - interpret: [{ sourceNode: { nodeType: Visit, key: { id: "\${index}" }, properties: { by: !config name } } }]
`;

describe("a project of nodestream's", () => {
  test("lists its pipelines with the union of their targets", async () => {
    await workIn({ "nodestream.yaml": NODESTREAM, "pipelines/people.yaml": PEOPLE });
    const project = await loadProject();
    const entries = project.pipelines.map(({ name, id, scope, targets, annotations }) => ({
      name,
      id,
      scope,
      targets,
      annotations,
    }));
    expect(entries).toEqual([
      { name: "people", id: "crm.people", scope: "crm", targets: ["graph"], annotations: { team: "crm" } },
      { name: "dry people", id: "dry people", scope: "crm", targets: ["dry"], annotations: { team: "crm", slow: true } },
      { name: "people", id: "web.people", scope: "web", targets: ["dry", "graph"], annotations: {} },
    ]);
    expect(project.select(["people"]).map(({ id }) => id)).toEqual(["crm.people", "web.people"]);
    expect(() => project.select(["poeple"])).toThrow('nodestream.yaml has no pipeline "poeple". Did you mean "people"?');
  });

  test("resolves its targets when they are asked for", async () => {
    await workIn({ "nodestream.yaml": NODESTREAM });
    const project = await loadProject();
    expect(project.targets).toEqual(["graph", "dry", "db"]);
    expect(await project.connector("graph")).toEqual({
      ...{ name: "graph", connector: "memory", options: { path: "people.graph" } },
      ...{ batchSize: 10, flushLanes: 2, debounce: false },
    });
    expect(await project.connector("dry")).toEqual({ name: "dry", connector: "null", flushLanes: 1 });
    vi.stubEnv("TEST_URI", "bolt://localhost:7687");
    vi.stubEnv("TEST_PASSWORD", "secret");
    expect((await project.connector("db")).options).toEqual({
      ...{ uri: "bolt://localhost:7687", username: "u", password: "secret", database: "d", useApoc: false, chunkSize: 7 },
    });
    vi.stubEnv("TEST_URI", undefined);
    await expect(project.connector("db")).rejects.toThrow(
      'nodestream.yaml:16:36: expected a text, found nothing: the environment has no variable "TEST_URI" (uri)',
    );
    await expect(project.connector("bd")).rejects.toThrow('has no target "bd". Did you mean "db"?');
    vi.unstubAllEnvs();
  });

  test("says what has no effect here, and where", async () => {
    await workIn({ "nodestream.yaml": NODESTREAM });
    const { notes } = await loadProject();
    expect(notes.map(({ line, note }) => [line, note])).toEqual([
      [17, expect.stringContaining('the plugin "aws" is Python code')],
      [18, expect.stringContaining("storage has no effect")],
      [16, expect.stringContaining('target "db": the option "retry_factor"')],
    ]);
  });

  test("its plugins' configuration is for the pipelines in the scopes of their names", async () => {
    vi.stubEnv("TEST_REGION", "eu");
    const visits =
      "- { implementation: nodestream.pipeline:IterableExtractor, arguments: { iterable: [{ r: !config region, k: !config kind }] } }";
    await workIn({
      "visits.yaml": visits,
      "nodestream.yaml": `
scopes:
  own: { pipelines: [visits.yaml], config: { region: here } }
  aws: { pipelines: [{ path: visits.yaml, name: mine, targets: [c], annotations: { mine: 1 } }], config: { kind: scope }, targets: [a] }
plugins:
  - name: aws
    config: { region: !env TEST_REGION, kind: plugin }
    targets: [b]
    annotations: { of: aws, mine: 0 }
    pipelines: [{ name: mine, targets: [d] }, { name: far }]
  - name: k8s
    config: { region: cluster }
    targets: [a]
    pipelines:
      - { name: pods, path: visits.yaml, exclude_inherited_targets: true, targets: [b] }
      - { name: nodes, path: visits.yaml, annotations: { slow: true } }
  - { name: dotenv }
`,
    });
    const { pipelines, notes } = await loadProject();
    const listed = pipelines.map(({ id, scope, targets, annotations }) => [id, scope, targets, annotations]);
    expect(listed).toEqual([
      ["visits", "own", [], {}],
      ["mine", "aws", ["d", "a", "b"], { of: "aws", mine: 1 }],
      ["pods", "k8s", ["b"], {}],
      ["nodes", "k8s", ["a"], { slow: true }],
    ]);
    const records = pipelines.map(async (entry) => {
      await using supervisor = new Supervisor();
      const flow = pipeline({ name: entry.id, steps: await entry.readSteps() }).flow();
      const run = await supervisor.startFlow(flow, {});
      return await Object.values(run.outputs)[0]?.toArray();
    });
    expect(await Promise.all(records)).toEqual([
      [{ r: "here", k: null }],
      [{ r: "eu", k: "scope" }],
      [{ r: "cluster", k: null }],
      [{ r: "cluster", k: null }],
    ]);
    expect(notes.map(({ line, column, note }) => [line, column, note])).toEqual([
      [10, 47, expect.stringContaining('the pipeline "far" is in the Python package of the plugin "aws"')],
      [17, 5, expect.stringContaining('the plugin "dotenv" is Python code and is not loaded')],
    ]);
    vi.unstubAllEnvs();
  });

  test("has additional types in its schema where it says so", async () => {
    const file = (more: string) => `${more}\nscopes: { crm: { pipelines: [people.yaml] } }`;
    const people = PEOPLE.replace("key:", "additional_types: [Human], key:");
    await workIn({ "nodestream.yaml": file(""), "people.yaml": people });
    const typesOf = async (...schema: Parameters<Project["schema"]>) =>
      (await (await loadProject()).schema(...schema)).nodes.map(({ name }) => name);
    expect(await typesOf()).toEqual(["Person"]);
    await workIn({ "nodestream.yaml": file("include_additional_types: true"), "people.yaml": people });
    expect(await typesOf()).toEqual(["Person", "Human"]);
    expect(await typesOf([], { additionalTypes: false })).toEqual(["Person"]);
  });

  test("gives the schema of its pipelines", async () => {
    await workIn({ "nodestream.yaml": NODESTREAM, "pipelines/people.yaml": PEOPLE });
    const schema = await (await loadProject("nodestream.yaml")).schema();
    expect(renderSchema(schema, "cypheresque")).toBe("(:Person {id: STRING KEY, last_ingested_at: DATETIME})");
  });
});

describe("a project of ours", () => {
  test("lists its pipelines, and those of its scopes", async () => {
    const folder = await folderOf({ "datagraph.yaml": OURS, "visits.yaml": VISITS });
    const project = await loadProject(folder);
    expect(project.pipelines.map(({ name, scope, targets, deadLetter }) => [name, scope, targets, deadLetter])).toEqual([
      ["people", undefined, ["graph"], "stop"],
      ["visits", "web", ["graph", "db"], undefined],
    ]);
    expect(renderSchema(await project.schema(["visits"]), "cypheresque")).toContain(":Visit");
  });

  test("resolves paths from its own folder, and takes the environment when it is needed", async () => {
    const folder = await folderOf({ "datagraph.yaml": OURS, "visits.yaml": VISITS });
    const project = await loadProject(`${folder}/datagraph.yaml`);
    expect(await project.connector("graph")).toEqual({
      ...{ name: "graph", connector: "memory", batchSize: 10, options: { path: `${folder}/graphs/people.graph` } },
    });
    await expect(project.connector("db")).rejects.toThrow(
      `${folder}/datagraph.yaml:5:48: !env: the environment has no variable "TEST_URI".`,
    );
    vi.stubEnv("TEST_URI", "bolt://localhost:7687");
    expect((await project.connector("db")).options).toEqual({ uri: "bolt://localhost:7687", password: "" });
    vi.unstubAllEnvs();
  });
});

describe("a project that cannot be loaded", () => {
  test("is not there", async () => {
    const folder = await folderOf({});
    await expect(loadProject(folder)).rejects.toMatchObject({ code: "PROJECT_NOT_FOUND" });
    await expect(loadProject(`${folder}/x.yaml`)).rejects.toMatchObject({ code: "PROJECT_NOT_FOUND" });
  });

  test.each<[what: string, file: string, text: string, message: RegExp]>([
    ["is no YAML", "datagraph.yaml", "a: [1,\nb: 2", /datagraph\.yaml:2:1: this is not YAML/],
    ["is no map", "datagraph.yaml", "- 1", /datagraph\.yaml:1:1: expected a map of pipelines and targets, found a list\./],
    ["is empty", "datagraph.yaml", "", /datagraph\.yaml:1:1: expected a map of pipelines and targets, found nothing\./],
    ["has an unknown key", "datagraph.yaml", "pipelins: {}", /:1:1: unknown key "pipelins"\. Did you mean "pipelines"\?$/],
    [
      "has an unknown key in a scope",
      "nodestream.yaml",
      "scopes:\n  a: { pipelinse: [] }",
      /:2:8: unknown key "pipelinse" \(scopes\.a\)\. Did you mean "pipelines"\?$/,
    ],
    [
      "has a wrong value",
      "nodestream.yaml",
      "scopes:\n  a: { targets: graph }",
      /:2:17: expected a list, found a text \(scopes\.a\.targets\)\.$/,
    ],
    [
      "has a plugin with an unknown key",
      "nodestream.yaml",
      "plugins:\n  - { name: aws, pipelines: [{ name: a, paht: b }] }",
      /:2:41: unknown key "paht" \(plugins\[0\]\.pipelines\[0\]\)\. Did you mean "path"\?$/,
    ],
    [
      "has storage that is none",
      "nodestream.yaml",
      "storage:\n  stores: [{ name: a }]",
      /:2:12: expected "type": a text; it is missing/,
    ],
    [
      "has a target without its kind",
      "nodestream.yaml",
      "targets:\n  a: { uri: x }",
      /:2:6: expected "database": a text; it is missing/,
    ],
    ["includes what is not there", "datagraph.yaml", "config: !include x.yaml", /:1:18: !include: there is no file .*x\.yaml\.$/],
    [
      "includes itself",
      "datagraph.yaml",
      "config: !include datagraph.yaml",
      /:1:18: !include: the files include each other in a circle/,
    ],
    ["has an unknown tag", "datagraph.yaml", "config: { a: !evn X }", /:1:19: there is no tag "!evn"\. Did you mean "!env"\?$/],
    [
      "has a tag of Python's",
      "nodestream.yaml",
      "scopes: !!python/object {}",
      /there is no tag "tag:yaml\.org,2002:python\/object"/,
    ],
    ["refers to nothing", "datagraph.yaml", "config: *x", /:1:9: this is not YAML|there is no anchor "x"/],
    [
      "has a key that is no text",
      "nodestream.yaml",
      "scopes:\n  on: {}",
      /:2:3: expected a key that is a text, found true\. Put it in quotes\.$/,
    ],
    [
      "has a pipeline twice",
      "datagraph.yaml",
      "pipelines: { a: { steps: [] } }\nscopes: { s: { pipelines: { a: { steps: [] } } } }",
      /:2:29: there are two pipelines "a"/,
    ],
  ])("%s", async (_, file, text, message) => {
    const folder = await folderOf({ [file]: text });
    const error = await loadProject(folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProjectFileError);
    expect((error as Error).message).toMatch(message);
  });

  test.each([
    ["datagraph.yaml", "targets:\n  a: { connector: neo4j, options: { uri: 'bolt://x', password: 19283746 } }"],
    ["nodestream.yaml", "targets:\n  a: { database: neo4j, uri: 'bolt://x', password: 19283746 }"],
    ["datagraph.yaml", 'targets: { a: { password: "19283746" x: y'],
  ])("has a secret in %s that is not repeated", async (file, text) => {
    const folder = await folderOf({ [file]: text });
    const error = await loadProject(folder)
      .then((project) => project.connector("a"))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProjectFileError);
    expect(inspect(error)).not.toContain("19283746");
  });

  test("is told of all its mistakes at once", async () => {
    const folder = await folderOf({ "datagraph.yaml": "targets: { a: {}, b: { connector: 5 } }\npipelines: { p: {} }" });
    const error = await loadProject(folder).catch((thrown: unknown) => thrown);
    expect((error as ProjectFileError).problems.map(({ line, column, problem }) => [line, column, problem])).toEqual([
      [1, 15, 'expected "connector": a text; it is missing (targets.a)'],
      [1, 35, "expected a text, found 5 (targets.b.connector)"],
      [2, 17, 'expected "steps": a list; it is missing (pipelines.p)'],
    ]);
  });
});
