import { loadProject } from "datagraph/pipelines";
import { expect, test } from "vitest";
import { CliProject } from "../support/cli.ts";
import { folderOf, workIn } from "../support/folder.ts";
import { fresh } from "../support/fresh.ts";
import { askNeo4j } from "../support/neo4j/graph.ts";
import { sharedNeo4j } from "../support/neo4j.ts";
import { linesOfFile } from "./kit/graphs.ts";
import { runProject } from "./kit/run.ts";

const address = await sharedNeo4j();

test("nodestream's Neo4jExtractor asks page by page, also over what it is not given", async () => {
  const label = fresh("Read").replaceAll("-", "");
  await askNeo4j(address, `UNWIND range(1, 7) AS i CREATE (:${label} {id: i, f: 1.0, day: date("2024-02-29"), l: [1, 2]})`);
  await workIn({
    "nodestream.yaml": `scopes: { s: { pipelines: [p.yaml], targets: [g] } }\ntargets: { g: { database: memory, path: the.graph } }`,
    "p.yaml": `
- implementation: nodestream_plugin_neo4j.extractor:Neo4jExtractor
  arguments:
    query: MATCH (n:${label}) WHERE n.id > $least RETURN n, n.id AS id ORDER BY id SKIP $offset LIMIT $limit
    parameters: { least: 2 }
    limit: 2
    uri: ${address.uri}
    username: ${address.username}
    password: ${address.password}
    database_name: neo4j
    use_apoc: false
- implementation: nodestream.interpreting:Interpreter
  arguments:
    interpretations:
      - { type: source_node, node_type: Copy, key: { id: !jmespath id }, properties: { f: !jmespath n.f, day: !jmespath n.day, l: !jmespath "[n.l]" } }`,
  });
  await runProject(".");
  const rest = "day: 2024-02-29, f: 1.0";
  expect(await linesOfFile("the.graph")).toEqual([3, 4, 5, 6, 7].map((id) => `Copy{${rest}, id: ${id}, l: [1, 2]}`));
});

test("a query of ours asks a target of the project", async () => {
  const label = fresh("Asked").replaceAll("-", "");
  await askNeo4j(address, `CREATE (:${label} {id: 1})`);
  const { uri, username, password } = address;
  const folder = await folderOf({
    "datagraph.yaml": `
targets:
  db: { connector: neo4j, options: ${JSON.stringify({ uri, username, password })} }
  graph: { connector: memory, options: { path: the.graph } }
pipelines:
  p:
    targets: [graph]
    steps:
      - cypher: { query: "MATCH (n:${label}) RETURN n.id AS id, $p AS p", parameters: { p: 2.0 }, target: db }
      - interpret: [{ sourceNode: { nodeType: N, key: { id: "\${id}" }, properties: { p: "\${p}" } } }]
`,
  });
  await runProject(await loadProject(folder));
  expect(await linesOfFile(`${folder}/the.graph`)).toEqual(["N{id: 1, p: 2.0}"]);
});

test("a database that lets nobody in ends the run with its own message, exit code 1, and no secret in it", async () => {
  await using project = await CliProject.create({
    "datagraph.yaml": `
targets: { db: { connector: neo4j, options: { uri: "${address.uri}", username: neo4j, password: !env TEST_PASSWORD } } }
pipelines: { p: { targets: [db], steps: [{ values: [{ id: 1 }] }, { interpret: [{ sourceNode: { nodeType: N, key: { id: "\${id}" } } }] }] } }
`,
  });
  const { code, stdout, stderr } = await project.run(["run", "p"], { env: { TEST_PASSWORD: "no-such-password" } });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/error: processor "p\/db" failed: ConnectionError: .*unauthorized/i);
  expect(stderr).toMatch(/caused by Neo4jError/);
  expect(stderr).not.toContain("no-such-password");
});

test("a constraint of the database that is broken ends the run with the database's message", async () => {
  const label = fresh("Unique").replaceAll("-", "");
  await askNeo4j(address, `CREATE CONSTRAINT ${label} FOR (n:${label}) REQUIRE n.mail IS UNIQUE`);
  const { uri, username, password } = address;
  await using project = await CliProject.create({
    "datagraph.yaml": `
targets: { db: { connector: neo4j, options: ${JSON.stringify({ uri, username, password })} } }
pipelines:
  p:
    targets: [db]
    steps:
      - values: [{ id: 1, mail: a }, { id: 2, mail: a }]
      - interpret: [{ sourceNode: { nodeType: ${label}, key: { id: "\${id}" }, properties: { mail: "\${mail}" } } }]
`,
  });
  const { code, stdout, stderr } = await project.run(["run", "p", "--json"]);
  expect(`${stdout}${stderr}`).toMatch(/already exists with label|ConstraintValidationFailed/);
  expect([code, stdout === ""]).toEqual([1, true]);
});
