import { Flow, type Log, StreamFailedError, Supervisor } from "datagraph";
import {
  type Connector,
  type DesiredIngestion,
  GraphWriteError,
  type GraphWriterOptions,
  graphWriter,
  type IngestionHook,
  type NodeOperation,
  type Properties,
  type QueryExecutor,
  type RelationshipOperation,
} from "datagraph/graph";
import { MemoryGraph, memoryConnector } from "datagraph/graph/memory";
import { describe, expect, it } from "vitest";

const NOW = new Date("2024-05-06T07:08:09Z");

describe("graph writer", () => {
  it("writes nodes, then relationships, and tells what it wrote", async () => {
    const graph = new MemoryGraph();
    const { written, refused } = await write([works("ada", "acme"), works("bob", "acme")], { connector: memoryConnector(graph) });
    expect(refused).toEqual([]);
    expect(written).toEqual([
      {
        records: 2,
        refused: 0,
        nodes: 3,
        relationships: 2,
        nodesCreated: 3,
        relationshipsCreated: 2,
        propertiesSet: expect.any(Number),
        ms: expect.any(Number),
      },
    ]);
    expect(relationshipsOf(graph)).toEqual(["Person ada WORKS_AT Company acme", "Person bob WORKS_AT Company acme"]);
  });

  it("stamps what it touches with the time and the pipeline", async () => {
    const graph = new MemoryGraph();
    const unstamped = { ...eager("Person", { id: "bob" }), stamp: false };
    await write([nodes(eager("Person", { id: "ada" }), unstamped)], {
      connector: memoryConnector(graph),
      pipeline: "people",
      now: () => NOW,
    });
    const stamps = { last_ingested_by_people_at: NOW, was_ingested_by_people: true };
    expect([...graph.nodes("Person")].map(({ properties }) => properties)).toEqual([
      { id: "ada", last_ingested_at: NOW, ...stamps },
      { id: "bob", ...stamps },
    ]);
  });

  it.each([1, 2, 3, 1000])("gives the same graph in batches of %i, and when everything comes twice", async (batchSize) => {
    const records = [works("ada", "acme"), works("bob", "acme"), works("ada", "init"), knows("ada", "bob"), knows("ada", "ada")];
    const graph = new MemoryGraph();
    const once = { connector: memoryConnector(graph), now: () => NOW };
    await write(records, once);
    const expected = contentOf(graph);
    await write([...records, ...records], { ...once, batchSize });
    expect(contentOf(graph)).toEqual(expected);
    const fresh = new MemoryGraph();
    await write(records, { ...once, connector: memoryConnector(fresh), batchSize, debounce: batchSize % 2 === 0 });
    expect(contentOf(fresh)).toEqual(expected);
  });

  it("makes one node of all shapes in which it is met", async () => {
    const graph = new MemoryGraph();
    const plain = eager("Person", { id: "ada", country: "uk" }, { name: "Ada" });
    const withTypes = eager("Person", { country: "uk", id: "ada" }, { name: "Lovelace", age: 36 }, ["Writer"]);
    const matched: NodeOperation = { ...eager("Person", { id: "ada", country: "uk" }, { name: null }), rule: "MATCH_ONLY" };
    await write([nodes(matched), nodes(plain), nodes(withTypes), nodes(matched)], { connector: memoryConnector(graph) });
    expect(graph.order).toBe(1);
    const [ada] = graph.nodes("Writer");
    expect(ada?.types).toEqual(["Person", "Writer"]);
    expect(ada?.properties).toMatchObject({ id: "ada", country: "uk", age: 36 });
    expect(ada?.properties).not.toHaveProperty("name");
  });

  it("keeps keys apart that are not equal, and together that are", async () => {
    const graph = new MemoryGraph();
    const keys = [0, false, "0", 1, true, 1n, { float: 1 }, "1", ""];
    await write([nodes(...keys.map((id) => eager("Thing", { id })))], { connector: memoryConnector(graph) });
    expect([...graph.nodes("Thing")].map(({ properties }) => properties.id)).toEqual([0, false, "0", 1, true, "1", ""]);
  });

  it("does not let a property change a key", async () => {
    const graph = new MemoryGraph();
    const record = nodes(eager("Person", { name: "ada" }, { name: "ADA", age: 36 }));
    await write([record], { connector: memoryConnector(graph) });
    await write([record], { connector: memoryConnector(graph) });
    expect([...graph.nodes()].map(({ properties: { name, age } }) => [name, age])).toEqual([["ada", 36]]);
  });

  it("creates a relationship each time when asked to", async () => {
    const graph = new MemoryGraph();
    const visit: RelationshipOperation = { ...relation("ada", "VISITED", "bob"), rule: "CREATE" };
    await write([{ nodes: [], relationships: [visit, visit], hooks: [] }], { connector: memoryConnector(graph) });
    expect(graph.size).toBe(2);
  });
});

