import { describe, expect, it } from "vitest";
import type { PropertyValue } from "../model.ts";
import { type ConnectorSuite, Kit, stored, upsert } from "./kit.ts";

/** Every kind of value comes back as what it was. */
export function testValues(suite: ConnectorSuite): void {
  describe("values", () => {
    const kit = new Kit(suite);

    it.each(SAME)("keeps %s", async (_, value) => {
      await kit.nodes([upsert("Thing", { id: 1 }, { value })]);
      expect(await kit.allNodes("Thing", "id")).toEqual([stored("Thing", { id: 1 }, { value })]);
    });

    it.each(ONE_FORM)("gives %s in one form", async (_, value, expected) => {
      await kit.nodes([upsert("Thing", { id: 1 }, { value })]);
      expect(await kit.allNodes("Thing", "id")).toEqual([stored("Thing", { id: 1 }, { value: expected })]);
    });

    it.each(SAME.filter(([, value]) => isKey(value)))("finds a key that is %s", async (_, id) => {
      await kit.nodes([upsert("Thing", { id }, { written: 1 })]);
      await kit.nodes([upsert("Thing", { id }, { written: 2 })]);
      expect(await kit.allNodes("Thing", "id")).toEqual([stored("Thing", { id }, { written: 2 })]);
    });

    it("keeps keys of different kinds apart, and equal numbers together", async () => {
      for (const id of [0, false, "0", "", 1, true, "1", " 1"]) await kit.nodes([upsert("Thing", { id }, { kind: typeof id })]);
      for (const id of [1n, { float: 1 }]) await kit.nodes([upsert("Thing", { id }, { again: true })]);
      const found = await kit.allNodes("Thing", "id");
      expect(found).toHaveLength(8);
      expect(found.filter(({ properties }) => properties.again === true).map(({ key }) => key.id)).toEqual([1]);
    });

    it("keeps very long texts", async () => {
      const text = "é€🙂x".repeat(50_000);
      await kit.nodes([upsert("Thing", { id: 1 }, { text })]);
      const [thing] = await kit.allNodes("Thing", "id");
      expect(thing?.properties.text === text).toBe(true);
    });

    it("finds keys that are long texts", async () => {
      const longest = Math.min(suite.capabilities?.longestKey ?? 100_000, 100_000);
      const [id, other] = [`${"k".repeat(longest - 1)}1`, `${"k".repeat(longest - 1)}2`];
      await kit.nodes([upsert("Thing", { id }), upsert("Thing", { id: other })]);
      await kit.nodes([upsert("Thing", { id }, { found: true })]);
      expect((await kit.allNodes("Thing", "id")).map(({ properties }) => properties)).toEqual([{ found: true }, {}]);
    });
  });
}

/** Dates are instants; a graph gives the others back as it writes them. */
const SAME: readonly [what: string, value: PropertyValue][] = [
  ["an empty text", ""],
  ["blanks", "  "],
  ["a text that looks like a number", "007"],
  ["line ends and tabs", "a\nb\r\n\tc"],
  ["the control character U+0001", "a\u0001b"],
  ["letters of many scripts", "Ünïcödé Ελληνικά 日本語 עברית"],
  ["emoji and combining marks", "👩‍👩‍👧 e\u0301 é"],
  ["the character U+FEFF and U+2028", "\ufeffa\u2028b"],
  ["true", true],
  ["false", false],
  ["0", 0],
  ["a negative integer", -5],
  ["2^53 - 1", 2 ** 53 - 1],
  ["an integer beyond 2^53", 2n ** 53n + 1n],
  ["the largest integer", 2n ** 63n - 1n],
  ["the smallest integer", -(2n ** 63n)],
  ["a fraction", 0.1],
  ["a float without a fraction", { float: 5 }],
  ["a float beyond the integers", { float: 1e300 }],
  ["the smallest float", 5e-324],
  ["infinity", Number.POSITIVE_INFINITY],
  ["bytes", Uint8Array.of(0, 1, 254, 255)],
  ["an instant", new Date("2024-05-06T07:08:09.123Z")],
  ["an instant before 1970", new Date("1815-12-10T00:00:00.000Z")],
  ["a day", { temporal: "date", text: "2024-02-29" }],
  ["a local date and time", { temporal: "localDateTime", text: "2024-05-06T07:08:09.000000001" }],
  ["a local time", { temporal: "localTime", text: "07:08:09.5" }],
  ["a time with its zone", { temporal: "zonedTime", text: "07:08:09+02:00" }],
  ["a date and time with an offset", { temporal: "zonedDateTime", text: "2024-05-06T07:08:09+02:00" }],
  ["a duration", { temporal: "duration", text: "P1M2DT3S" }],
  ["an empty list", []],
  ["a list of texts", ["a", "", "ü"]],
  ["a list of integers", [1, -2, 3]],
  ["a list of large integers", [1, 2n ** 60n]],
  ["a list of fractions", [0.5, 1.5]],
  ["a list of booleans", [true, false]],
  ["a list of instants", [new Date(0), new Date(1)]],
  ["a list of days", [{ temporal: "date", text: "2024-05-06" }]],
];

const ONE_FORM: readonly [what: string, value: PropertyValue, expected: PropertyValue][] = [
  ["a small bigint", 5n, 5],
  ["a wrapped fraction", { float: 0.5 }, 0.5],
  ["-0", -0, 0],
  ["2^53", 2 ** 53, 2n ** 53n],
  ["a number beyond 64 bits", 2 ** 64, { float: 2 ** 64 }],
  ["a list of integers and fractions", [1, 0.5], [{ float: 1 }, 0.5]],
];

function isKey(value: PropertyValue): boolean {
  return typeof value !== "object" || value instanceof Date || (value !== null && ("float" in value || "temporal" in value));
}
