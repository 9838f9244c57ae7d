/*
 * Writing a graph to Neo4j: what ingestions become on their way through a flow of one graph writer, beside the loop of `UNWIND … MERGE` that one writes by
 * hand for exactly this data, to the same graph. Both have their connection before the clock starts, and both batch by the same thousand records.
 */
import { Flow, Supervisor } from "datagraph";
import { type Connector, type DesiredIngestion, graphWriter, type NodeOperation } from "datagraph/graph";
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

/** A side of the comparison, connected. */
interface Side {
  write(people: readonly Person[]): Promise<void>;
  close(): Promise<void>;
}

const batchSize = 1000;
const pipeline = "bench";
const n = { full: 20_000, quick: 4_000, tiny: 50 };

export const neo4jRows: readonly Row[] = [
  {
    name: "neo4j/write",
    title: "people, companies and who works where: graph writer → Neo4j; beside UNWIND … MERGE by hand",
    unit: "values/s",
    needs: "neo4j",
    ours: { n, measure: (work) => measure(work, graphWriterAt) },
    reference: { n, measure: (work) => measure(work, loopAt) },
    ratio: { atLeast: 0.9 },
  },
];

async function measure({ n, neo4j: uri = "" }: Work, connectedTo: (uri: string) => Promise<Side>): Promise<Measurement> {
  const client = clientOf(uri);
  await prepare(client);
  const people = peopleUpTo(n);
  const side = await connectedTo(uri);
  try {
    const start = performance.now();
    await side.write(people);
    const score = perSecond(n, start);
    const { records } = await client.executeQuery(
      "MATCH (:BenchPerson)-[r:BENCH_WORKS_AT]->(:BenchCompany) RETURN count(r) AS count",
    );
    return { values: Number(records[0]?.get("count")), score };
  } finally {
    await Promise.all([side.close(), client.close()]);
  }
}

async function graphWriterAt(uri: string): Promise<Side> {
  const connection = await connector.open(connector.parse({ uri }));
  const opened: Connector = {
    alias: "neo4j",
    parse: () => undefined,
    open: async () => ({ ...connection, close: async () => {} }),
  };
  const flow = Flow.fromProcessors(graphWriter({ name: "write", connector: opened, pipeline, batchSize })).resolve();
  return {
    async write(people) {
      await using supervisor = new Supervisor();
      const run = await supervisor.startFlow(flow, { ingestions: ingestionsOf(people) });
      await run.done;
    },
    close: () => connection.close(),
  };
}

function* ingestionsOf(people: readonly Person[]): Generator<DesiredIngestion> {
  for (const { id, name, age, city, employer } of people) {
    const from = node("BenchPerson", id, { name, age, city });
    const to = node("BenchCompany", employer.id, { name: employer.name });
    const relationship = { type: "BENCH_WORKS_AT", key: {}, properties: {} };
    yield { nodes: [from], relationships: [{ from, to, relationship, rule: "EAGER", stamp: true }], hooks: [] };
  }
}

function node(type: string, id: string, properties: NodeOperation["node"]["properties"]): NodeOperation {
  return { node: { type, key: { id }, properties, additionalTypes: [] }, rule: "EAGER", stamp: true };
}

/** What one writes for exactly this data, to the same graph. */
async function loopAt(uri: string): Promise<Side> {
  const client = clientOf(uri);
  await client.verifyConnectivity();
  const stamps = "last_ingested_at = $now, NAME.last_ingested_by_bench_at = $now, NAME.was_ingested_by_bench = true";
  const set = (name: string) => `${name}.${stamps.replaceAll("NAME", name)}`;
  const now = neo4j.types.DateTime.fromStandardDate(new Date());
  const session = client.session();
  const run = (text: string, rows: readonly object[]) =>
    session.executeWrite((transaction) => transaction.run(text, { rows, now }));
  return {
    async write(people) {
      for (let first = 0; first < people.length; first += batchSize) {
        const some = people.slice(first, first + batchSize);
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
    },
    async close() {
      await session.close();
      await client.close();
    },
  };
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

function clientOf(uri: string): Driver {
  const { protocol, host, username, password } = new URL(uri);
  return neo4j.driver(`${protocol}//${host}`, neo4j.auth.basic(decodeURIComponent(username), decodeURIComponent(password)));
}

/** Every company has several people, here and in other batches. */
function peopleUpTo(n: number): Person[] {
  return Array.from({ length: n }, (_, i): Person => {
    const employer = (i * 7919) % 5000;
    return {
      id: `p${i}`,
      name: `Person ${i}`,
      age: i % 90,
      city: `c${i % 1000}`,
      employer: { id: `e${employer}`, name: `Co ${employer}` },
    };
  });
}
