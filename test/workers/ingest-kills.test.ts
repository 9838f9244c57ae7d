import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeadLetter, Supervisor } from "datagraph";
import type { ConnectorChoice } from "datagraph/graph";
import { loadGraph, type MemoryGraph } from "datagraph/graph/memory";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fresh } from "../support/fresh.ts";
import { askNeo4j } from "../support/neo4j/graph.ts";
import { sharedNeo4j } from "../support/neo4j.ts";
import type { Program } from "./kit/program.ts";
import { figure, Scene, SOAK, within } from "./kit/scene.ts";
import { ingest } from "./programs/ingest.mjs";

const neo4j = await sharedNeo4j();
const [RECORDS, KILLS] = SOAK ? [40_000, 12] : [4_000, 3];
/** Every so many people one has a property that no interpreter takes, and one a list that no graph can store. */
const ODD = 500;

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "datagraph-ingest-"));
  file = join(folder, "people.jsonl");
  await writeFile(file, Array.from({ length: RECORDS }, (_, i) => `${JSON.stringify(recordOf(i))}\n`).join(""));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Every person comes twice, far apart and with other values; friends and teams are shared by all batches. */
function recordOf(i: number) {
  const people = RECORDS / 2;
  const id = i % people;
  return {
    id: `p${id}`,
    name: `Zoë ${id} 🙂`,
    ...(i < people ? { seen: "first", odd: oddOf(i) } : { seen: "again" }),
    friends: [`p${(id * 7) % people}`, `p${(id * 31) % people}`, `p${id}`],
    team: `team ${id % 50}`,
    season: 2000 + (i % 3),
    goals: i % 11,
  };
}

function oddOf(i: number): unknown {
  if (i % ODD === 7) return { no: "map" };
  return i % ODD === 100 ? [[1, "a"]] : null;
}

const databases: Readonly<Record<string, (suffix: string) => { to: ConnectorChoice; content: () => Promise<Content> }>> = {
  Neo4j: (suffix) => ({ to: { connector: "neo4j", options: neo4j }, content: () => contentOfNeo4j(suffix) }),
  "the embedded graph, in a file": (suffix) => {
    const path = join(folder, `${suffix}.graph`);
    return { to: { connector: "memory", options: { path } }, content: async () => contentOf(await loadGraph(path), suffix) };
  },
};

test.each(Object.keys(databases))(
  `workers killed while they write to %s: the graph is that of an undisturbed run`,
  async (name) => {
    const undisturbed = await ingestHere(name);
    const scene = new Scene();
    const suffix = fresh("").replaceAll(/\W/g, "_");
    const { to, content } = databases[name]?.(suffix) ?? expect.fail();
    const options = { file, suffix, to };
    const start = () => scene.startWorker("ingest-worker", options);
    const workers = await Promise.all([start(), start()]);
    const run = await scene.supervisor.startFlow(ingest(options), {});
    let written = 0;
    const reading = (async () => {
      for await (const { records } of run.outputs[`write${suffix}.written`] ?? []) written += records;
    })();
    for (let kill = 0; kill < KILLS; kill++) {
      await expect.poll(() => written, { timeout: 60_000, interval: 2 }).toBeGreaterThan((RECORDS / (KILLS + 1)) * (kill + 0.5));
      // Whoever writes now is in the middle of a batch, or about to be.
      const victim = workers.findLast((worker) => worker.isAlive && isWriting(worker, suffix)) ?? expect.fail("nobody writes");
      await victim.kill("SIGKILL");
      workers.push(await start());
    }
    await within(reading, "the ingest", 120_000);
    await within(run.done, "the run");
    const { attempt = 0 } = (await run.progress()).tasks[`write${suffix}`] ?? {};
    expect(attempt).toBe(KILLS + 1);
    expect(await content()).toEqual(undisturbed.content);
    expect(await lettersOf(scene.supervisor, run.id)).toEqual(undisturbed.letters);
    figure("8", `${RECORDS} records into ${name}, ${KILLS} kills, ${undisturbed.content.nodes.length} nodes: the same graph`);
  },
  240_000,
);

function isWriting(worker: Program, suffix: string): boolean {
  return worker.all("log").some(({ text }) => String(text).startsWith(`Task "write${suffix}"`));
}

/** What an undisturbed run in this process gives, in types of its own. */
async function ingestHere(name: string) {
  const suffix = fresh("").replaceAll(/\W/g, "_");
  const { to, content } = databases[name]?.(suffix) ?? expect.fail();
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  await using supervisor = new Supervisor({ log });
  const run = await supervisor.startFlow(ingest({ file, suffix, to }), {});
  await run.done;
  const letters = await lettersOf(supervisor, run.id);
  expect(letters).toHaveLength(RECORDS / ODD);
  const found = await content();
  expect(found.nodes).toHaveLength(RECORDS / 2 + 50);
  return { content: found, letters };
}

async function lettersOf(supervisor: Supervisor, run: string): Promise<unknown[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of supervisor.deadLetters.list({ run })) letters.push(letter);
  return letters.map(({ index, failure }) => `${index} ${failure.code}`).sort();
}

/** All that is in a graph, as sorted lines. */
interface Content {
  readonly nodes: readonly string[];
  readonly relationships: readonly string[];
}

async function contentOfNeo4j(suffix: string): Promise<Content> {
  const ours = `any(label IN labels(n) WHERE label ENDS WITH $suffix)`;
  const nodes = await askNeo4j(neo4j, `MATCH (n) WHERE ${ours} RETURN labels(n) AS types, properties(n) AS p`, { suffix });
  const relationships = await askNeo4j(
    neo4j,
    `MATCH (n)-[r]->(m) WHERE ${ours} RETURN properties(n) AS a, type(r) AS type, properties(r) AS p, properties(m) AS b`,
    { suffix },
  );
  const line = (row: unknown) => JSON.stringify(row, sorted).replaceAll(suffix, "");
  return { nodes: nodes.map(line).sort(), relationships: relationships.map(line).sort() };
}

function contentOf(graph: MemoryGraph, suffix: string): Content {
  const line = (row: unknown) => JSON.stringify(row, sorted).replaceAll(suffix, "");
  return {
    nodes: [...graph.nodes()].map(({ types, properties }) => line({ types: [...types].sort(), p: properties })).sort(),
    relationships: [...graph.relationships()]
      .map(({ from, type, properties, to }) => line({ a: from.properties, type, p: properties, b: to.properties }))
      .sort(),
  };
}

/** Maps with their names in order. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
