import { loadProject } from "datagraph/pipelines";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { workIn } from "../support/folder.ts";
import { linesOfFile } from "./kit/graphs.ts";
import { perform } from "./kit/nodestream.ts";
import { runProject } from "./kit/run.ts";
import { scenarios } from "./kit/scenarios.ts";

beforeAll(() => {
  vi.stubEnv("TEST_LABEL", "of the environment");
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe("a project of nodestream's makes the graph that it describes", () => {
  test.each(Object.entries(scenarios))("%s", async (_, scenario) => {
    const { graph } = await perform(scenario);
    expect(graph).toEqual(scenario.graph);
  });
});

test("properties may be called like providers", async () => {
  const names = ["path", "value", "variable", "regex", "split", "cast", "mapping", "format", "normalize"];
  const source = (type: string, body: string) => `[{ type: source_node, node_type: ${type}, ${body} }]`;
  await workIn({
    "nodestream.yaml":
      "scopes: { s: { pipelines: [p.yaml], targets: [t] } }\ntargets: { t: { database: memory, path: files.graph } }",
    "p.yaml": `
- implementation: nodestream.pipeline:IterableExtractor
  arguments: { iterable: [{ at: "/a" }] }
- implementation: nodestream.interpreting:Interpreter
  arguments:
    interpretations:
${names.map((name) => `      - ${source(`File_${name}`, `key: { ${name}: !jmespath at }, properties: { ${name}: plain }`)}`).join("\n")}
      - ${source("One", "key: { id: 1 }, properties: { path: plain }")}
      - ${source("Two", "key: { id: 2 }, properties: { value: 5 }")}
`,
  });
  const project = await loadProject("nodestream.yaml");
  await runProject(project);
  expect(await linesOfFile("files.graph")).toEqual(
    [...names.map((name) => `File_${name}{${name}: "/a"}`), 'One{id: 1, path: "plain"}', "Two{id: 2, value: 5}"].sort(),
  );
  const keysOf = ({ properties }: { properties: readonly { name: string; isKey: boolean }[] }) =>
    properties.filter(({ isKey }) => isKey).map(({ name }) => name);
  expect((await project.schema()).nodes.flatMap(keysOf)).toEqual([...names, "id", "id"]);
});

test("what is wrong with a record is said in the file's words", async () => {
  await workIn({
    "nodestream.yaml": "scopes: { s: { pipelines: [p.yaml] } }",
    "p.yaml": `
- implementation: nodestream.pipeline:IterableExtractor
  arguments:
    iterable:
      - { k: 1, items: [{ to: x }, { to: { a: map } }] }
      - { k: { a: map }, items: [] }
      - { k: 2, items: 5, path: { a: 1 } }
- implementation: nodestream.interpreting:Interpreter
  arguments:
    before_iteration:
      - { type: source_node, node_type: A, key: { keyOfA: !jmespath k }, properties: { path: !jmespath path } }
    iterate_on: !jmespath items
    interpretations:
      - { type: relationship, node_type: B, relationship_type: TO, node_key: { toB: !jmespath to } }
      - type: switch
        switch_on: !jmespath k
        cases: { x: { type: variables, variables: { a: 1 } } }
`,
  });
  const [{ letters } = expect.fail()] = await runProject("nodestream.yaml");
  const messages = letters.map(({ failure }) => failure.message);
  expect(messages).toMatchInlineSnapshot(`
    [
      "p/interpret: interpretations[1]: there is no case for the value of switch_on, null, and no default (in value 1 of iterate_on).",
      "p/interpret: before_iteration[0].key.keyOfA: a property holds a scalar or a list of scalars, found a map (in the record).",
      "p/interpret: before_iteration[0].properties.path: a property holds a scalar or a list of scalars, found a map (in the record).",
    ]
  `);
  // None of our own words.
  for (const message of messages) expect(message).not.toMatch(/switchOn|iterateOn|nodeKey|beforeIteration/);
});
