import { describe, expect, it } from "vitest";
import type { PropertyValue } from "../model.ts";
import { type ConnectorSuite, collect, Kit, relate, stored, upsert } from "./kit.ts";

/** Names and values that mean something to query languages, to files and to JavaScript are names and values. */
export function testHostileNames(suite: ConnectorSuite): void {
  describe("hostile names and values", () => {
    const kit = new Kit(suite);

    it.each(HOSTILE)("takes %j for a type", async (type) => {
      await kit.nodes([upsert(type, { id: 1 }, {}, { additionalTypes: [`${type}2`] }), upsert("Innocent", { id: 1 })]);
      await kit.nodes([upsert(type, { id: 1 }, { again: true })]);
      expect(await kit.allNodes(type, "id")).toEqual([stored(type, { id: 1 }, { again: true }, [`${type}2`])]);
      expect(await kit.allNodes("Innocent", "id")).toEqual([stored("Innocent", { id: 1 })]);
    });

    it.each(HOSTILE)("takes %j for the name of a key part and of a property", async (name) => {
      const [key, properties] = [own(name, "k"), own(`${name}p`, "v")];
      await kit.nodes([upsert("Thing", key, own(`${name}p`, "other"))]);
      await kit.nodes([upsert("Thing", key, properties)]);
      expect(await kit.allNodes("Thing", name)).toEqual([stored("Thing", key, properties)]);
    });

    it.each(HOSTILE)("takes %j for a value", async (value) => {
      await kit.nodes([upsert("Thing", { id: value }, { value, list: [value] })]);
      await kit.nodes([upsert("Thing", { id: value }, { again: true })]);
      expect(await kit.allNodes("Thing", "id")).toEqual([stored("Thing", { id: value }, { value, list: [value], again: true })]);
    });

    it.each(HOSTILE)("takes %j for a relationship's type, key and property", async (name) => {
      const [from, to] = [upsert("Thing", { id: 1 }), upsert("Thing", { id: 2 })];
      const key = own(name, name);
      const properties = own(`${name}p`, name);
      await kit.connected([relate(from, name, to, { key })]);
      await kit.relationships([relate(from, name, to, { key, properties })]);
      const thing = { type: "Thing", keys: ["id"] };
      expect(await kit.allRelationships({ type: name, keys: [name], from: thing, to: thing })).toEqual([
        {
          from: { type: "Thing", key: { id: 1 } },
          to: { type: "Thing", key: { id: 2 } },
          relationship: { type: name, key, properties },
        },
      ]);
    });

    it("leaves every prototype as it was", async () => {
      // One type for all. Values differ: `__proto__` is a key of one of them, and a key is one node's.
      const nodes = HOSTILE.map((name, i) => upsert("Thing", own(name, "k"), own("__proto__", [`v${i}`])));
      await kit.nodes(nodes);
      expect(Object.keys(Object.prototype)).toEqual([]);
      const found = await collect(kit.connection.types.nodes({ type: "Thing", keys: [] }));
      expect(found).toHaveLength(HOSTILE.length);
      for (const { properties } of found) {
        expect(Object.hasOwn(properties, "__proto__")).toBe(true);
        expect(Array.isArray(Object.getPrototypeOf(properties))).toBe(false);
      }
    });
  });
}

/** With a property of any name. */
function own<T extends PropertyValue>(name: string, value: T): Readonly<Record<string, T>> {
  return Object.fromEntries([[name, value]]);
}

const HOSTILE: readonly string[] = [
  "two words",
  "`",
  "``",
  "a`b",
  "`) DETACH DELETE n //",
  "x`}) MATCH (m) DETACH DELETE m WITH 1 AS `y",
  "\\u0060) MATCH (n) DETACH DELETE n //",
  "\\",
  "a\\",
  "'",
  '"',
  "' OR 1=1 --",
  "$param",
  "$(1 + 1)",
  "{{x}}",
  "a:b|c&d!e",
  "line\nend",
  "// comment",
  "/* comment",
  "<script>&amp;]]>",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "Ünïcödé 日本語 🙂",
  "0",
  " ",
  "type",
  "id",
  "key",
  "properties",
];
