import { Flow, Supervisor } from "datagraph";
import {
  findConnector,
  graphExpiry,
  nodeIdentity,
  normaliser,
  type Properties,
  registerConnector,
  type TimeToLive,
} from "datagraph/graph";
import { MemoryGraph, memoryConnector } from "datagraph/graph/memory";
import { describe, expect, it } from "vitest";
import { fc } from "../../test/support/random.ts";

describe("normalisers", () => {
  it("apply in order, to texts only", () => {
    expect(normaliser(["trim", "removeTrailingDots"])(" a.. ")).toBe("a");
    expect(normaliser(["removeTrailingDots", "trim"])(" a.. ")).toBe("a..");
    expect(normaliser(["lowercase"])(["A"])).toEqual(["A"]);
    expect(normaliser([])("A")).toBe("A");
    expect(normaliser(["uppercase"])(1)).toBe(1);
  });

  it("follow Unicode and Python", () => {
    expect(normaliser(["uppercase"])("straße")).toBe("STRASSE");
    expect(normaliser(["lowercase"])("ΟΔΟΣ")).toBe("οδος");
    expect(normaliser(["trim"])("\u001c\u0085\u00a0\u3000a\u2028\u2003")).toBe("a");
    expect(normaliser(["trim"])("\ufeffa\u200b")).toBe("\ufeffa\u200b");
    expect(normaliser(["trim"])(" \t\n ")).toBe("");
    expect(normaliser(["removeTrailingDots"])("...")).toBe("");
  });
});

describe("identity", () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.bigInt(-5n, 5n), fc.double({ noNaN: true }));
  const key = fc.dictionary(fc.string(), scalar, { minKeys: 1, maxKeys: 3 });

  it("is equal exactly for equal keys, in whatever order", () => {
    const isSame = (a: unknown, b: unknown) => a === b || (isNumber(a) && isNumber(b) && Number(a) === Number(b));
    const isNumber = (value: unknown) => typeof value === "number" || typeof value === "bigint";
    fc.assert(
      fc.property(fc.string(), fc.string(), key, key, (typeA, typeB, a: Properties, b: Properties) => {
        const names = Object.keys(a);
        const equal =
          typeA === typeB &&
          names.length === Object.keys(b).length &&
          names.every((n) => Object.hasOwn(b, n) && isSame(a[n], b[n]));
        expect(nodeIdentity({ type: typeA, key: a }) === nodeIdentity({ type: typeB, key: b })).toBe(equal);
        const reversed = Object.fromEntries(Object.entries(a).reverse());
        expect(nodeIdentity({ type: typeA, key: reversed })).toBe(nodeIdentity({ type: typeA, key: a }));
      }),
    );
  });
});

describe("connectors", () => {
  it("are found by their alias, registered once, and never replaced", async () => {
    expect((await findConnector("null")).alias).toBe("null");
    const mine = { ...memoryConnector(new MemoryGraph()), alias: "mine" };
    registerConnector(mine);
    registerConnector(mine);
    expect(await findConnector("mine")).toBe(mine);
    expect(() => registerConnector({ ...mine })).toThrow(/another connector/);
    expect(() => registerConnector({ ...mine, alias: "memory" })).toThrow(/another connector/);
  });

  it("that do not exist are an error that says what there is", async () => {
    await expect(findConnector("no-such-package-of-connectors")).rejects.toThrow(/Known ones: memory, neo4j, null/);
    await expect(findConnector("graphology")).rejects.toThrow(/exports no connector/);
    await expect(findConnector("/etc/passwd")).rejects.toThrow(/not the name of a package/);
  });
});

describe("graph expiry", () => {
  const now = () => new Date("2024-05-06T00:00:00Z");
  const graphOf = (...hoursAgo: number[]) => {
    const graph = new MemoryGraph();
    for (const id of hoursAgo) graph.addNode(["Person"], { id, last_ingested_at: new Date(now().getTime() - id * 3_600_000) });
    return graph;
  };
  const expire = async (graph: MemoryGraph, timesToLive: TimeToLive[]) => {
    await using supervisor = new Supervisor();
    const flow = Flow.fromProcessors(graphExpiry({ name: "expire", connector: memoryConnector(graph), now })).resolve();
    const run = await supervisor.startFlow(flow, { timesToLive });
    return await run.outputs["expire.expired"].toArray();
  };

  it("deletes what is due, and tells", async () => {
    const graph = graphOf(0, 10, 30);
    const ttl: TimeToLive = { on: "node", type: "Person", expiryHours: 24 };
    expect(await expire(graph, [ttl])).toEqual([{ ttl, nodesDeleted: 1, relationshipsDeleted: 0, ms: expect.any(Number) }]);
    expect(graph.order).toBe(2);
  });

  it.each([Number.NaN, -1, "24"])("deletes nothing when it lives for %s hours", async (expiryHours) => {
    const graph = graphOf(0, 30);
    const ttl = { on: "node", type: "Person", expiryHours } as TimeToLive;
    await expect(expire(graph, [ttl])).rejects.toMatchObject({ cause: { code: "INVALID_TIME_TO_LIVE" } });
    expect(graph.order).toBe(2);
  });
});
