import { CancelledError, Supervisor } from "datagraph";
import { type CopyOptions, type CopySummary, copy, copyFlow } from "datagraph/copy";
import { type ConnectorChoice, type NodeOperation, type Properties, writeBatch } from "datagraph/graph";
import { MemoryGraph, memoryConnector } from "datagraph/graph/memory";
import { describe, expect, it } from "vitest";
import { fresh } from "../../test/support/fresh.ts";
import { askNeo4j, context, node, relationship } from "../../test/support/neo4j/graph.ts";
import { sharedNeo4j } from "../../test/support/neo4j.ts";

const neo4j = await sharedNeo4j();
const toNeo4j: ConnectorChoice = { connector: "neo4j", options: neo4j };
const LONG_AGO = new Date("2020-02-03T04:05:06.007Z");

describe("a copy", () => {
  it.each<Partial<CopyOptions>>([
    {},
    { preloadNodes: true },
    { shardSize: 3, batchSize: 2, concurrency: 1 },
    { shardSize: 2, batchSize: 100, concurrency: 8, preloadNodes: true },
  ])("has all that the graph has: %j", async (options) => {
    const [from, to] = [await league(), new MemoryGraph()];
    const { types } = await copyBetween(from, to, options);
    expect(contentOf(to)).toEqual(contentOf(from));
    expect(contentOf(from).relationships).toHaveLength(34);
    expect(to.relationshipKeys).toEqual(from.relationshipKeys);
    expect(types.map(({ kind, type, read }) => [kind, type, read]).sort()).toEqual([
      ["nodes", "Person", 20],
      ["nodes", "Team", 4],
      ["relationships", "KNOWS", 10],
      ["relationships", "LIKES", 1],
      ["relationships", "PLAYS_FOR", 23],
    ]);
  });

  it("changes nothing when it is made again", async () => {
    const [from, to] = [await league(), new MemoryGraph()];
    await copyBetween(from, to);
    const { types } = await copyBetween(from, to);
    expect(contentOf(to)).toEqual(contentOf(from));
    expect(types.map(({ nodesCreated, relationshipsCreated }) => (nodesCreated ?? 0) + (relationshipsCreated ?? 0))).toEqual(
      types.map(() => 0),
    );
  });

  it("goes to Neo4j and back, side by side, and comes back as it was", async () => {
    const suffix = fresh("").replaceAll(/\W/g, "_");
    const [from, back] = [await league(suffix), new MemoryGraph()];
    const toHere = { connector: memoryConnector(back) };
    await copy({ from: { connector: memoryConnector(from) }, to: toNeo4j, shardSize: 5, batchSize: 4 });
    const names = namesOf(from);
    await copy({ from: toNeo4j, to: toHere, ...names, keys: keysOf(from), shardSize: 5, batchSize: 4 });
    expect(contentOf(back)).toEqual(contentOf(from));
  });

  it("has one node of what has several types, whichever of them it is found by", async () => {
    const [Person, Player, KNOWS] = [fresh("Person"), fresh("Player"), fresh("KNOWS")];
    const players = Array.from({ length: 40 }, (_, id) => node(Player, { id }, { number: id }));
    const persons = players.map(({ node: { key } }, i) => node(Person, { name: `p${i}` }, { ...key }, { stamp: false }));
    await askNeo4j(neo4j, `CREATE CONSTRAINT FOR (n:\`${Person}\`) REQUIRE n.name IS UNIQUE`);
    await askNeo4j(neo4j, `CREATE CONSTRAINT FOR (n:\`${Player}\`) REQUIRE n.id IS UNIQUE`);
    await askNeo4j(
      neo4j,
      `UNWIND $rows AS row CREATE (n:\`${Person}\`:\`${Player}\` {name: row.name, id: row.id})
       WITH collect(n) AS all UNWIND range(0, 38) AS i WITH all[i] AS a, all[i + 1] AS b CREATE (a)-[:\`${KNOWS}\`]->(b)`,
      { rows: persons.map(({ node: { key, properties } }) => ({ ...key, ...properties })) },
    );
    for (const preloadNodes of [false, true]) {
      const to = new MemoryGraph();
      const only = { nodes: [Person, Player], relationships: [KNOWS] };
      const options = { preloadNodes, shardSize: 7, batchSize: 3 };
      await copy({ from: toNeo4j, to: { connector: memoryConnector(to) }, ...only, ...options });
      expect([to.order, to.size]).toEqual([40, 39]);
      expect([...to.nodes(Person)].every(({ types }) => types.includes(Player))).toBe(true);
    }
  });

  it("takes the nodes of a type with what is at them, and the nodes at the other ends", async () => {
    const [from, to] = [await league(), new MemoryGraph()];
    await copyBetween(from, to, { nodes: ["Team"], relationships: ["PLAYS_FOR"] });
    expect(to.size).toBe(23);
    expect(to.relationshipTypes).toEqual(["PLAYS_FOR"]);
    // With all that they have, and nobody who plays for no team.
    const players = [...from.nodes("Person")].filter(({ id }) =>
      from.graphology.outEdges(id).some((edge) => isPlaying(from, edge)),
    );
    expect(contentOf(to).nodes.filter((line) => line.includes("Person"))).toEqual(
      contentOf(from).nodes.filter((line) => players.some(({ properties }) => line.includes(`"${String(properties.id)}"`))),
    );
  });

  it("takes the types of a schema that is given, and only those", async () => {
    const [from, to] = [await league(), new MemoryGraph()];
    const person = { type: "Person", keys: ["id"] };
    const schema = { nodes: [person], relationships: [{ type: "KNOWS", keys: ["since"], from: "Person", to: "Person" }] };
    await copyBetween(from, to, { schema });
    expect([to.order, to.size]).toEqual([20, 10]);
  });

  it("can be of nothing, and to nowhere", async () => {
    expect((await copyBetween(new MemoryGraph(), new MemoryGraph())).types).toEqual([]);
    const { types } = await copy({ from: { connector: memoryConnector(await league()) }, to: { connector: "null" } });
    expect(types).toHaveLength(5);
  });

  it("is a flow like any other", async () => {
    const [from, to] = [await league(), new MemoryGraph()];
    const flow = copyFlow({ from: { connector: memoryConnector(from) }, to: { connector: memoryConnector(to) }, name: "move" });
    expect(flow.toString()).toContain("move.copyRelationships");
    await using supervisor = new Supervisor();
    const run = await supervisor.startFlow(flow, {});
    await run.done;
    expect(contentOf(to)).toEqual(contentOf(from));
  });

  it("tells of each batch, and can be stopped", async () => {
    const [from, to] = [await league(), new MemoryGraph()];
    const stop = new AbortController();
    let count = 0;
    const onBatch = (batch: { count: number }) => {
      count += batch.count;
      stop.abort(new Error("enough"));
    };
    const copying = copyBetween(from, to, { batchSize: 1, concurrency: 1, onBatch }, stop.signal);
    await expect(copying).rejects.toThrow(CancelledError);
    expect(count).toBeGreaterThan(0);
    expect(to.order).toBeLessThan(from.order);
  });
});

