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
  });
}
