/*
 * Copying 100,000 nodes and 300,000 relationships to Neo4j, and all of it from there to nowhere: how fast, how much the process grows meanwhile, and how
 * much of that is in use.
 */
import { type CopiedType, type CopyOptions, copy } from "datagraph/copy";
import {
  type Connector,
  connect,
  type GraphNode,
  type RetrievedRelationship,
  type RetrieveOptions,
  type TypeRetriever,
} from "datagraph/graph";
import neo4j from "neo4j-driver";
import { watchMemory } from "./footprint.ts";
import { type Measurement, perSecond, type Row, type Work } from "./row.ts";

const PER_NODE = 3;
const [NODE, RELATIONSHIP] = ["BenchCopied", "BENCH_COPIED"];
const THEN = new Date("2026-01-02T03:04:05Z");

export const copyRows: readonly Row[] = [
  {
    name: "copy/neo4j",
    title: "100,000 nodes and 300,000 relationships: made up → Neo4j → nowhere",
    unit: "values/s",
    needs: "neo4j",
    ours: { n: { full: 400_000, quick: 40_000, tiny: 400 }, measure: measureCopy },
    limits: { "growth MB": 200, "live MB": 60 },
    maxRounds: 1,
  },
];

async function measureCopy({ n, neo4j: uri = "" }: Work): Promise<Measurement> {
  await clear(uri);
  const from = { connector: madeUp(n / (1 + PER_NODE)) };
  const to = { connector: "neo4j", options: { uri } };
  const memory = watchMemory();
  const live = watchLive();
  const start = performance.now();
  const there = await copied({ from, to });
  const score = perSecond(there, start);
  const startBack = performance.now();
  const back = await copied({ from: to, to: { connector: "null" }, nodes: [NODE] });
  const rate = perSecond(back, startBack);
  const { growthMB } = await memory.stop();
  await clear(uri);
  return { values: Math.min(there, back), score, figures: { "growth MB": growthMB, "live MB": live(), "read back/s": rate } };
}

/** What is really in use, by collecting what is not: the resident set has what the engine was too lazy to collect, too. */
function watchLive(): () => number {
  const heap = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, heap());
  }, 1_000);
  return () => {
    clearInterval(timer);
    return (most - before) / 2 ** 20;
  };
}

async function copied(options: CopyOptions): Promise<number> {
  const { types } = await copy(options);
  return types.reduce((sum: number, { written }: CopiedType) => sum + written, 0);
}

/** A database that makes up what it is asked for: it takes no memory, so that what the process grows by is the copying's. */
function madeUp(nodes: number): Connector<undefined> {
  const key = (i: number) => ({ id: `p${i}` });
  const end = (i: number): GraphNode => ({
    type: NODE,
    key: key(i),
    properties: { name: `Person ${i}`, age: i % 90, city: `c${i % 1000}`, last_ingested_at: THEN },
    additionalTypes: [],
  });
  const relationship = (i: number): RetrievedRelationship => ({
    from: end(Math.floor(i / PER_NODE)),
    to: end((i * 7919 + 1) % nodes),
    relationship: { type: RELATIONSHIP, key: {}, properties: { nr: i % PER_NODE, last_ingested_at: THEN } },
  });
  const types: TypeRetriever = {
    nodes: (_, options) => pages(nodes, end, options),
    relationships: (_, options) => pages(nodes * PER_NODE, relationship, options),
    count: async (of) => ("node" in of ? nodes : nodes * PER_NODE),
    countRepeated: async () => 0,
    discover: async () => ({
      nodes: [{ type: NODE, keys: ["id"], properties: [] }],
      relationships: [{ type: RELATIONSHIP, from: NODE, to: NODE, keys: [], properties: [] }],
    }),
  };
  return {
    alias: "made up",
    parse: () => undefined,
    open: async () => ({ ...(await connect({ connector: "null" })), types }),
  };
}

async function* pages<T>(
  count: number,
  make: (i: number) => T,
  { pageSize = 1000, part = { index: 0, of: 1 } }: RetrieveOptions = {},
): AsyncGenerator<readonly T[]> {
  let page: T[] = [];
  for (let i = part.index; i < count; i += part.of) {
    if (page.push(make(i)) < pageSize) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function clear(uri: string): Promise<void> {
  const { protocol, host, username, password } = new URL(uri);
  const client = neo4j.driver(
    `${protocol}//${host}`,
    neo4j.auth.basic(decodeURIComponent(username), decodeURIComponent(password)),
  );
  const session = client.session();
  await session.run(`MATCH (n:${NODE}) CALL { WITH n DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS`);
  await session.close();
  await client.close();
}
