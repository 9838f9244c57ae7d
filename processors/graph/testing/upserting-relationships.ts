import { describe, expect, it } from "vitest";
import type { RetrievedRelationship } from "../connector.ts";
import { type ConnectorSuite, Kit, relate, upsert } from "./kit.ts";

/** Relationships are made once per type, key and pair of nodes; unless a new one is asked for. */
export function testUpsertingRelationships(suite: ConnectorSuite): void {
  describe("upserting relationships", () => {
    const kit = new Kit(suite);
    const [ada, bob] = [upsert("Person", { id: "ada" }), upsert("Person", { id: "bob" })];
    const acme = upsert("Company", { id: "acme" });
    const person = { type: "Person", keys: ["id"] };
    const company = { type: "Company", keys: ["id"] };
    const jobs = (...keys: string[]) => kit.allRelationships({ type: "WORKS_AT", keys, from: person, to: company });

    it("creates a relationship with its properties", async () => {
      await kit.connected([relate(ada, "WORKS_AT", acme, { properties: { since: 1840, part: false } })]);
      expect(await jobs()).toEqual([job("ada", {}, { since: 1840, part: false })]);
    });

    it("has the effect of writing once when it writes twice", async () => {
      const both = [relate(ada, "WORKS_AT", acme), relate(bob, "WORKS_AT", acme)];
      await kit.connected(both);
      await kit.relationships(both);
      expect(await jobs()).toEqual([job("ada"), job("bob")]);
    });

    it("changes the properties that are named, removes those that are null, leaves the others", async () => {
      await kit.connected([relate(ada, "WORKS_AT", acme, { properties: { since: 1840, as: "analyst", part: true } })]);
      await kit.relationships([relate(ada, "WORKS_AT", acme, { properties: { as: "poet", part: null } })]);
      expect(await jobs()).toEqual([job("ada", {}, { since: 1840, as: "poet" })]);
    });

    it("tells relationships of one type between two nodes apart by their key", async () => {
      const both = [relate(ada, "WORKS_AT", acme, { key: { role: "a" } }), relate(ada, "WORKS_AT", acme, { key: { role: "b" } })];
      await kit.connected(both);
      await kit.relationships([relate(ada, "WORKS_AT", acme, { key: { role: "b" }, properties: { since: 1 } })]);
      expect(await jobs("role")).toEqual([job("ada", { role: "a" }), job("ada", { role: "b" }, { since: 1 })]);
    });

    it("tells keys of several parts apart", async () => {
      const keys = [
        { a: 1, b: 2 },
        { b: 1, a: 2 },
        { a: 1, b: 1 },
        { b: 2, a: 1 },
      ];
      await kit.connected(keys.slice(0, 3).map((key) => relate(ada, "WORKS_AT", acme, { key })));
      await kit.relationships([relate(ada, "WORKS_AT", acme, { key: keys[3] ?? {} })]);
      expect((await jobs("a", "b")).map(({ relationship }) => relationship.key)).toEqual([
        { a: 1, b: 1 },
        { a: 1, b: 2 },
        { a: 2, b: 1 },
      ]);
    });

    it("keeps types and directions apart", async () => {
      await kit.connected([relate(ada, "KNOWS", bob), relate(bob, "KNOWS", ada), relate(ada, "LIKES", bob)]);
      const between = { keys: [], from: person, to: person };
      const ends = (all: RetrievedRelationship[]) => all.map(({ from, to }) => `${from.key.id} ${to.key.id}`);
      expect(ends(await kit.allRelationships({ type: "KNOWS", ...between }))).toEqual(["ada bob", "bob ada"]);
      expect(ends(await kit.allRelationships({ type: "LIKES", ...between }))).toEqual(["ada bob"]);
    });

    it("relates a node to itself", async () => {
      await kit.connected([relate(ada, "KNOWS", ada)]);
      await kit.relationships([relate(ada, "KNOWS", ada)]);
      const found = await kit.allRelationships({ type: "KNOWS", keys: [], from: person, to: person });
      expect(found.map(({ from, to }) => [from.key.id, to.key.id])).toEqual([["ada", "ada"]]);
    });

    it("creates a new one each time with the rule CREATE", async () => {
      const visit = relate(ada, "WORKS_AT", acme, { rule: "CREATE" });
      await kit.connected([visit, visit]);
      await kit.relationships([visit]);
      expect(await jobs()).toHaveLength(3);
    });

    it("makes nothing where an end is missing", async () => {
      await kit.nodes([ada]);
      await kit.relationships([relate(ada, "WORKS_AT", acme), relate(bob, "WORKS_AT", acme, { rule: "CREATE" })]);
      expect(await jobs()).toEqual([]);
      expect(await kit.allNodes("Company", "id")).toEqual([]);
    });

    it.skipIf(suite.capabilities?.counts === false)("counts what it created", async () => {
      await kit.nodes([ada, bob, acme]);
      const first = await kit.relationships([relate(ada, "WORKS_AT", acme)]);
      const second = await kit.relationships([relate(ada, "WORKS_AT", acme), relate(bob, "WORKS_AT", acme)]);
      expect([first.relationshipsCreated, second.relationshipsCreated]).toEqual([1, 1]);
    });
  });
}

function job(
  id: string,
  key: RetrievedRelationship["relationship"]["key"] = {},
  properties: RetrievedRelationship["relationship"]["properties"] = {},
): RetrievedRelationship {
  return {
    from: { type: "Person", key: { id } },
    to: { type: "Company", key: { id: "acme" } },
    relationship: { type: "WORKS_AT", key, properties },
  };
}
