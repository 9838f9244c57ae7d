import { describe, expect, it } from "vitest";
import { type ConnectorSuite, Kit, relate, stored, upsert } from "./kit.ts";

/** What is created, what only matched, and what matches loosely. */
export function testRules(suite: ConnectorSuite): void {
  describe("creation rules", () => {
    const kit = new Kit(suite);
    const people = () =>
      kit.nodes(["ada@x.org", "bob@x.org", "bob@y.org"].map((mail) => upsert("Person", { mail }, { seen: 0 })));

    it("MATCH_ONLY updates what is there and creates nothing", async () => {
      await people();
      const rule = "MATCH_ONLY";
      await kit.nodes([
        upsert("Person", { mail: "ada@x.org" }, { seen: 1 }, { rule }),
        upsert("Person", { mail: "eve" }, {}, { rule }),
      ]);
      expect(await kit.allNodes("Person", "mail")).toEqual([
        stored("Person", { mail: "ada@x.org" }, { seen: 1 }),
        stored("Person", { mail: "bob@x.org" }, { seen: 0 }),
        stored("Person", { mail: "bob@y.org" }, { seen: 0 }),
      ]);
    });

    it("MATCH_ONLY finds nodes by properties that are not their key", async () => {
      await people();
      await kit.nodes([upsert("Person", { seen: 0 }, { found: true }, { rule: "MATCH_ONLY" })]);
      expect((await kit.allNodes("Person", "mail")).map(({ properties }) => properties)).toEqual([
        { seen: 0, found: true },
        { seen: 0, found: true },
        { seen: 0, found: true },
      ]);
    });

    it("FUZZY takes the key for an expression over the whole value, and touches every match", async () => {
      await people();
      const rule = "FUZZY";
      await kit.nodes([
        upsert("Person", { mail: "bob@.*" }, { seen: 1 }, { rule }),
        upsert("Person", { mail: "ada" }, { seen: 1 }, { rule }),
      ]);
      expect((await kit.allNodes("Person", "mail")).map(({ properties }) => properties)).toEqual([
        { seen: 0 },
        { seen: 1 },
        { seen: 1 },
      ]);
    });

    it("FUZZY knows classes, alternatives, and flags", async () => {
      await people();
      await kit.nodes([upsert("Person", { mail: "(?i)(ADA|eve)@[a-z]\\.\\w{3}" }, { seen: 1 }, { rule: "FUZZY" })]);
      expect((await kit.allNodes("Person", "mail")).map(({ properties }) => properties)).toEqual([
        { seen: 1 },
        { seen: 0 },
        { seen: 0 },
      ]);
    });

    it("FUZZY matches no value that is not a text", async () => {
      await kit.nodes([upsert("Person", { id: 12 }), upsert("Person", { id: "12" })]);
      await kit.nodes([upsert("Person", { id: "\\d+" }, { found: true }, { rule: "FUZZY" })]);
      const found = (await kit.allNodes("Person", "id")).filter(({ properties }) => properties.found === true);
      expect(found).toEqual([stored("Person", { id: "12" }, { found: true })]);
    });

    it("relationships to nodes that are only matched are made where these are there", async () => {
      await people();
      const source = upsert("Person", { mail: "ada@x.org" });
      const rule = "MATCH_ONLY";
      await kit.relationships([
        relate(source, "KNOWS", upsert("Person", { mail: "bob@x.org" }, {}, { rule })),
        relate(source, "KNOWS", upsert("Person", { mail: "nobody" }, {}, { rule })),
      ]);
      const ends = { type: "Person", keys: ["mail"] };
      const found = await kit.allRelationships({ type: "KNOWS", keys: [], from: ends, to: ends });
      expect(found.map(({ from, to }) => [from.key, to.key])).toEqual([[{ mail: "ada@x.org" }, { mail: "bob@x.org" }]]);
    });

    it("relationships to nodes that match loosely are made to each of them", async () => {
      await people();
      await kit.relationships([
        relate(
          upsert("Person", { mail: "ada@x.org" }),
          "KNOWS",
          upsert("Person", { mail: "bob@[xy]\\.org" }, {}, { rule: "FUZZY" }),
        ),
      ]);
      const ends = { type: "Person", keys: ["mail"] };
      const found = await kit.allRelationships({ type: "KNOWS", keys: [], from: ends, to: ends });
      expect(found.map(({ to }) => to.key)).toEqual([{ mail: "bob@x.org" }, { mail: "bob@y.org" }]);
    });
  });
}
