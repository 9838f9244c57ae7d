import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { loadProject, ProjectFileError } from "datagraph/pipelines";
import { Redis } from "ioredis";
import { describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { folderOf } from "../support/folder.ts";
import { fresh } from "../support/fresh.ts";
import { linesOfFile } from "./kit/graphs.ts";
import { runProject } from "./kit/run.ts";

/** Steps, indented as they stand below `steps:`. */
const projectOf = (steps: string, more = "") => `${more}
targets: { graph: { connector: memory, options: { path: the.graph } } }
pipelines:
  p:
    targets: [graph]
    steps:
${steps.trim().replaceAll(/^/gm, "      ")}
`;

const node = (key = "${id}", properties = "{}") =>
  `- interpret: [{ sourceNode: { nodeType: N, key: { id: "${key}" }, properties: ${properties} } }]`;

async function graphOf(steps: string, files: Readonly<Record<string, string>> = {}, more = "") {
  const folder = await folderOf({ "datagraph.yaml": projectOf(steps, more), ...files });
  await runProject(folder);
  return linesOfFile(`${folder}/the.graph`);
}

describe("a function of yours", () => {
  const steps = `
export default (record: { id: number }) => (record.id % 2 === 0 ? [record, { id: record.id * 10 }] : undefined);
export const later = async (record: { id: number }, { run }: { run: string }): Promise<object[]> => [{ id: record.id + (run === "" ? 0 : 100) }];
export const wrong = () => "text";
export const notOne = 5;
`;
  const project = (reference: string) => `- range: { stop: 3 }\n- each: "${reference}"\n${node("${id || index}")}`;
  const values = "- values: [{ id: 1 }, { id: 2 }]\n";

  test.each([
    ["the default export of a TypeScript module", "./my/steps.ts", ["N{id: 20}", "N{id: 2}"]],
    ["an export that waits", "./my/steps.ts#later", ["N{id: 101}", "N{id: 102}"]],
    ["one of a JavaScript module", "my/steps.mjs#double", ["N{id: 1}", "N{id: 2}"]],
  ])("%s", async (_, reference, expected) => {
    const files = { "my/steps.ts": steps, "my/steps.mjs": "export const double = (record) => [record, record];" };
    expect(await graphOf(`${values}- each: "${reference}"\n${node()}`, files)).toEqual(expected);
  });

  test("one that gives no list costs its record", async () => {
    const folder = await folderOf({ "datagraph.yaml": projectOf(project("./steps.ts#wrong")), "steps.ts": steps });
    const [{ letters } = expect.fail()] = await runProject(folder);
    expect(letters.map(({ failure }) => failure.message)).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/steps\.ts#wrong: expected a list of records.*type string/)),
    );
  });

  test.each([
    ["no such module", "./gone.ts", /datagraph\.yaml:8:15: There is no module .*gone\.ts/],
    ["no such export", "./steps.ts#gone", /datagraph\.yaml:8:15: The module \.\/steps\.ts exports no function "gone"/],
    ["an export that is none", "./steps.ts#notOne", /exports no function "notOne"/],
    ["a module that throws", "./broken.mjs", /datagraph\.yaml:8:15: The module .*broken\.mjs cannot be loaded: it is broken/],
  ])("%s is told of with its place, before anything runs; pictures need none", async (_, reference, message) => {
    const files = { "steps.ts": steps, "broken.mjs": 'throw new Error("it is broken")' };
    const folder = await folderOf({ "datagraph.yaml": projectOf(project(reference)), ...files });
    const loaded = await loadProject(folder);
    const [entry = expect.fail()] = loaded.pipelines;
    const error = await loaded.load(entry).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProjectFileError);
    expect((error as Error).message).toMatch(message);
    expect((await loaded.load(entry, { offline: true })).flow().toString()).toContain("each");
  });
});

test("a schema that is none is told of with its place", async () => {
  const folder = await folderOf({ "datagraph.yaml": projectOf(`- range: { stop: 3 }\n- schema: { type: objct }\n${node()}`) });
  const loaded = await loadProject(folder);
  await expect(loaded.load(loaded.pipelines[0] ?? expect.fail())).rejects.toThrow(
    /datagraph\.yaml:8:17: It is no JSON Schema: schema is invalid: data\/type/,
  );
});

