import type { Properties } from "datagraph/graph";
import { describe, expect, test } from "vitest";
import { fresh } from "../../test/support/fresh.ts";
import {
  allOf,
  askNeo4j,
  node,
  openNeo4j,
  relationship,
  writeNodes,
  writeRelationships,
} from "../../test/support/neo4j/graph.ts";
import { sharedNeo4j } from "../../test/support/neo4j.ts";
import { fc } from "../../test/support/random.ts";
import { cypherQuery } from "./index.ts";

const address = await sharedNeo4j();
const unstamped = { stamp: false } as const;

describe("values come back as they were written", () => {
  const samples: Properties = {
    text: "line\nbreak 😀 ' \" \\u0060 `",
    long: "x".repeat(100_000),
    empty: "",
    numeric: "0123",
    yes: true,
    no: false,
    zero: 0,
    integer: -42,
    safe: Number.MAX_SAFE_INTEGER,
    unsafe: 2n ** 53n + 1n,
    largest: 2n ** 63n - 1n,
    smallest: -(2n ** 63n),
    fraction: 0.1,
    huge: { float: 1e300 },
    whole: { float: 1 },
    infinite: Number.POSITIVE_INFINITY,
    bytes: new Uint8Array([0, 127, 128, 255]),
    moment: new Date("2026-03-04T05:06:07.089Z"),
    early: new Date("0099-01-01T00:00:00.000Z"),
    day: { temporal: "date", text: "2024-02-29" },
    local: { temporal: "localDateTime", text: "2024-01-01T10:00:00.123456789" },
    zoned: { temporal: "zonedDateTime", text: "2024-07-01T10:00:00+02:00[Europe/Berlin]" },
    offset: { temporal: "zonedDateTime", text: "2024-07-01T10:00:00.5+02:00" },
    fine: { temporal: "zonedDateTime", text: "2024-07-01T10:00:00.000000001Z" },
    time: { temporal: "localTime", text: "10:00:01" },
    zonedTime: { temporal: "zonedTime", text: "10:00:00+01:00" },
    duration: { temporal: "duration", text: "P1Y2M3DT4H5M6.789S" },
    texts: ["a", "", "b"],
    integers: [1, 2, 3],
    floats: [{ float: 1 }, 2.5],
    days: [{ temporal: "date", text: "2024-02-29" }],
    none: [],
    __proto: "own",
    constructor: "mine",
  };

  test("of every kind, in properties", async () => {
    const connection = await openNeo4j(address);
    const Item = fresh("Item");
    await writeNodes(connection, [node(Item, { id: 1 }, samples, unstamped)]);
    const [read] = await allOf(connection.types.nodes({ type: Item, keys: ["id"] }));
    expect(read).toEqual({ type: Item, key: { id: 1 }, properties: samples, additionalTypes: [] });
    // What the database itself takes them for.
    const kinds = await askNeo4j(
      address,
      `MATCH (n:\`${Item}\`) RETURN valueType(n.integer) AS a, valueType(n.whole) AS b, valueType(n.moment) AS c, valueType(n.integers) AS d`,
    );
    expect(kinds).toEqual([
      { a: "INTEGER NOT NULL", b: "FLOAT NOT NULL", c: "ZONED DATETIME NOT NULL", d: "LIST<INTEGER NOT NULL> NOT NULL" },
    ]);
  });

  test("as keys: kinds are kept apart", async () => {
    const connection = await openNeo4j(address);
    const Item = fresh("Item");
    const keys = [1, "1", true, "true", new Date(0), 2n ** 60n, 0.5, ""];
    await writeNodes(
      connection,
      keys.map((id) => node(Item, { id }, {}, unstamped)),
    );
    await writeNodes(
      connection,
      keys.map((id) => node(Item, { id }, {}, unstamped)),
    );
    const read = await allOf(connection.types.nodes({ type: Item, keys: ["id"] }));
    expect(new Set(read.map(({ key }) => key.id))).toEqual(new Set(keys));
    expect(read).toHaveLength(keys.length);
  });

  test("as random ones", async () => {
    const connection = await openNeo4j(address, { ensureKeys: false, onWarning: () => {} });
    const Item = fresh("Item");
    const scalar = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.integer(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
      fc.double({ noInteger: true, noNaN: true }),
      fc.integer().map((float) => ({ float })),
      fc.date({ noInvalidDate: true, min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T00:00:00Z") }),
      fc.uint8Array(),
    );
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 5 })
      .filter((text) => !text.includes("\0") && text !== "id");
    const properties = fc.uniqueArray(fc.tuple(name, scalar), { maxLength: 20, selector: ([text]) => text });
    let id = 0;
    await fc.assert(
      fc.asyncProperty(properties, async (entries) => {
        const written = Object.fromEntries(entries);
        await writeNodes(connection, [node(Item, { id: ++id }, written, unstamped)]);
        for await (const { n } of cypherQuery({
          ...address,
          query: `MATCH (n:\`${Item}\` {id: $id}) RETURN n`,
          parameters: { id },
        })) {
          expect(n).toEqual({ ...written, id });
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("the retriever", () => {
  test("gives nodes and relationships page by page, with keys, labels and stamps", async () => {
    const connection = await openNeo4j(address);
    const [Person, LIVES_IN, City, Extra] = [fresh("Person"), fresh("LIVES_IN"), fresh("City"), fresh("Extra")];
    const people = Array.from({ length: 25 }, (_, id) => {
      const person = node(Person, { id, realm: "r" }, { name: `p${id}` });
      return { ...person, node: { ...person.node, additionalTypes: [Extra] } };
    });
    const city = node(City, { name: "Bern" });
    await writeNodes(connection, people);
    await writeNodes(connection, [city]);
    await writeRelationships(
      connection,
      people.map((person) => relationship(person, LIVES_IN, city, { since: 1 }, { key: { flat: 2 } })),
    );

    const sizes: number[] = [];
    for await (const page of connection.types.nodes({ type: Person, keys: ["id", "realm"] }, { pageSize: 10 }))
      sizes.push(page.length);
    expect(sizes).toEqual([10, 10, 5]);
    const [first] = await allOf(connection.types.nodes({ type: Person, keys: ["id", "realm"] }));
    expect(first).toMatchObject({
      type: Person,
      key: { realm: "r" },
      additionalTypes: [Extra],
      properties: { last_ingested_at: expect.any(Date) },
    });

    const of = {
      type: LIVES_IN,
      keys: ["flat"],
      from: { type: Person, keys: ["id", "realm"] },
      to: { type: City, keys: ["name"] },
    };
    const lives = await allOf(connection.types.relationships(of, { pageSize: 7 }));
    expect(lives).toHaveLength(25);
    expect(lives.find(({ from }) => from.key.id === 3)).toMatchObject({
      from: { type: Person, key: { id: 3, realm: "r" } },
      to: { type: City, key: { name: "Bern" } },
      relationship: { type: LIVES_IN, key: { flat: 2 }, properties: { since: 1 } },
    });
  });

  test("stops when its reader does, or its signal says so", async () => {
    const connection = await openNeo4j(address, { maxConnections: 1 });
    const Item = fresh("Item");
    await writeNodes(
      connection,
      Array.from({ length: 100 }, (_, id) => node(Item, { id })),
    );
    for await (const page of connection.types.nodes({ type: Item, keys: ["id"] }, { pageSize: 10 })) {
      expect(page).toHaveLength(10);
      break;
    }
    const controller = new AbortController();
    const reading = async () => {
      for await (const _ of connection.types.nodes({ type: Item, keys: ["id"] }, { pageSize: 10, signal: controller.signal }))
        controller.abort(new Error("enough"));
    };
    await expect(reading()).rejects.toThrow("enough");
    // The only connection there may be is free again.
    expect(await allOf(connection.types.nodes({ type: Item, keys: ["id"] }))).toHaveLength(100);
  });

  test("says which node has no key, and which property no kind that the model has", async () => {
    const connection = await openNeo4j(address);
    const Item = fresh("Item");
    await askNeo4j(address, `CREATE (:\`${Item}\` {id: 1, where: point({x: 1, y: 2})})`);
    await expect(allOf(connection.types.nodes({ type: Item, keys: ["id"] }))).rejects.toThrow(/Point.*property "where" of node/);
    await expect(allOf(connection.types.nodes({ type: Item, keys: ["code"] }))).rejects.toMatchObject({ code: "GRAPH_READ" });
    await askNeo4j(address, `MATCH (n:\`${Item}\`) REMOVE n.where`);
    await expect(allOf(connection.types.nodes({ type: Item, keys: ["code"] }))).rejects.toThrow(/without "code"/);
  });

  test("discovers types, keys, properties and what relationships connect", async () => {
    const connection = await openNeo4j(address);
    const [Person, City, Extra, LIVES_IN] = [fresh("Person"), fresh("City"), fresh("Extra"), fresh("LIVES_IN")];
    const ada = node(Person, { realm: "r", id: 1 }, { name: "Ada" }, unstamped);
    await writeNodes(connection, [{ ...ada, node: { ...ada.node, additionalTypes: [Extra] } }]);
    const bern = node(City, { name: "Bern" }, { people: 1 }, unstamped);
    await writeNodes(connection, [bern]);
    await writeRelationships(connection, [relationship(ada, LIVES_IN, bern, { since: 1 }, unstamped)]);
    const { nodes, relationships } = await connection.types.discover();
    expect(nodes.filter(({ type }) => [Person, City, Extra].includes(type))).toEqual([
      { type: City, keys: ["name"], properties: ["people"] },
      { type: Person, keys: ["id", "realm"], properties: ["name"] },
    ]);
    expect(relationships.filter(({ type }) => type === LIVES_IN)).toEqual([
      { type: LIVES_IN, from: Person, to: City, keys: [], properties: ["since"] },
    ]);
  });
});

describe("cypherQuery", () => {
  test("gives rows; nodes and relationships are maps of their properties", async () => {
    const [Item, LINK] = [fresh("Item"), fresh("LINK")];
    await askNeo4j(address, `UNWIND range(0, 24) AS i CREATE (:\`${Item}\` {id: i})-[:\`${LINK}\` {w: 1.0}]->(:\`${Item}\`)`);
    const query = `MATCH p = (n:\`${Item}\`)-[r]->() WHERE n.id >= $least RETURN n, r, p, {list: [n, 1]} AS map ORDER BY n.id`;
    const rows = [];
    for await (const row of cypherQuery({ ...address, query, parameters: { least: 20 }, limit: 2 })) rows.push(row);
    expect(rows).toHaveLength(5);
    expect(rows[0]).toEqual({
      n: { id: 20 },
      r: { w: { float: 1 } },
      p: [{ id: 20 }, { w: { float: 1 } }, {}],
      map: { list: [{ id: 20 }, 1] },
    });
  });

  test("asks for page after page where the query has an $offset", async () => {
    const query = "UNWIND range(1, 7) AS i RETURN i SKIP $offset LIMIT $limit";
    const rows = [];
    for await (const { i } of cypherQuery({ ...address, query, limit: 3 })) rows.push(i);
    expect(rows).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("says what is wrong with it", async () => {
    expect(() => cypherQuery({ ...address, query: " " })).toThrow(/"query"/);
    expect(() => cypherQuery({ ...address, query: "RETURN 1", limit: 0 })).toThrow(/"limit"/);
    const reading = async () => {
      for await (const _ of cypherQuery({ ...address, query: "RETRUN 1" }));
    };
    await expect(reading()).rejects.toMatchObject({
      code: "GRAPH_READ",
      message: expect.stringContaining("Invalid input 'RETRUN'"),
    });
  });
});