describe("what cannot be copied", () => {
  it("is a type that is not there", async () => {
    const failure = await failureOf(copyBetween(await league(), new MemoryGraph(), { nodes: ["Persons"] }));
    expect(failure).toMatchObject({ code: "COPY_PLAN", message: expect.stringMatching(/no node type "Persons".*Person, Team/) });
    const other = await failureOf(copyBetween(await league(), new MemoryGraph(), { relationships: ["HATES"] }));
    expect(other).toMatchObject({ code: "COPY_PLAN", message: expect.stringMatching(/no relationship type "HATES"/) });
  });

  it("are nodes of which nobody knows the key, and nothing else is written then", async () => {
    const [from, to] = [await league(), new MemoryGraph()];
    from.addNode(["Stray"], { name: "of no key" });
    expect(await failureOf(copyBetween(from, to))).toMatchObject({
      code: "COPY_PLAN",
      message: expect.stringContaining('"Stray"'),
    });
    expect(to.order).toBe(0);
    await copyBetween(from, to, { keys: { nodes: { Stray: ["name"] } } });
    expect(contentOf(to)).toEqual(contentOf(from));
  });

  it("are relationships that nothing tells apart, and nothing is written then", async () => {
    const [Town, ROAD] = [fresh("Town"), fresh("ROAD")];
    await askNeo4j(neo4j, `CREATE CONSTRAINT FOR (n:\`${Town}\`) REQUIRE n.id IS UNIQUE`);
    await askNeo4j(
      neo4j,
      `CREATE (a:\`${Town}\` {id: 1}), (b:\`${Town}\` {id: 2}) WITH a, b UNWIND [7, 8, 9] AS nr CREATE (a)-[:\`${ROAD}\` {nr: nr}]->(b)`,
    );
    const to = new MemoryGraph();
    const options = { from: toNeo4j, to: { connector: memoryConnector(to) }, nodes: [Town] };
    const failure = await failureOf(copy(options));
    expect(failure).toMatchObject({
      code: "COPY_PLAN",
      message: expect.stringContaining(`2 of "${ROAD}" from "${Town}" to "${Town}" have the ends of another one.`),
    });
    expect(to.order).toBe(0);
    await copy({ ...options, keys: { relationships: { [ROAD]: ["nr"] } } });
    expect([...to.relationships()].map(({ properties }) => properties.nr).sort()).toEqual([7, 8, 9]);
  });

  it("unless they keep their ids: then all are there, also when it is copied again", async () => {
    const [Town, ROAD, NEAR] = [fresh("Town"), fresh("ROAD"), fresh("NEAR")];
    await askNeo4j(neo4j, `CREATE CONSTRAINT FOR (n:\`${Town}\`) REQUIRE n.id IS UNIQUE`);
    const roads = `UNWIND [7, 7, 9] AS nr CREATE (a)-[:\`${ROAD}\` {nr: nr}]->(b)`;
    await askNeo4j(
      neo4j,
      `CREATE (a:\`${Town}\` {id: 1}), (b:\`${Town}\` {id: 2}), (b)-[:\`${NEAR}\` {km: 3}]->(a) WITH a, b ${roads}`,
    );
    const to = new MemoryGraph();
    const options = {
      ...{ from: toNeo4j, to: { connector: memoryConnector(to) }, nodes: [Town], relationshipId: "was" },
      keys: { relationships: { [NEAR]: ["km"] } },
    };
    await copy(options);
    const content = contentOf(to);
    await copy(options);
    expect(contentOf(to)).toEqual(content);
    const found = [...to.relationships(ROAD)].map(({ properties }) => properties);
    expect(found.map(({ nr }) => nr).sort()).toEqual([7, 7, 9]);
    expect(new Set(found.map(({ was }) => was)).size).toBe(3);
    expect([...to.relationships(NEAR)].map(({ properties }) => properties)).toEqual([{ km: 3 }]);
    const back = await failureOf(
      copyBetween(to, new MemoryGraph(), { keys: { relationships: { [ROAD]: [] } }, relationshipId: "id" }),
    );
    expect(back).toMatchObject({ code: "COPY_PLAN", message: expect.stringMatching(/no ids of relationships that last/) });
  });

  it("are relationships whose key is not enough", async () => {
    const from = await league();
    const twice = [...from.relationships("KNOWS")][0] ?? expect.fail();
    from.addRelationship(twice.from, "KNOWS", twice.to, { since: twice.properties.since ?? null, other: 1 });
    const to = new MemoryGraph();
    expect(await failureOf(copyBetween(from, to))).toMatchObject({
      code: "COPY_PLAN",
      message: expect.stringContaining('1 of "KNOWS" from "Person" to "Person" have the ends and key (since) of another one.'),
    });
    expect(to.order).toBe(0);
  });

  it("is what the other database refuses: the run ends with its reason", async () => {
    const from = new MemoryGraph();
    await fill(from, [node(fresh("Book"), { text: "x".repeat(100_000) })]);
    const failure = await failureOf(copy({ from: { connector: memoryConnector(from) }, to: toNeo4j }));
    expect(failure).toMatchObject({ code: "REFUSED_INGESTION", cause: { code: "GRAPH_WRITE" } });
  });

  it("is anything with options that cannot work", () => {
    const nowhere = { connector: "null" };
    for (const option of ["shardSize", "batchSize", "concurrency"]) {
      expect(() => copyFlow({ from: nowhere, to: nowhere, [option]: 0 })).toThrow(`${option} must be a whole number from 1`);
    }
  });
});

