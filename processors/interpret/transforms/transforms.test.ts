import { DeclarationError } from "datagraph";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { InterpretationError } from "../errors.ts";
import { path, value, variable } from "../providers/provider.ts";
import { compileTransform } from "./compile.ts";
import {
  dropMatching,
  expandJson,
  keepMatching,
  matchRegex,
  type OneOrMoreTransformations,
  project,
  switchTransform,
} from "./declaration.ts";
import { schemaFilter } from "./schema-filter.ts";

const run = (steps: OneOrMoreTransformations, record: unknown) => compileTransform(steps)(record);

describe("projection", () => {
  const record = { team: "x", people: [{ n: 1 }, { n: 2, team: "own" }], words: ["a", "b"] };
  test.each<[string, OneOrMoreTransformations, readonly unknown[]]>([
    ["one record per value", project(path("people")), record.people],
    ["values that are no maps", project(path("words")), ["a", "b"]],
    ["nothing there", project(path("none")), []],
    [
      "additional values of the outer record win",
      project(path("people"), { team: path("team"), size: path("length(people)"), plain: "p" }),
      [
        { n: 1, team: "x", size: 2, plain: "p" },
        { n: 2, team: "x", size: 2, plain: "p" },
      ],
    ],
    [
      "one after the other",
      [project(path("people")), keepMatching({ value: path("n"), possibilities: [2] })],
      [{ n: 2, team: "own" }],
    ],
    ["no steps", [], [record]],
  ])("%s", (_, steps, result) => {
    expect(run(steps, record)).toEqual(result);
  });

  test("inner records are copied, not changed", () => {
    const inner = Object.freeze({ n: 1 });
    expect(run(project(path("people"), { __proto__x: 1 }), { people: [inner] })).toEqual([{ n: 1, __proto__x: 1 }]);
  });

  test("additional values need maps", () => {
    expect(() => run(project(path("words"), { a: 1 }), record)).toThrow(InterpretationError);
    expect(() => run(project(path("words"), { a: 1 }), record)).toThrow(/^transform: steps: .*found a text \(in the record\)/);
  });
});

describe("expand JSON", () => {
  test.each<[string, string | readonly string[], unknown, unknown]>([
    ["a field", "a", { a: '{"b":[1,1.0]}', c: 1 }, { a: { b: [1, { float: 1 }] }, c: 1 }],
    ["deeper", ["a", "b"], { a: { b: "[]", c: 1 } }, { a: { b: [], c: 1 } }],
    ["null is left", "a", { a: null }, { a: null }],
    ["what is missing is left", ["a", "b"], { a: {} }, { a: {} }],
    ["where no map is", ["a", "b"], { a: "text" }, { a: "text" }],
    ["a record that is none", "a", "text", "text"],
    ["a name that prototypes have", "constructor", {}, {}],
  ])("%s", (_, at, record, result) => {
    const before = structuredClone(record);
    expect(run(expandJson(at), record)).toEqual([result]);
    expect(record).toEqual(before);
  });

  test.each([
    ["{", /not JSON/],
    ["", /not JSON/],
    [5, /expected a text that is JSON, found a number/],
  ])("%j is a problem of the record", (a, message) => {
    expect(() => run(expandJson("a"), { a })).toThrow(InterpretationError);
    expect(() => run(expandJson("a"), { a })).toThrow(message);
  });
});

