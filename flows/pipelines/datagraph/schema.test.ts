import { Ajv } from "ajv";
import { projectJsonSchema } from "datagraph/pipelines";
import { describe, expect, test } from "vitest";

test("the published JSON Schema is that of the declarations (vitest -u writes it)", async () => {
  await expect(`${JSON.stringify(projectJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot("../datagraph.schema.json");
});

describe("an editor that has the schema", () => {
  const accepts = new Ajv({ strict: false }).compile(projectJsonSchema() as object);
  const pipelineOf = (...steps: unknown[]) => ({ pipelines: { p: { steps } } });

  test.each<[what: string, document: unknown]>([
    ["an empty project", {}],
    ["a target", { targets: { graph: { connector: "memory", options: { path: "x" }, batchSize: 10 } } }],
    ["files", pipelineOf({ files: { globs: "*.csv" }, name: "read", annotations: ["full"] })],
    ["interpretations", pipelineOf({ interpret: [{ sourceNode: { nodeType: "A", key: { id: "${id}" } } }] })],
    [
      "passes",
      pipelineOf({ interpret: [[{ sourceNode: { nodeType: "A", key: "${key}" }, condition: { equals: [1, "${x}"] } }]] }),
    ],
    ["a switch", pipelineOf({ switch: { switchOn: "${kind}", cases: { a: { pass: null }, b: [{ expandJson: "c" }] } } })],
    ["scopes", { scopes: { web: { config: { a: 1 }, targets: ["graph"], pipelines: { p: { steps: [] } } } } }],
  ])("accepts %s", (_, document) => {
    accepts(document);
    expect(accepts.errors ?? []).toEqual([]);
  });

  test.each<[what: string, document: unknown]>([
    ["an unknown key", { pipeline: {} }],
    ["a target without a connector", { targets: { graph: { options: {} } } }],
    ["an unknown step", pipelineOf({ fiels: {} })],
    ["a condition of three", pipelineOf({ filter: { equals: [1, 2, 3] } })],
    [
      "a wrong rule",
      pipelineOf({
        interpret: [{ relationship: { nodeType: "A", relationshipType: "B", nodeKey: {}, nodeCreationRule: "LAZY" } }],
      }),
    ],
  ])("refuses %s", (_, document) => {
    expect(accepts(document)).toBe(false);
  });
});