/** People, most of whom play for teams (some in two seasons), know each other, or like themselves; touched long ago. */
async function league(suffix = ""): Promise<MemoryGraph> {
  const graph = new MemoryGraph();
  const people = Array.from({ length: 20 }, (_, i): NodeOperation => {
    const properties = { name: `Zoë ${i}`, at: LONG_AGO, big: 2n ** 60n, half: { float: 2 } };
    const { node: person, ...operation } = node(`Person${suffix}`, { id: `p${i}` }, properties);
    return { ...operation, node: { ...person, additionalTypes: i % 3 === 0 ? [`Captain${suffix}`] : [] } };
  });
  const team = (i: number) => node(`Team${suffix}`, { city: `c${i % 2}`, nr: i }, { founded: 1900 + i });
  const players = people.slice(0, 18);
  const plays = (player: NodeOperation, i: number, season: number) =>
    relationship(player, `PLAYS_FOR${suffix}`, team(i % 4), { goals: i }, { key: { season } });
  const relationships = [
    ...players.map((each, i) => plays(each, i, 2000)),
    ...players.slice(0, 5).map((each, i) => plays(each, i, 2001)),
    ...players
      .slice(0, 10)
      .map((each, i) => relationship(each, `KNOWS${suffix}`, players[i + 1] ?? each, {}, { key: { since: i } })),
    ...people.slice(-1).map((each) => relationship(each, `LIKES${suffix}`, each)),
  ];
  await fill(graph, people, relationships);
  return graph;
}

