import { describe, expect, test } from "vitest";
import { knows, one, person, run, shortAll } from "../../../test/support/ingestions.ts";
import { path } from "../providers/provider.ts";
import type { Relationship } from "./declaration.ts";

describe("relationship", () => {
  const all = (options: Partial<Relationship>, record: object) =>
    shortAll(one([person(), knows(options)], { id: 1, ...record })).slice(1);
  const me = "Person{id:1}";
  const cases: readonly [what: string, options: Partial<Relationship>, record: object, result: readonly string[]][] = [
    ["outbound", {}, { friend: "B" }, [`${me}-KNOWS->Person{id:"b"}`]],
    ["inbound", { outbound: false }, { friend: "B" }, [`Person{id:"b"}-KNOWS->${me}`]],
    ["nobody there", {}, {}, []],
    ["to itself", {}, { friend: 1 }, [`${me}-KNOWS->${me}`]],
    ["the first of many", {}, { friend: ["b", "c"] }, [`${me}-KNOWS->Person{id:"b"}`]],
    [
      "find many",
      { findMany: true },
      { friend: ["B", null, "c"] },
      [`${me}-KNOWS->Person{id:"b"}`, `${me}-KNOWS->Person{id:"c"}`],
    ],
    ["find many, none there", { findMany: true }, {}, []],
    ["find many of one text is no letters", { findMany: true, nodeKey: { id: "abc" } }, {}, [`${me}-KNOWS->Person{id:"abc"}`]],
    [
      "pairs by position",
      { findMany: true, nodeKey: { a: path("as"), b: path("bs") } },
      { as: [1, 2, 3], bs: ["x", "y", null] },
      [`${me}-KNOWS->Person{a:1,b:"x"}`, `${me}-KNOWS->Person{a:2,b:"y"}`],
    ],
    [
      "find many maps",
      { findMany: true, nodeKey: path("keys") },
      { keys: [{ a: 1 }, { a: null }] },
      [`${me}-KNOWS->Person{a:1}`],
    ],
    [
      "iterate on: everything from the inner record",
      {
        iterateOn: path("items"),
        nodeKey: { id: path("n") },
        nodeProperties: { p: path("p") },
        relationshipProperties: { q: path("q") },
      },
      { items: [{ n: 1, p: "P", q: 2 }, { p: "no key" }, { n: 3 }] },
      [`${me}-KNOWS{q:2}->Person{id:1}{p:"P"}`, `${me}-KNOWS{q:null}->Person{id:3}{p:null}`],
    ],
    ["iterate on nothing", { iterateOn: path("items") }, {}, []],
    [
      "iterate on, and find many",
      { iterateOn: path("items"), findMany: true, nodeKey: { id: path("ns") } },
      { items: [{ ns: [1, 2] }, { ns: [] }, { ns: [3] }] },
      [1, 2, 3].map((n) => `${me}-KNOWS->Person{id:${n}}`),
    ],
    [
      "a type from the record",
      { relationshipType: path("type"), nodeType: path("type") },
      { friend: 2, type: "LIKES" },
      [`${me}-LIKES->LIKES{id:2}`],
    ],
    [
      "a key of its own, not lowered",
      { relationshipKey: { k: path("k") } },
      { friend: 2, k: "K" },
      [`${me}-KNOWS{k:"K"}->Person{id:2}`],
    ],
    [
      "normalized properties",
      {
        propertiesNormalization: ["uppercase"],
        relationshipKey: { k: "k" },
        relationshipProperties: { p: "p" },
        nodeProperties: { q: "q" },
      },
      { friend: 2 },
      [`${me}-KNOWS{k:"K"}{p:"P"}->Person{id:2}{q:"Q"}`],
    ],
    ["keys keep their case where that is said", { keyNormalization: [] }, { friend: "B" }, [`${me}-KNOWS->Person{id:"B"}`]],
    ["match only", { nodeCreationRule: "MATCH_ONLY" }, { friend: "B" }, [`${me}-KNOWS->Person{id:"b"}!MATCH_ONLY`]],
    [
      "fuzzy: a pattern is not lowered",
      { nodeCreationRule: "FUZZY" },
      { friend: "\\D+" },
      [`${me}-KNOWS->Person{id:"\\\\D+"}!FUZZY`],
    ],
    [
      "fuzzy, lowered where that is said",
      { nodeCreationRule: "FUZZY", keyNormalization: ["lowercase"] },
      { friend: "A.*" },
      [`${me}-KNOWS->Person{id:"a.*"}!FUZZY`],
    ],
    ["create", { relationshipCreationRule: "CREATE" }, { friend: 2 }, [`${me}-KNOWS!CREATE->Person{id:2}`]],
    ["merge key is eager", { relationshipCreationRule: "MERGE_KEY" }, { friend: 2 }, [`${me}-KNOWS->Person{id:2}`]],
    ["more types", { nodeAdditionalTypes: ["Human"] }, { friend: 2 }, [`${me}-KNOWS->Person{id:2}:Human`]],
    ["the node not stamped", { nodeUpdateLastIngested: false }, { friend: 2 }, [`${me}-KNOWS->Person{id:2}~`]],
    ["itself not stamped", { relationshipUpdateLastIngested: false }, { friend: 2 }, [`${me}-KNOWS~->Person{id:2}`]],
    ["cardinality is the schema's matter", { cardinality: "MANY" }, { friend: [2, 3] }, [`${me}-KNOWS->Person{id:2}`]],
  ];
  test.each(cases)("%s", (_, options, record, result) => {
    expect(all(options, record)).toEqual(result);
  });

  test("without a source node there is none", () => {
    expect(run([person(), knows()], { friend: 2 })).toEqual([]);
  });

  test("it may come before its source node", () => {
    expect(shortAll(one([knows(), person()], { id: 1, friend: 2 }))).toEqual([me, `${me}-KNOWS->Person{id:2}`]);
  });
});