describe("filters", () => {
  const kept = (steps: OneOrMoreTransformations, record: unknown) => run(steps, record).length === 1;
  const fields = [
    { value: path("a"), possibilities: ["X", 1, path("b")], normalization: ["lowercase"] as const },
    { value: path("c"), possibilities: [true, null] },
  ];
  test.each<[record: object, matches: boolean]>([
    [{ a: "x", c: true }, true],
    [{ a: "X" }, true],
    [{ a: 1 }, true],
    [{ a: { float: 1 } }, true],
    [{ a: "1" }, false],
    [{ a: "Bee", b: "BEE" }, true],
    [{ a: "x", c: false }, false],
    [{ a: "x", c: 1 }, false],
    [{ a: "y" }, false],
  ])("possibilities: %j", (record, matches) => {
    expect(kept(keepMatching(...fields), record)).toBe(matches);
    expect(kept(dropMatching(...fields), record)).toBe(!matches);
  });

  test.each<[text: unknown, matches: boolean]>([
    ["abc", true],
    ["ABx", true],
    ["xab", false],
    [null, false],
    [5, false],
  ])("a regular expression at the start: %j", (text, matches) => {
    const filter = (include: boolean) => matchRegex(path("t"), "(?P<start>a)b|b", { include, normalization: ["lowercase"] });
    // Twice: nothing of one record stays for the next one.
    for (let i = 0; i < 2; i++) {
      expect(kept(filter(true), { t: text })).toBe(matches);
      expect(kept(filter(false), { t: text })).toBe(!matches);
    }
  });

  test("a schema, at once or later", async () => {
    const now = schemaFilter(z.object({ n: z.coerce.number() }));
    expect(now({ n: "5" })).toEqual({ accepted: true, value: { n: 5 } });
    expect(now({ n: "x" })).toEqual({ accepted: false });
    const later = schemaFilter(z.string().refine(async (text) => text !== "no"));
    expect(await later("yes")).toEqual({ accepted: true, value: "yes" });
    expect(await later("no")).toEqual({ accepted: false });
  });
});

describe("switch", () => {
  const cases = new Map<string | number, OneOrMoreTransformations>([
    [1, project(path("items"))],
    ["1", expandJson("items")],
    ["none", []],
  ]);
  test.each<[record: object, result: readonly unknown[]]>([
    [{ kind: 1, items: ["a", "b"] }, ["a", "b"]],
    [{ kind: "1", items: "[1]" }, [{ kind: "1", items: [1] }]],
    [{ kind: "NONE" }, [{ kind: "NONE" }]],
    [{ kind: "other" }, [{ kind: "other" }]],
  ])("%j", (record, result) => {
    expect(run(switchTransform(path("kind"), cases, { normalization: ["lowercase"] }), record)).toEqual(result);
  });

  test("a default", () => {
    const steps = switchTransform(path("kind"), {}, { default: [project(path("items")), project(path("[@, @]"))] });
    expect(run(steps, { items: [1, 2] })).toEqual([1, 1, 2, 2]);
  });
});

test.each<[unknown, RegExp]>([
  [{ type: "filter" }, /^steps\.type: expected one of project, expandJson/],
  [[{ type: "expandJson", path: [] }], /^steps\[0\]\.path: expected a name/],
  [[{ type: "expandJson", path: "" }], /^steps\[0\]\.path/],
  [[{ type: "project" }], /^steps\[0\]\.projection: expected a value or a provider/],
  [[{ type: "keepMatching", fields: [{ value: 1 }] }], /^steps\[0\]\.fields\[0\]\.possibilities: expected a list/],
  [[{ type: "matchRegex", value: 1, regex: "(", include: true }], /^steps\[0\]\.regex/],
  [[{ type: "matchRegex", value: 1, regex: "a" }], /^steps\[0\]\.include: expected true/],
  [[{ type: "switch", switchOn: 1, cases: { a: { type: "x" } } }], /^steps\[0\]\.cases\.a\.type/],
  [[{ type: "project", projection: value([]), additional: {} }], /^steps\[0\]: unknown key "additional"/],
])("%# is refused with its place", (steps, message) => {
  expect(() => compileTransform(steps as OneOrMoreTransformations)).toThrow(DeclarationError);
  expect(() => compileTransform(steps as OneOrMoreTransformations)).toThrow(message);
});

test("there are no variables here", () => {
  expect(run(project(path("@"), { v: variable("v") }), { n: 1 })).toEqual([{ n: 1, v: null }]);
});
