import { ConnectionError, GraphWriteError, type Properties } from "datagraph/graph";
import { describe, expect, test, vi } from "vitest";
import { fresh } from "../../test/support/fresh.ts";
import {
  askNeo4j,
  context,
  node,
  openNeo4j,
  relationship,
  writeNodes,
  writeRelationships,
} from "../../test/support/neo4j/graph.ts";
import { sharedNeo4j } from "../../test/support/neo4j.ts";

const address = await sharedNeo4j();

/** The nodes of a type, as maps of all their properties, ordered by `id`. */
async function stored(type: string): Promise<unknown[]> {
  const rows = await askNeo4j(
    address,
    "MATCH (n) WHERE $type IN labels(n) RETURN properties(n) AS n, labels(n) AS labels ORDER BY n.id",
    { type },
  );
  return rows.map(({ n, labels }) => ({ ...(n as object), labels: (labels as string[]).filter((label) => label !== type) }));
}

/** Names in one order. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe.each([true, false])("writing, with APOC: %s", (useApoc) => {
  test("creates nodes with keys, properties, labels and stamps, and updates them", async () => {
    const connection = await openNeo4j(address, { useApoc });
    const Person = fresh("Person");
    const additionalTypes = [fresh("Employee"), fresh("Manager")];
    const ada = node(Person, { id: 1, realm: "x" }, { name: "Ada", age: 36, gone: "soon", id: 99 });
    const operation = { ...ada, node: { ...ada.node, additionalTypes } };

    expect(await writeNodes(connection, [operation], context({ pipeline: "people" }))).toMatchObject({
      nodesCreated: 1,
      relationshipsCreated: 0,
    });
    const moment = expect.objectContaining({ year: 2026, month: 3, day: 4, hour: 5, nanosecond: 89e6, timeZoneOffsetSeconds: 0 });
    const stamps = { last_ingested_at: moment, last_ingested_by_people_at: moment, was_ingested_by_people: true };
    expect(await stored(Person)).toEqual([
      { id: 1, realm: "x", name: "Ada", age: 36, gone: "soon", ...stamps, labels: expect.arrayContaining(additionalTypes) },
    ]);

    // What is not named stays, null removes, and nothing is made twice.
    const changed = node(Person, { realm: "x", id: 1 }, { age: 37, gone: null }, { stamp: false });
    expect(await writeNodes(connection, [changed])).toMatchObject({ nodesCreated: 0 });
    expect(await stored(Person)).toMatchObject([{ id: 1, name: "Ada", age: 37, ...stamps }]);
    expect((await stored(Person))[0]).not.toHaveProperty("gone");
  });

  test("stamps nothing where it is not asked to", async () => {
    const connection = await openNeo4j(address, { useApoc });
    const Person = fresh("Person");
    await writeNodes(connection, [node(Person, { id: 1 }, {}, { stamp: false })]);
    expect(await stored(Person)).toEqual([{ id: 1, labels: [] }]);
  });

  test("MATCH_ONLY changes what is there, and FUZZY all whose keys match; neither creates", async () => {
    const connection = await openNeo4j(address, { useApoc });
    const City = fresh("City");
    const cities = ["Bern", "Berlin", "Bonn"].map((id) => node(City, { id }, {}, { stamp: false }));
    await writeNodes(connection, cities);
    expect(
      await writeNodes(connection, [
        node(City, { id: "Bonn" }, { seen: 1 }, { rule: "MATCH_ONLY", stamp: false }),
        node(City, { id: "Paris" }, { seen: 1 }, { rule: "MATCH_ONLY", stamp: false }),
      ]),
    ).toMatchObject({ nodesCreated: 0 });
    await writeNodes(connection, [node(City, { id: "Ber.*" }, { seen: 2 }, { rule: "FUZZY", stamp: false })]);
    expect(await stored(City)).toEqual([
      { id: "Berlin", seen: 2, labels: [] },
      { id: "Bern", seen: 2, labels: [] },
      { id: "Bonn", seen: 1, labels: [] },
    ]);
  });

  test("relationships: one per type, key and pair; CREATE makes another; ends by every rule; to oneself", async () => {
    const connection = await openNeo4j(address, { useApoc });
    const [Person, KNOWS] = [fresh("Person"), fresh("KNOWS")];
    const [ada, bob] = [node(Person, { id: "ada" }), node(Person, { id: "bob" })];
    await writeNodes(connection, [ada, bob]);
    const write = (...operations: Parameters<typeof writeRelationships>[1]) => writeRelationships(connection, operations);

    expect(await write(relationship(ada, KNOWS, bob, { since: 1 }), relationship(ada, KNOWS, ada))).toMatchObject({
      relationshipsCreated: 2,
    });
    expect(await write(relationship(ada, KNOWS, bob, { since: 2 }))).toMatchObject({ relationshipsCreated: 0 });
    expect(await write(relationship(ada, KNOWS, bob, { since: 3 }, { key: { at: "work" } }))).toMatchObject({
      relationshipsCreated: 1,
    });
    expect(await write(relationship(ada, KNOWS, bob, { since: 4 }, { rule: "CREATE" }))).toMatchObject({
      relationshipsCreated: 1,
    });
    const anyone = node(Person, { id: "[ab].*" }, {}, { rule: "FUZZY" });
    expect(await write(relationship(bob, KNOWS, anyone, { since: 5 }))).toMatchObject({ relationshipsCreated: 2 });
    const nobody = node(Person, { id: "carl" }, {}, { rule: "MATCH_ONLY" });
    expect(await write(relationship(bob, KNOWS, nobody))).toMatchObject({ relationshipsCreated: 0, nodesCreated: 0 });

    const found = await askNeo4j(
      address,
      `MATCH (a:\`${Person}\`)-[r:\`${KNOWS}\`]->(b) RETURN a.id + '>' + b.id AS pair, r.since AS since, r.at AS at ORDER BY since, at, pair`,
    );
    expect(found).toEqual([
      { pair: "ada>bob", since: 2, at: null },
      { pair: "ada>bob", since: 3, at: "work" },
      { pair: "ada>bob", since: 4, at: null },
      { pair: "bob>ada", since: 5, at: null },
      { pair: "bob>bob", since: 5, at: null },
      { pair: "ada>ada", since: null, at: null },
    ]);
  });

  test("properties are as they were given, whether all rows have the same or not", async () => {
    const connection = await openNeo4j(address, { useApoc });
    const [Item, LINK] = [fresh("Item"), fresh("LINK")];
    const item = (id: number, properties: Properties) => node(Item, { id }, properties, { stamp: false });
    const lists: readonly (readonly Properties[])[] = [
      [
        { a: 1, b: "x" },
        { b: "y", a: 2 },
      ],
      [{ a: 3 }, { a: null }],
      [{ a: 4 }, { a: 5 }],
      [{ c: [1, 2] }, { a: 6, b: null }],
      [{}, {}],
      [
        { "`": 1, id: 7 },
        { "`": 2, id: 8 },
      ],
      [JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":2}')],
    ];
    for (const [first = {}, second = {}] of lists) {
      await writeNodes(connection, [item(1, first), item(2, second)]);
      const links = [item(1, {}), item(2, {})].map((end, i) =>
        relationship(end, LINK, end, [first, second][i] ?? {}, { stamp: false }),
      );
      await writeRelationships(connection, links);
    }
    const last = JSON.parse('{"__proto__":2}');
    const [one, two] = [
      { a: 4, b: "x", c: [1, 2], "`": 1, ...JSON.parse('{"__proto__":1}') },
      { a: 6, "`": 2, ...last },
    ];
    expect((await stored(Item)).map((each) => JSON.stringify(each, sorted))).toEqual(
      [
        { id: 1, ...one, labels: [] },
        { id: 2, ...two, labels: [] },
      ].map((each) => JSON.stringify(each, sorted)),
    );
    const links = await askNeo4j(address, `MATCH (a)-[r:\`${LINK}\`]->() RETURN properties(r) AS r ORDER BY a.id`);
    expect(links.map(({ r }) => JSON.stringify(r, sorted))).toEqual(
      [
        { ...one, id: 7 },
        { ...two, id: 8 },
      ].map((each) => JSON.stringify(each, sorted)),
    );
    // Nothing to set at all is no statement that Neo4j refuses.
    await writeNodes(connection, [node(Item, { id: 1 }, {}, { rule: "MATCH_ONLY", stamp: false })]);
  });

  test("more rows than a chunk holds", async () => {
    const connection = await openNeo4j(address, { useApoc, chunkSize: 7 });
    const Item = fresh("Item");
    const items = Array.from({ length: 50 }, (_, id) => node(Item, { id }));
    expect(await writeNodes(connection, items)).toMatchObject({ nodesCreated: 50, propertiesSet: 100 });
    expect(await stored(Item)).toHaveLength(50);
  });
});

test("first_ingested_at stays as it was", async () => {
  const connection = await openNeo4j(address, { firstIngestedAt: true });
  const [Item, LINK] = [fresh("Item"), fresh("LINK")];
  const item = node(Item, { id: 1 });
  for (const year of [2001, 2002]) {
    const then = context({ now: new Date(Date.UTC(year)) });
    await writeNodes(connection, [item], then);
    await writeRelationships(connection, [relationship(item, LINK, item)], then);
  }
  const years =
    "RETURN n.first_ingested_at.year AS n1, n.last_ingested_at.year AS n2, r.first_ingested_at.year AS r1, r.last_ingested_at.year AS r2";
  expect(await askNeo4j(address, `MATCH (n:\`${Item}\`)-[r]->() ${years}`)).toEqual([{ n1: 2001, n2: 2002, r1: 2001, r2: 2002 }]);
});

describe("keys", () => {
  const constraints = (type: string) =>
    askNeo4j(
      address,
      "SHOW CONSTRAINTS YIELD name, labelsOrTypes, properties WHERE labelsOrTypes = [$type] RETURN name, properties ORDER BY name",
      { type },
    );

  test("get a uniqueness constraint, once per type and key, however many writers there are", async () => {
    const Person = fresh("Person");
    const writers = await Promise.all(Array.from({ length: 4 }, () => openNeo4j(address)));
    await Promise.all(writers.map((writer, i) => writeNodes(writer, [node(Person, { b: i, a: 1 })])));
    expect(await constraints(Person)).toEqual([{ name: `${Person}_node_key`, properties: ["a", "b"] }]);
    await writeNodes(await openNeo4j(address), [node(Person, { email: "x" })]);
    expect(await constraints(Person)).toEqual([
      { name: `${Person}_email_node_key`, properties: ["email"] },
      { name: `${Person}_node_key`, properties: ["a", "b"] },
    ]);
  });

  test("a missing constraint is warned of, once, with the statement that makes it", async () => {
    const Person = fresh("Person");
    const onWarning = vi.fn();
    const connection = await openNeo4j(address, { ensureKeys: false, onWarning });
    for (const id of [1, 2]) await writeNodes(connection, [node(Person, { id })]);
    expect(await constraints(Person)).toEqual([]);
    expect(onWarning).toHaveBeenCalledOnce();
    const [warning] = onWarning.mock.calls[0] as [string];
    const [, statement = ""] = /To add it: (.*)$/.exec(warning) ?? [];
    await askNeo4j(address, statement);
    expect(await constraints(Person)).toEqual([{ name: `${Person}_node_key`, properties: ["id"] }]);
  });

  test("data that forbids a constraint is a warning, and is written to all the same", async () => {
    const Person = fresh("Person");
    await askNeo4j(address, `UNWIND [1, 1] AS id CREATE (:\`${Person}\` {id: id})`);
    const onWarning = vi.fn();
    const connection = await openNeo4j(address, { onWarning });
    for (const id of [1, 2]) await writeNodes(connection, [node(Person, { id })]);
    expect(onWarning).toHaveBeenCalledOnce();
    expect(onWarning).toHaveBeenCalledWith(expect.stringMatching(/refused a uniqueness constraint.*CREATE CONSTRAINT/s));
    expect(await stored(Person)).toHaveLength(3);
  });

  test("MATCH_ONLY says nothing of identity, so it makes no constraint", async () => {
    const Person = fresh("Person");
    await writeNodes(await openNeo4j(address), [node(Person, { name: "x" }, {}, { rule: "MATCH_ONLY" })]);
    expect(await constraints(Person)).toEqual([]);
  });
});

describe("what Neo4j refuses", () => {
  test("a value that cannot be stored is named, and nothing is written", async () => {
    const connection = await openNeo4j(address);
    const Item = fresh("Item");
    for (const [bad, why] of [
      [{ map: { a: 1 } }, /"map": it is a map/],
      [{ list: [1, null] }, /"list": it is a list with a null/],
      [{ list: [[1]] }, /"list": it is a list in a list/],
      [{ big: 2n ** 63n }, /"big": it is 9223372036854775808, which takes more than 64 bits/],
      [{ when: new Date(Number.NaN) }, /"when": it is an invalid Date/],
      [{ day: { temporal: "date", text: "2023-02-29" } }, /"day": it is "2023-02-29", a day that does not exist/],
      [{ "": 1 }, /empty name/],
      [{ mixed: [1, "a"] }, /Neo4j at .* refused/],
    ] as const) {
      const operations = [node(Item, { id: 1 }), node(Item, { id: 2 }, bad as never)];
      const error: unknown = await writeNodes(connection, operations).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(GraphWriteError);
      expect(error).toMatchObject({ code: "GRAPH_WRITE", message: expect.stringMatching(why) });
    }
    expect(await stored(Item)).toEqual([]);
  });

  test("a constraint that is violated: its own message is the cause", async () => {
    const connection = await openNeo4j(address);
    const Item = fresh("Item");
    await askNeo4j(address, `CREATE CONSTRAINT FOR (n:\`${Item}\`) REQUIRE n.code IS UNIQUE`);
    await writeNodes(connection, [node(Item, { id: 1 }, { code: "a" })]);
    const again = writeNodes(connection, [node(Item, { id: 2 }, { code: "a" })]);
    await expect(again).rejects.toMatchObject({
      code: "GRAPH_WRITE",
      message: expect.stringMatching(/has a constraint that forbids this: Node\(\d+\) already exists/),
      cause: { code: "Neo.ClientError.Schema.ConstraintValidationFailed" },
    });
  });

  test("a key with a null in it, an invalid pattern, an unknown hook", async () => {
    const connection = await openNeo4j(address, { hooks: { known: "RETURN 1" } });
    const Item = fresh("Item");
    await expect(writeNodes(connection, [node(Item, { id: null })])).rejects.toThrow(/null property value/);
    await writeNodes(connection, [node(Item, { id: "x" })]);
    await expect(writeNodes(connection, [node(Item, { id: "(" }, {}, { rule: "FUZZY" })])).rejects.toBeInstanceOf(
      GraphWriteError,
    );
    const hook = { when: "before", name: "toString", parameters: {} } as const;
    await expect(connection.queries.runHook(hook, context())).rejects.toThrow(/no hook "toString".*"known"/);
  });

  test("wrong credentials and unknown databases, without repeating the password", async () => {
    const password = fresh("secret");
    const refused = (options: object) => openNeo4j(address, options).catch((error: unknown) => error);
    const unauthorized = await refused({ password });
    expect(unauthorized).toBeInstanceOf(ConnectionError);
    expect(unauthorized).toMatchObject({
      message: expect.stringContaining("refused the credentials"),
      cause: { code: "Neo.ClientError.Security.Unauthorized" },
    });
    expect(JSON.stringify(unauthorized) + String(unauthorized)).not.toContain(password);
    expect(await refused({ database: "nosuch" })).toMatchObject({
      code: "GRAPH_CONNECTION",
      message: expect.stringContaining("no such database"),
      cause: { code: "Neo.ClientError.Database.DatabaseNotFound" },
    });
    const started = performance.now();
    expect(await refused({ uri: "bolt://127.0.0.1:1" })).toMatchObject({
      code: "GRAPH_CONNECTION",
      message: expect.stringContaining("cannot be reached"),
    });
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

test("the signal stops a write, with its reason, and whatever waits for it", async () => {
  const connection = await openNeo4j(address);
  const Item = fresh("Item");
  await writeNodes(connection, [node(Item, { id: 1 })]);
  const controller = new AbortController();
  await expect(
    writeNodes(connection, [node(Item, { id: 1 })], context({ signal: AbortSignal.abort(new Error("too late")) })),
  ).rejects.toThrow("too late");

  // Another transaction holds the node, so that the write has to wait.
  const { default: driver } = await import("neo4j-driver");
  const other = driver.driver(address.uri, driver.auth.basic(address.username, address.password));
  const session = other.session();
  const transaction = await session.beginTransaction();
  await transaction.run(`MATCH (n:\`${Item}\`) SET n.held = true`);
  const waiting = writeNodes(connection, [node(Item, { id: 1 })], context({ signal: controller.signal }));
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await transaction.rollback();
  await session.close();
  await other.close();
});

test("hooks run statements with the parameters, or functions", async () => {
  const Mark = fresh("Mark");
  const rows: unknown[] = [];
  const connection = await openNeo4j(address, {
    hooks: {
      mark: `CREATE (:\`${Mark}\` {id: $id, at: $at})`,
      count: async (run) => {
        rows.push(...(await run(`MATCH (n:\`${Mark}\`) RETURN n, count(*) AS count`)));
      },
    },
  });
  const at = new Date("2026-01-01T00:00:00Z");
  await connection.queries.runHook({ when: "before", name: "mark", parameters: { id: 7, at } }, context());
  await connection.queries.runHook({ when: "after", name: "count", parameters: {} }, context());
  expect(rows).toEqual([{ n: { id: 7, at }, count: 1 }]);
});
