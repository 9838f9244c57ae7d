import { describe, expect, it } from "vitest";
import { GraphWriteError } from "../errors.ts";
import { type ConnectorSuite, collect, contextOf, Kit, relate, upsert } from "./kit.ts";

/** Several connections see one graph; what a database does not know is a typed error. */
export function testConnections(suite: ConnectorSuite): void {
  describe("connections", () => {
    const kit = new Kit(suite);

    it("can be closed twice", async () => {
      const connection = await suite.open();
      await connection.close();
      await connection.close();
    });

    it("see one graph", async () => {
      const other = await suite.open();
      await kit.nodes([upsert("Thing", { id: 1 })]);
      expect(await collect(other.types.nodes({ type: "Thing", keys: ["id"] }))).toHaveLength(1);
      await other.close();
      expect(await kit.allNodes("Thing", "id")).toHaveLength(1);
    });

    it("write one node when they write it at once", async () => {
      const others = await Promise.all([1, 2, 3].map(() => suite.open()));
      await kit.nodes([upsert("Thing", { id: "shared" })]);
      const shape = { type: "Thing", keys: ["id"], additionalTypes: [], rule: "EAGER", stamp: true } as const;
      const lists = others.map(({ queries }, i) =>
        queries.upsertNodes(shape, [upsert("Thing", { id: "shared" }, { [`by${i}`]: true })], contextOf()),
      );
      await Promise.all(lists);
      expect((await kit.allNodes("Thing", "id")).map(({ properties }) => properties)).toEqual([
        { by0: true, by1: true, by2: true },
      ]);
      await Promise.all(others.map((other) => other.close()));
    });

    it("refuse a hook that they do not know", async () => {
      const hook = { when: "before", name: "no such hook", parameters: {} } as const;
      await expect(kit.connection.queries.runHook(hook, contextOf())).rejects.toThrow(GraphWriteError);
    });

    it("refuse an expression that is none, and write nothing of its list", async () => {
      await kit.nodes([upsert("Thing", { id: "a" })]);
      const rule = "FUZZY";
      const list = [
        upsert("Thing", { id: "a" }, { seen: true }, { rule }),
        upsert("Thing", { id: "(" }, { seen: true }, { rule }),
      ];
      await expect(kit.nodes(list)).rejects.toMatchObject({ code: "GRAPH_WRITE", kind: "data" });
      const source = upsert("Thing", { id: "a" });
      const relationships = list.map((to) => relate(source, "HAS", to));
      await expect(kit.relationships(relationships)).rejects.toMatchObject({ code: "GRAPH_WRITE", kind: "data" });
      expect((await kit.allNodes("Thing", "id")).map(({ properties }) => properties)).toEqual([{}]);
    });
  });
}
