import { Supervisor } from "datagraph";
import { dueByTimesToLive } from "datagraph/audit";
import { expire, expireFlow } from "datagraph/expire";
import { type ConnectorChoice, connect, type Expired } from "datagraph/graph";
import { MemoryGraph, memoryConnector } from "datagraph/graph/memory";
import { describe, expect, it } from "vitest";
import { fresh } from "../../test/support/fresh.ts";
import { allOf, context, node, relationship, writeNodes, writeRelationships } from "../../test/support/neo4j/graph.ts";
import { sharedNeo4j } from "../../test/support/neo4j.ts";

const neo4j = await sharedNeo4j();
const NOW = new Date("2026-01-31T12:00:00Z");
const now = () => NOW;
const memory = (): ConnectorChoice => ({ connector: memoryConnector(new MemoryGraph()) });

describe.each<[string, () => ConnectorChoice]>([
  ["the embedded graph", memory],
  ["Neo4j", () => ({ connector: "neo4j", options: neo4j })],
])("in %s", (_, open) => {
  it("what nobody touched for long is deleted, and nothing else; before that it can be counted", async () => {
    const [database, [Person, Team, KNOWS]] = [open(), [fresh("Person"), fresh("Team"), fresh("KNOWS")]];
    await fill(database, { Person, Team, KNOWS });
    const timesToLive = [
      { on: "relationship", type: KNOWS, expiryHours: 36 },
      { on: "node", type: Person, expiryHours: 24, batchSize: 2 },
    ] as const;
    expect(await dueByTimesToLive(database, timesToLive, { now: NOW })).toEqual([
      { on: "relationship", type: KNOWS, expiryHours: 36, total: 9, due: 3, unstamped: 0 },
      { on: "node", type: Person, expiryHours: 24, total: 10, due: 6, unstamped: 1 },
    ]);
    expect(await idsOf(database, Person)).toHaveLength(10);
    const expired = await expire({ ...database, timesToLive, now });
    expect(
      expired.map(({ ttl, nodesDeleted = 0, relationshipsDeleted }) => [ttl.type, nodesDeleted, relationshipsDeleted]),
    ).toEqual([
      [KNOWS, 0, 3],
      [Person, 6, expect.any(Number)],
    ]);
    expect(await idsOf(database, Person)).toEqual([0, 1, 2, 3]);
    const left = await dueByTimesToLive(database, timesToLive, { now: NOW });
    expect(left.map(({ due }) => due)).toEqual([0, 0]);
    const [team] = await dueByTimesToLive(database, [{ on: "node", type: Team, expiryHours: 1 }], { now: NOW });
    expect(team).toMatchObject({ total: 1, due: 1 });
  });
});

describe("expiring", () => {
  it("is a flow like any other", async () => {
    const database = memory();
    await fill(database, { Person: "Person", Team: "Team", KNOWS: "KNOWS" });
    const timesToLive = [{ on: "node", type: "Person", expiryHours: 0 }] as const;
    await using supervisor = new Supervisor();
    const run = await supervisor.startFlow(expireFlow({ ...database, timesToLive, now, name: "tidy" }), {});
    const [expired] = ((await run.outputs["tidy.expired"]?.toArray()) ?? []) as Expired[];
    expect(expired).toMatchObject({ ttl: timesToLive[0], nodesDeleted: 9 });
  });

  it("refuses what could delete what was to be kept, before anything runs", () => {
    const ttl = { on: "node", type: "Person", expiryHours: 24 } as const;
    expect(() => expireFlow({ connector: "null", timesToLive: [] })).toThrow(/timesToLive is empty/);
    expect(() => expireFlow({ connector: "null", timesToLive: [ttl, { ...ttl, expiryHours: 1 }] })).toThrow(/two times to live/);
    for (const bad of [{ expiryHours: -1 }, { expiryHours: Number.NaN }, { type: "" }, { batchSize: 0 }]) {
      expect(() => expireFlow({ connector: "null", timesToLive: [{ ...ttl, ...bad }] })).toThrow(/A time to live's/);
    }
  });

  it("ends with what the database says", async () => {
    const timesToLive = [{ on: "node", type: "Person", expiryHours: 1, customQuery: "RETURN 1" }] as const;
    await expect(expire({ ...memory(), timesToLive })).rejects.toMatchObject({ cause: { code: "GRAPH_WRITE" } });
  });
});

/** Ten people, each of whom knows the next one: touched now, 6 hours ago, 12 hours ago and so on. The first one was never stamped. */
async function fill(
  database: ConnectorChoice,
  { Person, Team, KNOWS }: Record<"Person" | "Team" | "KNOWS", string>,
): Promise<void> {
  const connection = await connect(database);
  const people = Array.from({ length: 10 }, (_, id) => node(Person, { id }, {}, { stamp: id > 0 }));
  const at = (i: number) => context({ now: new Date(NOW.getTime() - i * 6 * 3_600_000) });
  for (const [i, person] of people.entries()) await writeNodes(connection, [person], at(i));
  for (const [i, person] of people.slice(1).entries())
    await writeRelationships(connection, [relationship(people[i] ?? person, KNOWS, person)], at(i));
  await writeNodes(connection, [node(Team, { id: 1 })], at(9));
  await connection.close();
}

async function idsOf(database: ConnectorChoice, type: string): Promise<unknown[]> {
  const connection = await connect(database);
  const nodes = await allOf(connection.types.nodes({ type, keys: ["id"] }));
  await connection.close();
  return nodes.map(({ key }) => key.id).sort();
}
