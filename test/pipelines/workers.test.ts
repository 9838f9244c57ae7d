import { Redis } from "ioredis";
import { expect, inject, test } from "vitest";
import { CliProject } from "../support/cli.ts";
import { fresh } from "../support/fresh.ts";
import { askNeo4j } from "../support/neo4j/graph.ts";
import { sharedNeo4j } from "../support/neo4j.ts";

const address = await sharedNeo4j();

const RECORDS = 12_000;
const TEAMS = 100;

test("a worker that is killed in the middle of an ingest: the graph is that of an undisturbed run", async () => {
  const [Person, Team] = [fresh("Person"), fresh("Team")];
  const { uri, username, password } = address;
  await using project = await CliProject.create({
    "datagraph.yaml": `
targets: { db: { connector: neo4j, options: ${JSON.stringify({ uri, username, password })}, batchSize: 200 } }
pipelines:
  people:
    targets: [db]
    steps:
      - range: { stop: ${RECORDS} }
      - pass:
        replicas: 2
      - interpret:
          - sourceNode: { nodeType: ${Person}, key: { id: "\${index}" } }
          - relationship: { nodeType: ${Team}, relationshipType: IN, nodeKey: { id: { cast: { to: int, data: { regex: { pattern: "\\\\d?\\\\d$", data: "\${to_string(index)}" } } } } } }
`,
  });
  const redis = ["--redis", inject("redisUrl"), "--redis-prefix", `${fresh()}:`, "--lease", "2"];
  const worker = async () => {
    const started = project.start(["worker", "-p", "datagraph.yaml", ...redis]);
    await started.shows("Takes tasks of", "stderr");
    return started;
  };
  const count = async (label: string) => (await askNeo4j(address, `MATCH (n:\`${label}\`) RETURN count(n) AS n`))[0]?.n as number;
  const first = await worker();
  const running = project.start(["run", "people", "--workers", "--json", ...redis]);
  await expect.poll(() => count(Person), { timeout: 30_000, interval: 20 }).toBeGreaterThan(200);
  first.child.kill("SIGKILL");
  await first.ended;
  expect(await count(Person)).toBeLessThan(RECORDS);
  const others = [await worker(), await worker()];
  running.stdin.end();
  const { code, stdout } = await running.ended;
  for (const other of others) other.child.kill("SIGTERM");
  await Promise.all(others.map(({ ended }) => ended));
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ records: RECORDS, deadLetters: 0 });
  expect([await count(Person), await count(Team)]).toEqual([RECORDS, TEAMS]);
  const joined = `MATCH (p:\`${Person}\`)-[r:IN]->(t:\`${Team}\`) WHERE p.id % ${TEAMS} = t.id RETURN count(r) AS n`;
  expect(await askNeo4j(address, joined)).toEqual([{ n: RECORDS }]);
}, 120_000);

test("a source behind another one: what was handed on is dropped, and nothing is lost when a worker dies", async () => {
  const [stream, prefix, Item] = [fresh("stream"), `${fresh()}:`, fresh("Item")];
  const { uri, username, password } = address;
  await using project = await CliProject.create({
    "datagraph.yaml": `
targets: { db: { connector: neo4j, options: ${JSON.stringify({ uri, username, password })} } }
pipelines:
  items:
    targets: [db]
    steps:
      - range: { stop: ${RECORDS} }
      - redisStream: { url: "${inject("redisUrl")}", stream: "${stream}", until: follow }
      - interpret: [{ sourceNode: { nodeType: ${Item}, key: { id: "\${index || id}" } } }]
`,
  });
  const client = new Redis(inject("redisUrl"));
  const options = ["--redis", inject("redisUrl"), "--redis-prefix", prefix, "--lease", "2"];
  const worker = async () => {
    const started = project.start(["worker", "-p", "datagraph.yaml", ...options]);
    await started.shows("Takes tasks of", "stderr");
    return started;
  };
  const count = async () => (await askNeo4j(address, `MATCH (n:\`${Item}\`) RETURN count(n) AS n`))[0]?.n as number;
  const longest = async () => {
    const keys = (await client.keys(`${prefix}*`)).filter((key) => key.includes("}:s:"));
    const types = await Promise.all(keys.map((key) => client.type(key)));
    const lengths = await Promise.all(keys.filter((_, i) => types[i] === "stream").map((key) => client.xlen(key)));
    return Math.max(...lengths);
  };
  const first = await worker();
  const running = project.start(["run", "items", "--workers", ...options]);
  await expect.poll(count, { timeout: 30_000, interval: 20 }).toBeGreaterThan(1_000);
  first.child.kill("SIGKILL");
  await first.ended;
  const second = await worker();
  await client.xadd(stream, "*", "a", "1");
  // The entry comes behind all of the range.
  await expect.poll(count, { timeout: 60_000 }).toBe(RECORDS + 1);
  // Kept whole, the records of the range would be dozens of entries.
  await expect.poll(longest, { timeout: 10_000 }).toBeLessThan(8);
  running.child.kill("SIGINT");
  await running.ended;
  second.child.kill("SIGTERM");
  await second.ended;
  await client.quit();
}, 120_000);
