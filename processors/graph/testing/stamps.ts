import { describe, expect, it } from "vitest";
import { type ConnectorSuite, collect, contextOf, Kit, NOW, relate, upsert } from "./kit.ts";

/** What was touched, when and by whom; and what is deleted because nobody touched it for long. */
export function testStampsAndExpiry(suite: ConnectorSuite): void {
  describe("stamps", () => {
    testStamps(suite);
  });
  describe("expiry", () => {
    testExpiry(suite);
  });
}

function testStamps(suite: ConnectorSuite): void {
  const kit = new Kit(suite);
  const thing = { type: "Thing", keys: ["id"] };
  const nodeStamps = async () => (await collect(kit.connection.types.nodes(thing))).map(({ properties }) => properties);

  it("says when a node was touched, and by which pipeline", async () => {
    await kit.nodes([upsert("Thing", { id: 1 })], { pipeline: "my `pipe`" });
    const later = new Date(NOW.getTime() + 1);
    await kit.nodes([upsert("Thing", { id: 1 })], { pipeline: "other", now: later });
    expect(await nodeStamps()).toEqual([
      {
        last_ingested_at: later,
        "last_ingested_by_my `pipe`_at": NOW,
        "was_ingested_by_my `pipe`": true,
        last_ingested_by_other_at: later,
        was_ingested_by_other: true,
      },
    ]);
  });

  it("leaves out only when it was touched, where that is asked for", async () => {
    await kit.nodes([upsert("Thing", { id: 1 }, {}, { stamp: false })], { pipeline: "p" });
    expect(await nodeStamps()).toEqual([{ last_ingested_by_p_at: NOW, was_ingested_by_p: true }]);
  });

  it("stamps nodes that are matched", async () => {
    await kit.nodes([upsert("Thing", { id: "a" }, {}, { stamp: false })]);
    await kit.nodes([upsert("Thing", { id: "a" }, {}, { rule: "MATCH_ONLY" })]);
    expect(await nodeStamps()).toEqual([{ last_ingested_at: NOW }]);
  });

  it("stamps relationships", async () => {
    const [from, to] = [upsert("Thing", { id: 1 }), upsert("Thing", { id: 2 })];
    await kit.connected([relate(from, "HAS", to), relate(to, "HAS", from, { stamp: false })], { pipeline: "p" });
    const found = await collect(kit.connection.types.relationships({ type: "HAS", keys: [], from: thing, to: thing }));
    const stamps = found.map(({ from, relationship }) => [from.key.id, relationship.properties] as const);
    expect(Object.fromEntries(stamps)).toEqual({
      1: { last_ingested_at: NOW, last_ingested_by_p_at: NOW, was_ingested_by_p: true },
      2: { last_ingested_by_p_at: NOW, was_ingested_by_p: true },
    });
  });

  it("wins over properties of the same name", async () => {
    await kit.nodes([upsert("Thing", { id: 1 }, { last_ingested_at: "never" })]);
    expect(await nodeStamps()).toEqual([{ last_ingested_at: NOW }]);
  });
}

function testExpiry(suite: ConnectorSuite): void {
  const kit = new Kit(suite);
  const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
  const ids = async (type: string) => (await kit.allNodes(type, "id")).map(({ key }) => key.id);

  it("deletes nodes that were not touched for so long, and what was never stamped stays", async () => {
    for (const hours of [0, 23, 24, 25]) await kit.nodes([upsert("Thing", { id: hours })], { now: hoursAgo(hours) });
    await kit.nodes([upsert("Thing", { id: 99 }, {}, { stamp: false }), upsert("Thing", { id: 98 }, {}, { stamp: false })]);
    await kit.nodes([upsert("Other", { id: 25 })], { now: hoursAgo(25) });
    await kit.connection.queries.expire({ on: "node", type: "Thing", expiryHours: 24 }, contextOf());
    expect(await ids("Thing")).toEqual([0, 23, 98, 99]);
    expect(await ids("Other")).toEqual([25]);
  });

  it("deletes a node's relationships with it", async () => {
    const [old, young] = [upsert("Thing", { id: "old" }), upsert("Thing", { id: "young" })];
    await kit.connected([relate(old, "HAS", young), relate(young, "HAS", old)], { now: hoursAgo(2) });
    await kit.nodes([young]);
    const statistics = await kit.connection.queries.expire({ on: "node", type: "Thing", expiryHours: 1 }, contextOf());
    const thing = { type: "Thing", keys: ["id"] };
    expect(await ids("Thing")).toEqual(["young"]);
    expect(await kit.allRelationships({ type: "HAS", keys: [], from: thing, to: thing })).toEqual([]);
    if (suite.capabilities?.counts !== false) expect(statistics).toMatchObject({ nodesDeleted: 1, relationshipsDeleted: 2 });
  });

  it("deletes relationships and leaves their nodes", async () => {
    const [a, b] = [upsert("Thing", { id: "a" }), upsert("Thing", { id: "b" })];
    await kit.connected([relate(a, "HAS", b), relate(a, "KEEPS", b)], { now: hoursAgo(2) });
    await kit.relationships([relate(b, "HAS", a)]);
    await kit.connection.queries.expire({ on: "relationship", type: "HAS", expiryHours: 1 }, contextOf());
    const thing = { type: "Thing", keys: ["id"] };
    const left = await kit.allRelationships({ type: "HAS", keys: [], from: thing, to: thing });
    expect(left.map(({ from }) => from.key.id)).toEqual(["b"]);
    expect(await kit.allRelationships({ type: "KEEPS", keys: [], from: thing, to: thing })).toHaveLength(1);
    expect(await ids("Thing")).toEqual(["a", "b"]);
  });

  it("deletes more than it does at once", async () => {
    await kit.nodes(
      Array.from({ length: 250 }, (_, id) => upsert("Thing", { id })),
      { now: hoursAgo(2) },
    );
    await kit.connection.queries.expire({ on: "node", type: "Thing", expiryHours: 1, batchSize: 100 }, contextOf());
    expect(await ids("Thing")).toEqual([]);
  });
}
