import { DeclarationError } from "datagraph";
import { describe, expect, test } from "vitest";
import { shortAll } from "../../test/support/ingestions.ts";
import { interpreter } from "./interpreter.ts";
import { nodestreamInterpreter, nodestreamNormalization, nodestreamProvider } from "./nodestream.ts";
import type { Normalization } from "./normalise.ts";

const jmespath = (expression: string) => nodestreamProvider("jmespath", expression);
const run = (given: object, record: unknown) => interpreter(nodestreamInterpreter(given))(record).flatMap(shortAll);

describe("flags", () => {
  test.each<[flags: object | undefined, defaults: readonly Normalization[], list: readonly Normalization[]]>([
    [undefined, [], []],
    [undefined, ["lowercase"], ["lowercase"]],
    [{ do_trim_whitespace: true }, ["lowercase"], ["lowercase", "trim"]],
    [{ do_trim_whitespace: true, do_lowercase_strings: true }, ["lowercase"], ["lowercase", "trim"]],
    [{ do_lowercase_strings: false }, ["lowercase"], []],
    [
      { do_remove_trailing_dots: true, do_trim_whitespace: true, do_uppercase_strings: true },
      [],
      ["removeTrailingDots", "trim", "uppercase"],
    ],
    [{ do_trim_whitespace: false }, [], []],
  ])("%j over %j", (flags, defaults, list) => {
    expect(nodestreamNormalization(flags, defaults)).toEqual(list);
  });

  test("one that there is not", () => {
    expect(() => nodestreamNormalization({ do_trim: true })).toThrow(
      /^normalization: unknown key "do_trim"; known are: do_lowercase_strings/,
    );
  });
});

describe("tags", () => {
  const data = jmespath("x");
  const make = (...tag: [string, unknown]) => nodestreamProvider(...tag);
  test.each<[tag: string, body: unknown, x: unknown, found: unknown]>([
    ["jmespath", "x", 1, 1],
    ["variable", "v", 1, null],
    ["regex", { regex: "(?P<d>\\d)", data, group: "d" }, "a1", "1"],
    ["regex", { regex: "\\d", data }, null, null],
    ["split", { delimiter: "-", data }, "a-b", "a"],
    ["cast", { to: "bool", data }, "false", true],
    ["cast", { to: "str", data }, null, "None"],
    ["mapping", { mapping_name: "m", key: data }, "a", null],
    ["format", { fmt: "{a}/{b}", a: data, b: "B" }, true, "True/B"],
    ["normalize", { using: "lowercase_strings", data }, "A", "a"],
    ["normalize", { using: "do_remove_trailing_dots", data }, "A.", "A"],
  ])("!%s %j", (tag, body, x, found) => {
    const properties = { p: make(tag, body) };
    const interpretations = [{ type: "source_node", node_type: "T", key: { id: 1 }, properties }];
    expect(run({ interpretations }, { x })).toEqual([`T{id:1}{p:${JSON.stringify(found)}}`]);
  });

  test.each<[tag: string, body: unknown, message: RegExp]>([
    ["static", "x", /expected one of !jmespath, .* found !static/],
    ["jmespath", 5, /^!jmespath: expected a JMESPath expression, found a number/],
    ["cast", { to: "date", data }, /^!cast\.to: expected one of int/],
    ["regex", { pattern: "x", data }, /^!regex: unknown key "pattern"; known are: regex, data, group/],
    ["normalize", { using: "lower", data }, /^!normalize\.using: expected one of lowercase_strings/],
  ])("!%s %j is refused", (tag, body, message) => {
    expect(() => make(tag, body)).toThrow(DeclarationError);
    expect(() => make(tag, body)).toThrow(message);
  });
});

describe("interpretations", () => {
  const node = { type: "source_node", node_type: "T", key: { id: jmespath("id") } };
  const related = { type: "relationship", node_type: "U", relationship_type: "R", node_key: { k: jmespath("k") } };

  test("every word of them", () => {
    const given = {
      before_iteration: [{ type: "variables", variables: { v: jmespath("v") }, normalization: { do_uppercase_strings: true } }],
      iterate_on: jmespath("items"),
      interpretations: [
        [
          {
            ...node,
            properties: { v: nodestreamProvider("variable", "v") },
            additional_indexes: ["v"],
            additional_types: ["More"],
            normalization: { do_trim_whitespace: true },
            allow_create: false,
            update_last_ingested: false,
          },
          {
            ...related,
            node_properties: { p: jmespath("p") },
            relationship_key: { q: jmespath("p") },
            relationship_properties: { r: jmespath("p") },
            outbound: false,
            find_many: true,
            cardinality: "MANY",
            match_strategy: "MATCH_ONLY",
            relationship_creation_rule: "CREATE",
            key_normalization: { do_lowercase_strings: false },
            properties_normalization: { do_uppercase_strings: true },
            node_additional_types: ["Also"],
            node_update_last_ingested: false,
            relationship_update_last_ingested: false,
          },
        ],
        [
          {
            type: "switch",
            switch_on: jmespath("id"),
            cases: { a: node },
            default: [{ ...node, node_type: "Default" }],
            fail_on_unhandled: false,
            condition: {
              type: "not",
              condition: {
                type: "and",
                conditions: [{ type: true }, { type: "compare", operator: "equals", left: 1, right: 2 }],
              },
            },
          },
          { type: "properties", properties: { x: " X " }, normalization: { do_trim_whitespace: true } },
        ],
      ],
    };
    const source = 'T{id:"a b"}{v:"V"}:More!MATCH_ONLY~';
    expect(run(given, { v: "v", items: [{ id: " A B ", k: ["K", "L"], p: "p" }] })).toEqual([
      source,
      ...["K", "L"].map((k) => `U{k:"${k}"}{p:"P"}:Also!MATCH_ONLY~-R{q:"P"}{r:"P"}!CREATE~->${source}`),
      'Default{id:" a b "}{x:"X"}',
    ]);
  });

  test("patterns are not lowered, keys are", () => {
    const fuzzy = { ...related, node_creation_rule: "FUZZY" };
    expect(run({ interpretations: [node, fuzzy] }, { id: "A", k: "\\D" })).toEqual([
      'T{id:"a"}',
      'T{id:"a"}-R->U{k:"\\\\D"}!FUZZY',
    ]);
  });

  test.each<[given: object, message: RegExp]>([
    [
      { interpretation: [] },
      /^arguments: unknown key "interpretation"; known are: interpretations, before_iteration, iterate_on/,
    ],
    [{ interpretations: [{ type: "source" }] }, /^interpretations\[0\]\.type: expected one of source_node, relationship/],
    [
      { interpretations: [{ ...node, nodeType: "x" }] },
      /^interpretations\[0\]: unknown key "nodeType"; known are: type, condition, node_type/,
    ],
    [
      { interpretations: [[{ ...node, key_normalization: { lower: true } }]] },
      /^interpretations\[0\]\[0\]\.key_normalization: unknown key "lower"/,
    ],
    [
      { interpretations: [{ type: "switch", switch_on: 1, cases: { a: { type: "x" } } }] },
      /^interpretations\[0\]\.cases\.a\.type/,
    ],
  ])("%# is refused in its own words", (given, message) => {
    expect(() => nodestreamInterpreter(given)).toThrow(DeclarationError);
    expect(() => nodestreamInterpreter(given)).toThrow(message);
  });
});