describe("an ingestion that cannot be stored", () => {
  const bad: [what: string, value: unknown, reason: RegExp][] = [
    ["a map", { a: 1 }, /property "p".*found a map/],
    ["a list of several kinds", [1, "a"], /mixes number and string/],
    ["a list with null", [1, null], /found null/],
    ["a list of lists", [[1]], /a list in a list/],
    ["a function", () => 1, /found a function/],
    ["undefined", undefined, /found undefined/],
    ["a large integer", 2n ** 63n, /more than 64 bits/],
    ["an invalid date", new Date(Number.NaN), /a date that is none/],
    ["half of a surrogate pair", "\ud83d", /surrogate/],
    ["a time that is none", { temporal: "date", text: "yesterday" }, /not ISO 8601/],
  ];

  it.each(bad)("is refused alone: %s", async (_, value, reason) => {
    const graph = new MemoryGraph();
    const ingestion = nodes(eager("Person", { id: "x" }, { p: value } as Properties));
    const records = [works("ada", "acme"), ingestion, works("bob", "acme")];
    const { written, refused } = await write(records, { connector: memoryConnector(graph) });
    expect(refused).toEqual([{ ingestion, code: "UNSTORABLE", reason: expect.stringMatching(reason) }]);
    expect(written).toMatchObject([{ records: 3, refused: 1, nodes: 3, relationships: 2 }]);
    expect(graph.order).toBe(3);
  });

  it.each([
    ["an empty type", nodes(eager("", { id: 1 })), /A node's type.*an empty name/],
    ["an empty property name", nodes(eager("Person", { id: 1 }, { "": 1 })), /an empty name/],
    ["an empty key", nodes(eager("Person", {})), /an empty key/],
    ["a null key", nodes(eager("Person", { id: null })), /key part "id".*null/],
    ["a key that is NaN", nodes(eager("Person", { id: Number.NaN })), /NaN/],
    ["something else", JSON.parse('{"a":1}') as DesiredIngestion, /something that is none/],
  ])("is refused alone: %s", async (_, ingestion, reason) => {
    const { refused } = await write([ingestion, works("ada", "acme")], { connector: memoryConnector(new MemoryGraph()) });
    expect(refused).toEqual([{ ingestion, code: "UNSTORABLE", reason: expect.stringMatching(reason) }]);
  });

  it("is found in its batch when only the database knows", async () => {
    const graph = new MemoryGraph();
    const records = Array.from({ length: 50 }, (_, i) => works(`p${i}`, "acme"));
    const unwanted = [nodes(eager("Person", { id: "p7" }, { note: "unwanted" })), relationOf(relation("p3", "unwanted", "p4"))];
    const connector = refusing(graph, (text) => (text.includes('"unwanted"') ? "data" : undefined));
    const { written, refused } = await write([...records, ...unwanted], { connector });
    expect(refused.map(({ ingestion, code }) => [ingestion, code])).toEqual(unwanted.map((each) => [each, "GRAPH_WRITE"]));
    expect(refused[0]?.reason).toContain("says the database");
    // Also the one that shares a node with what was refused.
    expect(relationshipsOf(graph)).toHaveLength(50);
    expect(written).toMatchObject([{ records: 52, refused: 2, nodes: 51, relationships: 50 }]);
  });

  it("is not counted as written, unless another one has written what it is about", async () => {
    const graph = new MemoryGraph();
    const connector = refusing(graph, (text) => (text.includes('"unwanted"') ? "data" : undefined));
    const alone = nodes(eager("Person", { id: "eve" }, { note: "unwanted" }));
    const both = [nodes(eager("Person", { id: "bob" }, { note: "unwanted" })), nodes(eager("Person", { id: "bob" }, { age: 2 }))];
    const { written } = await write([works("ada", "acme"), alone, ...both, relationOf(relation("ada", "unwanted", "bob"))], {
      connector,
    });
    expect(written).toMatchObject([{ records: 5, refused: 3, nodes: 3, relationships: 1 }]);
    expect(graph.order).toBe(3);
    expect(graph.size).toBe(1);
  });

  it("ends the run where that was asked for", async () => {
    const records = [nodes(eager("Person", { id: null }))];
    const failure = await failureOf(records, { connector: memoryConnector(new MemoryGraph()), onRefused: "fail" });
    expect(failure).toMatchObject({ code: "REFUSED_INGESTION", cause: { code: "UNSTORABLE" } });
  });
});

describe("an ingestion that cannot be stored, where dead letters are declared", () => {
  const bad = (id: string) => nodes(eager("Person", { id }, { p: { a: 1 } } as never));
  const good = Array.from({ length: 20 }, (_, i) => relationOf({ ...relation(`p${i}`, "VISITED", "home"), rule: "CREATE" }));
  const records = [...good.slice(0, 3), bad("x"), ...good.slice(3, 17), bad("y"), bad("z"), ...good.slice(17)];

  it.each([1, 2, 7, 1000])(
    "is set aside with the reason, and the others are written once, in batches of %i",
    async (batchSize) => {
      const graph = new MemoryGraph();
      const log: Log = { debug() {}, info() {}, warn() {}, error() {} };
      await using supervisor = new Supervisor({ log });
      const writer = graphWriter({ name: "write", connector: memoryConnector(graph), deadLetter: "continue", batchSize });
      const run = await supervisor.startFlow(Flow.fromProcessors(writer).resolve(), { ingestions: records });
      const written = await run.outputs["write.written"].toArray();
      await run.done;
      // Relationships that are always created would show a list that is written twice.
      expect(graph.size).toBe(good.length);
      const letters = [];
      for await (const letter of supervisor.deadLetters.list({ run: run.id })) letters.push(letter);
      const named = letters.map(({ index, value, failure }) => [index, value, failure.code, failure.cause?.message]);
      const reason = expect.stringMatching(/property "p".*found a map/);
      expect(named).toEqual([4, 19, 20].map((index) => [index, records[index - 1], "REFUSED_INGESTION", reason]));
      expect(await run.outputs["write.refused"].toArray()).toEqual([]);
      const relationships = written.reduce((sum, batch) => sum + batch.relationships, 0);
      expect(relationships).toBe(good.length);
    },
  );

  it("ends the run where that was declared", async () => {
    const failure = await failureOf([bad("x")], { connector: memoryConnector(new MemoryGraph()), deadLetter: "stop" });
    expect(failure).toMatchObject({ code: "REFUSED_INGESTION", cause: { code: "UNSTORABLE" } });
  });

  it("is nothing that a database is blamed for, nor the other way round", async () => {
    await using supervisor = new Supervisor();
    const connector = refusing(new MemoryGraph(), () => "database");
    const writer = graphWriter({ name: "write", connector, deadLetter: "continue" });
    const run = await supervisor.startFlow(Flow.fromProcessors(writer).resolve(), { ingestions: good });
    await expect(run.done).rejects.toMatchObject({ cause: { code: "GRAPH_WRITE", cause: { message: "says the database" } } });
    for await (const letter of supervisor.deadLetters.list({ run: run.id })) expect.unreachable(letter.id);
  });

  it("has one place to go to", () => {
    const both = { connector: "null", deadLetter: "continue", onRefused: "emit" } as const;
    expect(() => graphWriter({ name: "write", ...both })).toThrow(/deadLetter and onRefused/);
  });
});

describe("a database that refuses", () => {
  it("ends the run with its own message as the cause", async () => {
    const graph = new MemoryGraph();
    const connector = refusing(graph, () => "database");
    const failure = await failureOf([works("ada", "acme")], { connector });
    expect(failure).toMatchObject({ code: "GRAPH_WRITE", cause: { message: "says the database" } });
    expect(graph.order).toBe(0);
  });

  it("names what is wrong with the connector", async () => {
    expect(await failureOf([], { connector: "memroy" })).toMatchObject({ code: "UNKNOWN_CONNECTOR" });
    expect(await failureOf([], { connector: "memory", options: { file: "x" } })).toMatchObject({
      code: "CONNECTOR_OPTIONS",
      option: "file",
    });
    expect(await failureOf([], { connector: "../evil.js" })).toMatchObject({ code: "UNKNOWN_CONNECTOR" });
  });
});

describe("hooks", () => {
  it("run once per batch, before and after what is written", async () => {
    const graph = new MemoryGraph();
    const seen: string[] = [];
    const connector = memoryConnector(graph, {
      look: (at, { when }) => {
        seen.push(`${String(when)}: ${at.order} nodes`);
      },
    });
    const hooks: IngestionHook[] = [
      { when: "after", name: "look", parameters: { when: "after" } },
      { when: "before", name: "look", parameters: { when: "before" } },
    ];
    await write(
      [
        { ...works("ada", "acme"), hooks },
        { ...works("bob", "acme"), hooks },
      ],
      { connector },
    );
    expect(seen).toEqual(["before: 0 nodes", "after: 3 nodes"]);
  });

  it("refuse what asks for one that is unknown", async () => {
    const graph = new MemoryGraph();
    const asks = { ...works("ada", "acme"), hooks: [{ when: "before", name: "constructor", parameters: {} } as const] };
    const { refused } = await write([asks, works("bob", "init")], { connector: memoryConnector(graph) });
    expect(refused.map(({ reason }) => reason)).toEqual([expect.stringContaining('no ingestion hook "constructor"')]);
    expect(graph.order).toBe(2);
  });
});

describe("lanes", () => {
  it("write lists side by side that share no nodes, sorted by key", async () => {
    const { connector, lists } = watched(new MemoryGraph());
    const person = (id: string, types: string[] = []) => eager("Person", { id }, {}, types);
    await write(
      [nodes(person("c"), person("a"), eager("City", { id: "x" }), person("b", ["Writer"]), eager("Writer", { id: "w" }))],
      {
        connector,
      },
    );
    // Persons that are writers and writers may be the same nodes: one after the other.
    expect(lists).toEqual([
      { type: "City", ids: ["x"], others: 0 },
      { type: "Person", ids: ["a", "c"], others: 1 },
      { type: "Person", ids: ["b"], others: expect.any(Number) },
      { type: "Writer", ids: ["w"], others: expect.any(Number) },
    ]);
  });

  const ids = Array.from({ length: 1200 }, (_, i) => `p${10_000 + i}`);

  it.each([
    { flushLanes: 4, sizes: [600, 600], atOnce: 2 },
    { flushLanes: 1, sizes: [1200], atOnce: 1 },
  ])("$flushLanes: many nodes of one type are written in $atOnce parts", async ({ flushLanes, sizes, atOnce }) => {
    const graph = new MemoryGraph();
    const { connector, lists } = watched(graph);
    await write([nodes(...ids.map((id) => eager("Person", { id })).reverse())], { connector, flushLanes });
    expect(lists.map((list) => list.ids.length)).toEqual(sizes);
    expect(lists.flatMap((list) => list.ids)).toEqual(ids);
    expect(Math.max(...lists.map(({ others }) => others)) + 1).toBe(atOnce);
    expect(graph.order).toBe(ids.length);
  });

  it("what one part is refused for is found, and the other parts are written", async () => {
    const graph = new MemoryGraph();
    const connector = refusing(graph, (text) => (text.includes('"unwanted"') ? "data" : undefined));
    const concurrent = { ...connector, open: async () => ({ ...(await connector.open(undefined)), concurrent: true }) };
    const people = ids.map((id, i) => nodes(eager("Person", { id }, i % 700 === 3 ? { note: "unwanted" } : {})));
    const { written, refused } = await write(people, { connector: concurrent, batchSize: 2000 });
    expect(refused.map(({ ingestion }) => ingestion)).toEqual([people[3], people[703]]);
    expect(written).toMatchObject([{ records: 1200, refused: 2, nodes: 1198 }]);
    expect(graph.order).toBe(1198);
  });
});

/** A database that takes several lists at once, and what lists of nodes it is given. */
function watched(graph: MemoryGraph) {
  const lists: { type: string; ids: unknown[]; others: number }[] = [];
  let running = 0;
  const { open, ...rest } = memoryConnector(graph);
  const connector: Connector<undefined> = {
    ...rest,
    open: async () => {
      const { queries, ...connection } = await open(undefined);
      const slow: QueryExecutor["upsertNodes"] = async (shape, operations, context) => {
        lists.push({ type: shape.type, ids: operations.map(({ node }) => node.key.id), others: running++ });
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return queries.upsertNodes(shape, operations, context);
      };
      return { ...connection, concurrent: true, queries: { ...methodsOf(queries), upsertNodes: slow } };
    },
  };
  return { connector, lists };
}

function eager(type: string, key: Properties, properties: Properties = {}, additionalTypes: string[] = []): NodeOperation {
  return { node: { type, key, properties, additionalTypes }, rule: "EAGER", stamp: true };
}

function nodes(...operations: NodeOperation[]): DesiredIngestion {
  return { nodes: operations, relationships: [], hooks: [] };
}

function relation(from: string, type: string, to: string, toType = "Person"): RelationshipOperation {
  return {
    from: eager("Person", { id: from }),
    to: eager(toType, { id: to }),
    relationship: { type, key: {}, properties: {} },
    rule: "EAGER",
    stamp: true,
  };
}

function relationOf(...relationships: RelationshipOperation[]): DesiredIngestion {
  return { nodes: [], relationships, hooks: [] };
}

function works(person: string, company: string): DesiredIngestion {
  return relationOf(relation(person, "WORKS_AT", company, "Company"));
}

function knows(person: string, other: string): DesiredIngestion {
  return relationOf(relation(person, "KNOWS", other));
}

async function write(ingestions: Iterable<DesiredIngestion>, options: Omit<GraphWriterOptions, "name" | "input">) {
  await using supervisor = new Supervisor();
  const flow = Flow.fromProcessors(graphWriter({ ...options, name: "write" })).resolve();
  const run = await supervisor.startFlow(flow, { ingestions });
  const written = await run.outputs["write.written"].toArray();
  return { written, refused: await run.outputs["write.refused"].toArray() };
}

async function failureOf(ingestions: Iterable<DesiredIngestion>, options: Omit<GraphWriterOptions, "name" | "input">) {
  const error: unknown = await write(ingestions, options).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StreamFailedError);
  return (error as StreamFailedError).cause;
}

