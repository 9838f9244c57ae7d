import { groupNodes, groupRelationships, type IngestionContext, type NodeOperation } from "datagraph/graph";
import { connector } from "datagraph/neo4j";
import neo4j, { type Driver } from "neo4j-driver";
import { type Measurement, perSecond, type Row, type Work } from "./row.ts";

interface Person {
  readonly id: string;
  readonly name: string;
  readonly age: number;
  readonly city: string;
  readonly employer: { readonly id: string; readonly name: string };
}

const batch = 1000;
const pipeline = "bench";

export const neo4jRows: readonly Row[] = [
  {
    name: "neo4j/write",
    title: "people, companies and who works where, written to Neo4j; beside UNWIND … MERGE by hand",
    unit: "values/s",
    needs: "neo4j",
    ours: { n: { full: 20_000, quick: 4_000, tiny: 50 }, measure: (work) => measure(work, writeWithConnector) },
    reference: { n: { full: 20_000, quick: 4_000, tiny: 50 }, measure: (work) => measure(work, writeByHand) },
    ratio: { atLeast: 0.9 },
  },
];

async function measure(
  { n, neo4j: uri = "" }: Work,
  write: (uri: string, people: readonly Person[][]) => Promise<void>,
): Promise<Measurement> {
  const { client, close } = connect(uri);
  try {
    await prepare(client);
    const people = batches(n);
    const start = performance.now();
    await write(uri, people);
    const score = perSecond(n, start);
    const { records } = await client.executeQuery(
      "MATCH (:BenchPerson)-[r:BENCH_WORKS_AT]->(:BenchCompany) RETURN count(r) AS count",
    );
    return { values: Number(records[0]?.get("count")), score };
  } finally {
    await close();
  }
}

async function writeWithConnector(uri: string, people: readonly Person[][]): Promise<void> {
  const { queries, close } = await connector.open(connector.parse({ uri }));
  const context: IngestionContext = { pipeline, now: new Date(), signal: new AbortController().signal };
  for (const some of people) {
    const companies = new Map(
      some.map(({ employer }) => [employer.id, node("BenchCompany", employer.id, { name: employer.name })]),
    );
    const links = some.map(({ id, name, age, city, employer }) => ({
      from: node("BenchPerson", id, { name, age, city }),
      to: companies.get(employer.id) ?? node("BenchCompany", employer.id, {}),
      relationship: { type: "BENCH_WORKS_AT", key: {}, properties: {} },
      rule: "EAGER" as const,
      stamp: true,
    }));
    for (const { shape, operations } of groupNodes([...links.map(({ from }) => from), ...companies.values()]))
      await queries.upsertNodes(shape, operations, context);
    for (const { shape, operations } of groupRelationships(links)) await queries.upsertRelationships(shape, operations, context);
  }
  await close();
}

function node(type: string, id: string, properties: NodeOperation["node"]["properties"]): NodeOperation {
  return { node: { type, key: { id }, properties, additionalTypes: [] }, rule: "EAGER", stamp: true };
}

/** What one writes for exactly this data, to the same graph. */
async function writeByHand(uri: string, people: readonly Person[][]): Promise<void> {
  const { client, close } = connect(uri);
  const stamps = "last_ingested_at = $now, NAME.last_ingested_by_bench_at = $now, NAME.was_ingested_by_bench = true";
  const set = (name: string) => `${name}.${stamps.replaceAll("NAME", name)}`;
  const now = neo4j.types.DateTime.fromStandardDate(new Date());
  const session = client.session();
  const run = (text: string, rows: readonly object[]) =>
    session.executeWrite((transaction) => transaction.run(text, { rows, now }));
  for (const some of people) {
    const companies = new Map(some.map(({ employer }) => [employer.id, employer]));
    const rows = some.map((person) => ({ ...person, age: neo4j.int(person.age) }));
    await run(
      `UNWIND $rows AS row MERGE (p:BenchPerson {id: row.id}) SET p.name = row.name, p.age = row.age, p.city = row.city, ${set("p")}`,
      rows,
    );
    await run(`UNWIND $rows AS row MERGE (c:BenchCompany {id: row.id}) SET c.name = row.name, ${set("c")}`, [
      ...companies.values(),
    ]);
    await run(
      `UNWIND $rows AS row MATCH (p:BenchPerson {id: row.id}) MATCH (c:BenchCompany {id: row.employer}) MERGE (p)-[w:BENCH_WORKS_AT]->(c) SET ${set("w")}`,
      some.map(({ id, employer }) => ({ id, employer: employer.id })),
    );
  }
  await session.close();
  await close();
}

/** An empty graph with the constraints that both sides need. */
async function prepare(client: Driver): Promise<void> {
  const session = client.session();
  for (const label of ["BenchPerson", "BenchCompany"]) {
    await session.run(`MATCH (n:${label}) CALL { WITH n DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS`);
    await session.run(`CREATE CONSTRAINT ${label}_node_key IF NOT EXISTS FOR (n:${label}) REQUIRE (n.id) IS UNIQUE`);
  }
  await session.run("CALL db.awaitIndexes()");
  await session.close();
}

function connect(uri: string): { client: Driver; close: () => Promise<void> } {
  const { protocol, host, username, password } = new URL(uri);
  const client = neo4j.driver(
    `${protocol}//${host}`,
    neo4j.auth.basic(decodeURIComponent(username), decodeURIComponent(password)),
  );
  return { client, close: () => client.close() };
}

/** Every company has several people, here and in other batches. */
function batches(n: number): Person[][] {
  const people = Array.from({ length: n }, (_, i): Person => {
    const employer = (i * 7919) % 5000;
    return {
      id: `p${i}`,
      name: `Person ${i}`,
      age: i % 90,
      city: `c${i % 1000}`,
      employer: { id: `e${employer}`, name: `Co ${employer}` },
    };
  });
  return Array.from({ length: Math.ceil(n / batch) }, (_, i) => people.slice(i * batch, (i + 1) * batch));
}
