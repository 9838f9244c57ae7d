import { describe, expect, it } from "vitest";
import { type ConnectorSuite, Kit, stored, upsert } from "./kit.ts";

/** Nodes are made once, found by type and key, and updated. */
export function testUpsertingNodes(suite: ConnectorSuite): void {
  describe("upserting nodes", () => {
    const kit = new Kit(suite);

    it("creates a node with its key, properties and additional types", async () => {
      await kit.nodes([upsert("Person", { id: 1 }, { name: "Ada", tags: ["a", "b"] }, { additionalTypes: ["Writer", "Adult"] })]);
      expect(await kit.allNodes("Person", "id")).toEqual([
        stored("Person", { id: 1 }, { name: "Ada", tags: ["a", "b"] }, ["Adult", "Writer"]),
      ]);
    });

    it("has the effect of writing once when it writes twice", async () => {
      const people = [upsert("Person", { id: 1 }, { name: "Ada" }), upsert("Person", { id: 2 }, { name: "Bob" })];
      await kit.nodes(people);
      await kit.nodes(people);
      expect(await kit.allNodes("Person", "id")).toEqual([
        stored("Person", { id: 1 }, { name: "Ada" }),
        stored("Person", { id: 2 }, { name: "Bob" }),
      ]);
    });

    it("changes the properties that are named, removes those that are null, leaves the others", async () => {
      await kit.nodes([upsert("Person", { id: 1 }, { name: "Ada", age: 36, city: "London" })]);
      await kit.nodes([upsert("Person", { id: 1 }, { name: "Ada Lovelace", city: null, gone: null })]);
      expect(await kit.allNodes("Person", "id")).toEqual([stored("Person", { id: 1 }, { name: "Ada Lovelace", age: 36 })]);
    });

    it("creates a node without the properties that are null", async () => {
      await kit.nodes([upsert("Person", { id: 1 }, { name: null })]);
      expect(await kit.allNodes("Person", "id")).toEqual([stored("Person", { id: 1 })]);
    });

    it("adds additional types and takes none away", async () => {
      await kit.nodes([upsert("Person", { id: 1 }, {}, { additionalTypes: ["Writer"] })]);
      await kit.nodes([upsert("Person", { id: 1 }, {}, { additionalTypes: ["Adult"] })]);
      await kit.nodes([upsert("Person", { id: 1 })]);
      expect(await kit.allNodes("Person", "id")).toEqual([stored("Person", { id: 1 }, {}, ["Adult", "Writer"])]);
    });

    it("finds a node by any of its types", async () => {
      await kit.nodes([upsert("Person", { id: 1 }, {}, { additionalTypes: ["Writer"] })]);
      await kit.nodes([upsert("Writer", { id: 1 }, { books: 3 })]);
      expect(await kit.allNodes("Person", "id")).toEqual([stored("Person", { id: 1 }, { books: 3 }, ["Writer"])]);
    });

    it("takes keys of several parts, in any order", async () => {
      await kit.nodes([
        upsert("Place", { country: "uk", name: "York" }, { size: 1 }),
        upsert("Place", { country: "us", name: "York" }),
      ]);
      await kit.nodes([upsert("Place", { name: "York", country: "uk" }, { size: 2 })]);
      expect(await kit.allNodes("Place", "country", "name")).toEqual([
        stored("Place", { country: "uk", name: "York" }, { size: 2 }),
        stored("Place", { country: "us", name: "York" }),
      ]);
    });

    it("keeps nodes of two types with one key apart", async () => {
      await kit.nodes([upsert("Person", { id: 1 }, { of: "person" }), upsert("Company", { id: 1 }, { of: "company" })]);
      expect(await kit.allNodes("Person", "id")).toEqual([stored("Person", { id: 1 }, { of: "person" })]);
      expect(await kit.allNodes("Company", "id")).toEqual([stored("Company", { id: 1 }, { of: "company" })]);
    });

    it("writes a large list", async () => {
      const many = Array.from({ length: 2500 }, (_, i) => upsert("Person", { id: i }, { name: `n${i}` }));
      await kit.nodes(many);
      await kit.nodes(many.slice(0, 10));
      expect(await kit.allNodes("Person", "id")).toHaveLength(2500);
    });

    it.skipIf(suite.capabilities?.counts === false)("counts what it created", async () => {
      const first = await kit.nodes([upsert("Person", { id: 1 }), upsert("Person", { id: 2 })]);
      const second = await kit.nodes([upsert("Person", { id: 2 }), upsert("Person", { id: 3 })]);
      expect([first.nodesCreated, second.nodesCreated]).toEqual([2, 1]);
    });
  });
}