/** A connector whose database refuses some lists. */
function refusing(graph: MemoryGraph, judge: (list: string) => "data" | "database" | undefined): Connector<undefined> {
  const connector = memoryConnector(graph);
  const check = (list: unknown) => {
    const kind = judge(JSON.stringify(list));
    if (kind) throw new GraphWriteError(kind, "Not written", { cause: new Error("says the database") });
  };
  return {
    ...connector,
    open: async () => {
      const { queries, ...connection } = await connector.open(undefined);
      return {
        ...connection,
        queries: {
          ...methodsOf(queries),
          upsertNodes: async (...args) => {
            check(args);
            return queries.upsertNodes(...args);
          },
          upsertRelationships: async (...args) => {
            check(args[1].map(({ relationship }) => relationship));
            return queries.upsertRelationships(...args);
          },
        },
      };
    },
  };
}

function methodsOf(queries: QueryExecutor): QueryExecutor {
  return {
    upsertNodes: (...args) => queries.upsertNodes(...args),
    upsertRelationships: (...args) => queries.upsertRelationships(...args),
    expire: (...args) => queries.expire(...args),
    runHook: (...args) => queries.runHook(...args),
  };
}

function relationshipsOf(graph: MemoryGraph): string[] {
  return [...graph.relationships()]
    .map(({ type, from, to }) => [from.types[0], from.properties.id, type, to.types[0], to.properties.id].join(" "))
    .sort();
}

function contentOf(graph: MemoryGraph): unknown {
  return {
    nodes: [...graph.nodes()].map(({ types, properties }) => JSON.stringify([types, properties])).sort(),
    relationships: relationshipsOf(graph),
  };
}
