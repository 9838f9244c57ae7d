import { describe, expect, it } from "vitest";
import { type ConnectorSuite, collect, Kit, NOW, relate, upsert } from "./kit.ts";

/** A graph is read back in pages; what types it has can be found out. */
export function testRetrieving(suite: ConnectorSuite): void {
  describe("retrieving", () => {
    const kit = new Kit(suite);
    const thing = { type: "Thing", keys: ["id"] };
    const things = (count: number) => Array.from({ length: count }, (_, id) => upsert("Thing", { id }));

    it("gives all nodes of a type once, in pages of the size asked for", async () => {
      await kit.nodes(things(25));
      const pages: number[][] = [];
      for await (const page of kit.connection.types.nodes(thing, { pageSize: 10 }))
        pages.push(page.map(({ key }) => Number(key.id)));
      expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
      expect(new Set(pages.flat()).size).toBe(25);
    });

    it("gives all relationships of a type once, in pages of the size asked for", async () => {
      const nodes = things(26);
      const between = nodes.slice(1).map((node, i) => relate(nodes[i] ?? node, "NEXT", node));
      await kit.nodes(nodes);
      await kit.relationships(between);
      const sizes: number[] = [];
      const seen = new Set<unknown>();
      const wanted = { type: "NEXT", keys: [], from: thing, to: thing };
      for await (const page of kit.connection.types.relationships(wanted, { pageSize: 10 })) {
        sizes.push(page.length);
        for (const { from } of page) seen.add(from.key.id);
      }
      expect(sizes).toEqual([10, 10, 5]);
      expect(seen.size).toBe(25);
    });

    it("gives it in parts that together are all of it", async () => {
      const nodes = things(40);
      await kit.nodes(nodes);
      await kit.relationships(nodes.slice(1).map((node, i) => relate(nodes[i] ?? node, "NEXT", node)));
      const { types } = kit.connection;
      const ids: unknown[] = [];
      const starts: unknown[] = [];
      for (let index = 0; index < 3; index++) {
        const part = { index, of: 3 };
        ids.push(...(await collect(types.nodes(thing, { part, pageSize: 7 }))).map(({ key }) => key.id));
        const next = { type: "NEXT", keys: [], from: thing, to: thing };
        starts.push(...(await collect(types.relationships(next, { part, pageSize: 7 }))).map(({ from }) => from.key.id));
      }
      const numbers = Array.from({ length: 40 }, (_, id) => id);
      expect(ids.sort((a, b) => Number(a) - Number(b))).toEqual(numbers);
      expect(starts.sort((a, b) => Number(a) - Number(b))).toEqual(numbers.slice(0, -1));
    });

    it("gives relationships with all of their ends where that is asked for", async () => {
      const [a, b] = [
        upsert("Thing", { id: 1 }, { name: "a" }, { stamp: false, additionalTypes: ["Red", "Big"] }),
        upsert("Thing", { id: 2 }, {}, { stamp: false }),
      ];
      await kit.connected([relate(a, "NEXT", b, { key: { at: 1 }, stamp: false })]);
      const next = { type: "NEXT", keys: ["at"], from: thing, to: thing };
      expect(await collect(kit.connection.types.relationships(next, { ends: "whole" }))).toEqual([
        {
          from: { type: "Thing", key: { id: 1 }, properties: { name: "a" }, additionalTypes: ["Big", "Red"] },
          to: { type: "Thing", key: { id: 2 }, properties: {}, additionalTypes: [] },
          relationship: { type: "NEXT", key: { at: 1 }, properties: {} },
        },
      ]);
    });

    it("counts nodes of a type, and relationships between two types", async () => {
      const [a, b, c] = [
        upsert("Thing", { id: 1 }),
        upsert("Thing", { id: 2 }, {}, { additionalTypes: ["Big"] }),
        upsert("Other", { id: 1 }),
      ];
      await kit.connected([relate(a, "NEXT", b), relate(b, "NEXT", a), relate(a, "NEXT", c)]);
      const { types } = kit.connection;
      const later = new Date(NOW.getTime() + 1);
      await kit.nodes([b], { now: later });
      const counted = [
        await types.count({ node: "Thing" }),
        await types.count({ node: "Big" }),
        await types.count({ node: "Nothing" }),
        await types.count({ relationship: "NEXT", from: "Thing", to: "Thing" }),
        await types.count({ relationship: "NEXT", from: "Big", to: "Thing" }),
        await types.count({ relationship: "NEXT", from: "Other", to: "Thing" }),
        await types.count({ relationship: "NEXT" }),
        await types.count({ node: "Thing", ingestedUntil: NOW }),
        await types.count({ node: "Thing", ingestedUntil: later }),
        await types.count({ relationship: "NEXT", ingestedUntil: NOW }),
        await types.count({ relationship: "NEXT", ingestedUntil: new Date(NOW.getTime() - 1) }),
      ];
      expect(counted).toEqual([2, 1, 0, 2, 1, 0, 3, 1, 2, 3, 0]);
    });

    it("counts relationships that are beside another one of the same ends and key", async () => {
      const [a, b] = [upsert("Thing", { id: 1 }), upsert("Thing", { id: 2 }, {}, { additionalTypes: ["Big"] })];
      const again = (at: number) => relate(a, "NEXT", b, { properties: { at }, rule: "CREATE" });
      await kit.connected([again(1), again(1), again(2), relate(b, "NEXT", a), relate(a, "OTHER", b)]);
      const { types } = kit.connection;
      const next = { type: "NEXT", keys: [], from: thing, to: thing };
      const big = { type: "Big", keys: ["id"] };
      const counted = [
        await types.countRepeated(next),
        await types.countRepeated({ ...next, keys: ["at"] }),
        await types.countRepeated({ ...next, to: big }),
        await types.countRepeated({ ...next, from: big }),
        await types.countRepeated({ ...next, type: "OTHER" }),
        await types.countRepeated({ ...next, type: "NONE" }),
      ];
      expect(counted).toEqual([2, 1, 2, 0, 0, 0]);
    });

    it("gives relationships with their ids, where these last", async () => {
      const { types } = kit.connection;
      // Without them there is nothing to hold it to.
      if (!types.givesIds) return;
      const [a, b] = [upsert("Thing", { id: 1 }), upsert("Thing", { id: 2 })];
      const again = (at: number) => relate(a, "NEXT", b, { properties: { at }, rule: "CREATE", stamp: false });
      await kit.connected([again(1), again(1)]);
      const next = { type: "NEXT", keys: ["at"], from: thing, to: thing };
      const idsOf = async () =>
        (await collect(types.relationships(next, { idAs: "was" }))).map(({ relationship }) => relationship.key);
      const found = await idsOf();
      expect(found).toEqual(Array.from({ length: 2 }, () => ({ at: 1, was: expect.any(String) })));
      expect(new Set(found.map(({ was }) => was)).size).toBe(2);
      expect(new Set((await idsOf()).map(({ was }) => was))).toEqual(new Set(found.map(({ was }) => was)));
      const taken = collect(types.relationships({ ...next, keys: [] }, { idAs: "at" }));
      await expect(taken).rejects.toThrow(/property "at" of its own/);
    });

    it("gives no empty page, and nothing where there is nothing", async () => {
      await kit.nodes(things(10));
      expect(await sizesOf(kit.connection.types.nodes(thing, { pageSize: 10 }))).toEqual([10]);
      expect(await sizesOf(kit.connection.types.nodes({ type: "Nothing", keys: ["id"] }))).toEqual([]);
    });

    it("gives relationships between the types asked for only", async () => {
      const [a, b] = [upsert("Thing", { id: 1 }), upsert("Other", { id: 1 })];
      await kit.connected([relate(a, "HAS", b), relate(b, "HAS", a), relate(a, "HAS", a)]);
      const other = { type: "Other", keys: ["id"] };
      expect(await kit.allRelationships({ type: "HAS", keys: [], from: thing, to: other })).toHaveLength(1);
      expect(await kit.allRelationships({ type: "HAS", keys: [], from: other, to: other })).toHaveLength(0);
    });

    it("stops when it is told to", async () => {
      await kit.nodes(things(30));
      const aborter = new AbortController();
      const pages = kit.connection.types.nodes(thing, { pageSize: 10, signal: aborter.signal });
      const reading = async () => {
        for await (const _ of pages) aborter.abort(new Error("enough"));
      };
      await expect(reading()).rejects.toThrow("enough");
    });

    it("can be left early", async () => {
      await kit.nodes(things(30));
      for await (const page of kit.connection.types.nodes(thing, { pageSize: 10 })) {
        expect(page).toHaveLength(10);
        break;
      }
      expect(await collect(kit.connection.types.nodes(thing))).toHaveLength(30);
    });

    it("discovers the types, their properties, and what they connect", async () => {
      const [ada, acme] = [upsert("Person", { id: 1 }, { name: "Ada" }), upsert("Company", { id: 2 })];
      await kit.connected([relate(ada, "WORKS_AT", acme, { key: { role: "a" }, properties: { since: 1 } })]);
      const { nodes, relationships } = await kit.connection.types.discover();
      const names = ({ keys, properties }: { keys: readonly string[]; properties: readonly string[] }) =>
        [...keys, ...properties].filter((name) => !name.startsWith("last_")).sort();
      expect(new Map(nodes.map((node) => [node.type, names(node)]))).toEqual(
        new Map([
          ["Person", ["id", "name"]],
          ["Company", ["id"]],
        ]),
      );
      expect(relationships.map((each) => [each.from, each.type, each.to, names(each)])).toEqual([
        ["Person", "WORKS_AT", "Company", ["role", "since"]],
      ]);
    });

    // Not `runIf`: what a database does not do is no skipped test.
    if (suite.capabilities?.discoversKeys)
      it("discovers keys", async () => {
        const [ada, acme] = [upsert("Person", { id: 1, country: "uk" }, { name: "Ada" }), upsert("Company", { id: 2 })];
        await kit.connected([relate(ada, "WORKS_AT", acme, { key: { role: "a" } })]);
        const { nodes, relationships } = await kit.connection.types.discover();
        expect(nodes.find(({ type }) => type === "Person")?.keys).toEqual(["country", "id"]);
        expect(relationships[0]?.keys).toEqual(["role"]);
      });
  });
}

async function sizesOf(pages: AsyncIterable<readonly unknown[]>): Promise<number[]> {
  const sizes: number[] = [];
  for await (const page of pages) sizes.push(page.length);
  return sizes;
}