describe("steps of datagraph.yaml", () => {
  test.each<[what: string, steps: string, graph: string[]]>([
    ["values", `- values: [{ id: 1 }, { id: on }, { id: 2.0 }]\n${node()}`, ['N{id: "on"}', "N{id: 1}", "N{id: 2.0}"]],
    ["range", `- range: { start: 1, stop: 5.0, step: 2 }\n${node("${index}")}`, ["N{id: 1}", "N{id: 3}"]],
    ["files by path", `- files: { paths: a.csv }\n${node()}`, ['N{id: "1"}', 'N{id: "2"}']],
    ["files by glob, with a format", `- files: { globs: ["*.data"], format: jsonl }\n${node()}`, ["N{id: 3}"]],
    ["project, short", `- values: [{ of: [{ id: 1 }, { id: 2 }] }]\n- project: "\${of[]}"\n${node()}`, ["N{id: 1}", "N{id: 2}"]],
    [
      "project, with values of the outer record",
      `- values: [{ o: 7, of: [{ id: 1 }] }]\n- project: { projection: "\${of[]}", additionalValues: { outer: "\${o}" } }\n${node("${id}", '{ outer: "${outer}" }')}`,
      ["N{id: 1, outer: 7}"],
    ],
    ["expandJson", `- values: [{ a: { b: '{"id": 5}' } }]\n- expandJson: [a, b]\n${node("${a.b.id}")}`, ["N{id: 5}"]],
    [
      "filter",
      `- range: { stop: 6 }\n- filter: { or: [{ lessThan: ["\${index}", 1] }, { contains: [[4, 5], "\${index}"] }] }\n${node("${index}")}`,
      ["N{id: 0}", "N{id: 4}", "N{id: 5}"],
    ],
    [
      "schema: JSON has no kinds of numbers",
      `- values: [{ id: 1 }, { id: 2.0 }, { id: 9007199254740993 }, { id: x }, { no: 1 }, { id: 99 }]\n- schema: { type: object, required: [id], properties: { id: { type: integer, not: { const: 99.0 } } } }\n${node()}`,
      ["N{id: 1}", "N{id: 2.0}", "N{id: 9007199254740993}"],
    ],
    [
      "schema: another draft",
      `- values: [{ id: [1, a] }, { id: [a] }]\n- schema: { $schema: "http://json-schema.org/draft-07/schema#", properties: { id: { items: [{ type: number }] } } }\n${node("${id[0]}")}`,
      ["N{id: 1}"],
    ],
    [
      "keepMatching",
      `- range: { stop: 4 }\n- keepMatching: [{ value: "\${index}", possibilities: [1, 3] }]\n${node("${index}")}`,
      ["N{id: 1}", "N{id: 3}"],
    ],
    [
      "dropMatching",
      `- values: [{ id: A }, { id: b }]\n- dropMatching: [{ value: "\${id}", possibilities: [a], normalization: [lowercase] }]\n${node()}`,
      ['N{id: "b"}'],
    ],
    [
      "matchRegex",
      `- values: [{ id: abc }, { id: xbc }]\n- matchRegex: { value: "\${id}", regex: "a.{1}c$", include: false }\n${node()}`,
      ['N{id: "xbc"}'],
    ],
    [
      "switch, by values of their own kinds",
      `- values: [{ k: 1, id: 1 }, { k: "1", id: 2 }, { k: x, id: 3 }, { k: y, id: 4 }]
- switch:
    switchOn: "\${k}"
    cases:
      1: []
      "1": [{ filter: { equals: [1, 2] } }]
      x: { project: { path: "[{id: \`30\`}, {id: \`31\`}]" } }
    default: [{ pass: {} }, { log: { level: debug } }]
${node()}`,
      ["N{id: 1}", "N{id: 30}", "N{id: 31}", "N{id: 4}"],
    ],
    [
      "rateLimit, pass, log",
      `- values: [{ id: 1 }]\n- rateLimit: { perSecond: 1000.0, burst: 2 }\n- pass:\n- log:\n${node()}`,
      ["N{id: 1}"],
    ],
    [
      "a whole interpreter",
      `- values: [{ t: T, of: [{ id: 1 }, { id: 2 }] }]
- interpret:
    beforeIteration: [{ variables: { team: "\${t}" } }]
    iterateOn: "\${of[]}"
    mappings: { colours: { "1": red } }
    interpretations:
      - - sourceNode: { nodeType: N, key: { id: "\${id}" }, properties: { colour: { mapping: { name: colours, key: { cast: { to: str, data: "\${id}" } } } } } }
        - properties: { team: { variable: team } }
          normalization: [lowercase]
        - switch:
            switchOn: "\${id}"
            cases: { 1: { properties: { first: true } } }
            failOnUnhandled: false
      - - sourceNode: { nodeType: Second, key: { id: "\${id}" } }
          condition: { equals: ["\${id}", 2] }`,
      ['N{colour: "red", first: true, id: 1, team: "t"}', 'N{id: 2, team: "t"}', "Second{id: 2}"],
    ],
    [
      "providers in their own words",
      `- values: [{ id: 1, mail: Ann@X.org, n: "7" }]\n${node("${id}", '{ user: { regex: { pattern: "^[^@]{2,9}", data: "${mail}" } }, int: { cast: { to: int, data: "${n}" } }, no: { cast: { to: bool, data: "" } }, low: { normalize: { using: [lowercase], data: { split: { delimiter: "@", data: "${mail}" } } } }, raw: { value: "${mail}" } }')}`,
      ['N{id: 1, int: 7, low: "ann", no: false, raw: "${mail}", user: "Ann"}'],
    ],
    [
      "!config, !include and merged keys",
      `- values: &v [{ id: !config who }]\n- !include node.yaml`,
      ['N{id: "ann", tag: true}'],
    ],
  ])("%s", async (_, steps, graph) => {
    const files = {
      "a.csv": "id\n1\n2\n",
      "b.data": '{"id":3}\n',
      "node.yaml":
        'defaults: &d { nodeType: N }\ninterpret: [{ sourceNode: { <<: { nodeType: N }, key: { id: "${id}" }, properties: { tag: true } } }]\n'.replace(
          /^defaults.*\n/,
          "",
        ),
    };
    expect(await graphOf(steps, files, "config: { who: Ann }")).toEqual(graph);
  });

  test("http, with what a cursor names", async () => {
    const server = createServer((request, response) => {
      const after = Number(new URL(request.url ?? "", "http://x").searchParams.get("after") ?? 0);
      response.end(JSON.stringify({ data: { rows: [{ id: after + 1 }] }, next: after < 2 ? after + 1 : null }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
    const steps = `- http: { url: "${url}", records: data.rows, paging: { by: cursor, path: next, parameter: after }, headers: { x: !env TEST_HEADER } }\n${node()}`;
    vi.stubEnv("TEST_HEADER", "y");
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    expect(await graphOf(steps)).toEqual(["N{id: 1}", "N{id: 2}", "N{id: 3}"]);
  });

  test("expire", async () => {
    const steps = `- values: [{ id: 1 }]\n${node()}\n- expire: [{ on: node, type: N, expiryHours: 1.5 }]`;
    expect(await graphOf(steps)).toEqual(["N{id: 1}"]);
  });
});

test("a Redis stream of another application is a source", async () => {
  const key = fresh("stream");
  const client = new Redis(inject("redisUrl"));
  onTestFinished(() => void client.disconnect());
  await client.xadd(key, "*", "id", "a", "more", '{"n": 1}');
  await client.xadd(key, "*", "id", "b", "more", "null");
  const steps = `- redisStream: { url: "${inject("redisUrl")}", stream: ${key}, json: [more] }\n- pass:\n  replicas: 2\n${node("${fields.id}", '{ n: "${fields.more.n}" }')}`;
  expect(await graphOf(steps)).toEqual(['N{id: "a", n: 1}', 'N{id: "b"}']);
});

describe("a step that cannot work is refused with its place", () => {
  test.each<[what: string, steps: string, message: string | RegExp]>([
    ["an expression that is none", node("${a.[}"), /datagraph\.yaml:7:\d+: .*expected a JMESPath expression, found "a\.\["/],
    ["an expression without its end", node("${a"), /:7:\d+: Expected a "}" at the end of an expression/],
    ["an expression in a list", node("x", '{ l: ["${a}"] }'), /:7:\d+: expected a list without expressions/],
    ["a step that is two", "- pass: {}\n  log: {}", /:7:9: expected a step that has exactly one of files,/],
    ["an unknown kind of step", "- interprt: []", /:7:9: unknown key "interprt" .*Did you mean "interpret"\?/],
    [
      "an unknown interpretation",
      "- interpret: [{ sourceNod: {} }]",
      /:7:23: unknown key "sourceNod" .*Did you mean "sourceNode"\?/,
    ],
    [
      "a missing part",
      "- interpret:\n    - sourceNode: { nodeType: N }",
      /:8:25: expected "key": a text, or a map; it is missing/,
    ],
    ["a wrong condition", '- filter: { equal: ["${a}", 1] }', /:7:19: unknown key "equal" .*Did you mean "equals"\?/],
    [
      "a wrong regular expression",
      '- matchRegex: { value: a, regex: "(", include: true }',
      /:7:40: .*expected a regular expression/,
    ],
    ["nothing to read", "- files: {}", /:7:16: Files: expected "paths", "globs" or "urls"/],
    ["a rate of nothing", "- rateLimit: { perSecond: 0 }", /:7:33: expected a number, more than 0, found 0/],
    [
      "a source as a case",
      "- switch: { switchOn: a, cases: { a: { range: { stop: 1 } } } }",
      /:7:44: expected a step that handles records, found "range"/,
    ],
    [
      "cases of which some interpret",
      "- switch: { switchOn: a, cases: { a: { interpret: [{ sourceNode: { nodeType: N, key: { a: 1 } } }] }, b: [] } }",
      /:7:17: A switch of which some cases interpret needs an interpreter in all of them/,
    ],
    ["a query at nobody", "- cypher: { query: RETURN 1 }", /:7:17: expected "uri", or "target"/],
    [
      "a query at an unknown target",
      "- cypher: { query: RETURN 1, target: grahp }",
      /:7:44: .*has no target "grahp"\. Did you mean "graph"\?/,
    ],
    ["a query at what is no Neo4j", "- cypher: { query: RETURN 1, target: graph }", /:7:44: the target "graph" is no Neo4j/],
    [
      "replicas of a source",
      "- range: { stop: 1 }\n  replicas: 2",
      /:8:9: "replicas" is for steps that handle records, and range is none/,
    ],
    [
      "a time to live that is none",
      "- expire: [{ on: node, type: N, expiryHours: 1, batchSize: 1 }, { on: node, type: '', expiryHours: 1 }]",
      /:7:89: expected a text that is not empty/,
    ],
    ["half a replica", "- pass: {}\n  replicas: 0.5", /:8:19: expected a whole number, found 0\.5/],
    ["a Redis stream without a key", "- redisStream: { url: x }", /:7:22: expected "stream": a text; it is missing/],
    ["an unset variable", "- values: [!env NOT_SET_AT_ALL]", /:7:23: !env: the environment has no variable "NOT_SET_AT_ALL"/],
    ["an unknown key of config", "- values: [!config nothing]", /:7:26: !config: there is no "nothing" in config/],
  ])("%s", async (_, steps, message) => {
    const folder = await folderOf({ "datagraph.yaml": projectOf(steps) });
    const error = await loadProject(folder)
      .then((project) => project.schema())
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProjectFileError);
    expect((error as Error).message).toMatch(message);
  });

  test("a connector's option, too", async () => {
    const folder = await folderOf({
      "datagraph.yaml":
        "targets:\n  a: { connector: memory, options: { paht: x } }\n  b: { connector: neo4j, options: { uri: 'bolt://x', chunkSize: no } }\n  c: { connector: no-such-package-at-all }\n",
    });
    const project = await loadProject(folder);
    await expect(project.connector("a")).rejects.toThrow(/:2:38: Connector "memory", option "paht": it is unknown/);
    await expect(project.connector("b")).rejects.toThrow(/:3:54: Connector "neo4j", option "chunkSize"/);
    await expect(project.connector("c")).rejects.toThrow(/:4:8: There is no connector "no-such-package-at-all"/);
  });
});