async function fill(
  graph: MemoryGraph,
  nodes: readonly NodeOperation[],
  relationships: ReturnType<typeof relationship>[] = [],
): Promise<void> {
  const connection = await memoryConnector(graph).open(undefined);
  const settings = { connection, context: context({ now: LONG_AGO, pipeline: "league" }), flushLanes: 1 };
  await writeBatch([{ nodes, relationships, hooks: [] }], settings);
}

function copyBetween(
  from: MemoryGraph,
  to: MemoryGraph,
  options: Partial<CopyOptions> = {},
  signal?: AbortSignal,
): Promise<CopySummary> {
  const connectors = { from: { connector: memoryConnector(from) }, to: { connector: memoryConnector(to) } };
  return copy({ ...connectors, ...options, ...(signal && { signal }) });
}

async function failureOf(copying: Promise<unknown>): Promise<unknown> {
  const error: unknown = await copying.then(
    () => expect.fail("the copy completed"),
    (error: unknown) => error,
  );
  return error instanceof Error ? error.cause : error;
}

function isPlaying(graph: MemoryGraph, edge: string): boolean {
  return graph.graphology.getEdgeAttribute(edge, "type") === "PLAYS_FOR";
}

function namesOf(graph: MemoryGraph) {
  return { nodes: [...graph.nodeKeys.keys()], relationships: [...graph.relationshipKeys.keys()] };
}

/** What Neo4j does not know: the keys of relationships. */
function keysOf(graph: MemoryGraph) {
  return { relationships: Object.fromEntries(graph.relationshipKeys) };
}

/** All that is in a graph, as sorted lines. */
function contentOf(graph: MemoryGraph) {
  const line = (row: unknown) => JSON.stringify(row, plain);
  const end = ({ types, properties }: { types: readonly string[]; properties: Properties }) => [[...types].sort(), properties];
  return {
    nodes: [...graph.nodes()].map((each) => line(end(each))).sort(),
    relationships: [...graph.relationships()]
      .map(({ from, type, properties, to }) => line([end(from), type, properties, end(to)]))
      .sort(),
  };
}

/** Maps with their names in order; what JSON has no kind for by its name. */
function plain(this: unknown, _: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
