import { describe, expect, test } from "vitest";
import { one, person, run, shortAll } from "../../../test/support/ingestions.ts";
import { format, mapping, path, variable } from "../providers/provider.ts";
import { properties, type SourceNode, variables } from "./declaration.ts";

describe("source node", () => {
  const cases: readonly [what: string, options: Partial<SourceNode>, record: unknown, result: string | undefined][] = [
    ["key and no properties", {}, { id: "A" }, 'Person{id:"a"}'],
    ["keys keep their case where that is said", { keyNormalization: [] }, { id: "A" }, 'Person{id:"A"}'],
    ["keys as said, in its order", { keyNormalization: ["trim", "removeTrailingDots"] }, { id: " A. " }, 'Person{id:"A"}'],
    ["another order", { keyNormalization: ["removeTrailingDots", "trim"] }, { id: " A. " }, 'Person{id:"A."}'],
    [
      "both at once",
      { normalization: ["uppercase"], properties: { n: path("n") } },
      { id: "a", n: "b" },
      'Person{id:"A"}{n:"B"}',
    ],
    [
      "each its own",
      { normalization: ["uppercase"], propertiesNormalization: ["trim"], properties: { n: path("n") } },
      { id: "a", n: " b " },
      'Person{id:"A"}{n:"b"}',
    ],
    ["properties keep their case", { properties: { n: path("n") } }, { id: "a", n: " B " }, 'Person{id:"a"}{n:" B "}'],
    ["a null property is null", { properties: { n: path("n") } }, { id: "a" }, 'Person{id:"a"}{n:null}'],
    ["a list gives its first element", { properties: { n: path("n") } }, { id: "a", n: ["x", "y"] }, 'Person{id:"a"}{n:"x"}'],
    [
      "a list in brackets is stored",
      { properties: { n: path("[n]") } },
      { id: "a", n: ["x", "y"] },
      'Person{id:"a"}{n:["x","y"]}',
    ],
    [
      "integers and floats in a list become floats",
      { properties: { n: path("[n]") } },
      { id: "a", n: [1, 1.5] },
      'Person{id:"a"}{n:[{"float":1},1.5]}',
    ],
    ["an empty list", { properties: { n: path("[n]") } }, { id: "a", n: [] }, 'Person{id:"a"}{n:[]}'],
    [
      "properties from a provider",
      { properties: path("props") },
      { id: "a", props: { x: 1, y: null } },
      'Person{id:"a"}{x:1,y:null}',
    ],
    ["properties from nothing", { properties: path("props") }, { id: "a" }, 'Person{id:"a"}'],
    ["a key from a provider", { key: path("key") }, { key: { a: "X", b: 2 } }, 'Person{a:"x",b:2}'],
    ["a key from a provider, with a null part", { key: path("key") }, { key: { a: "X", b: null } }, undefined],
    ["a property called like a provider", { key: { path: path("id") } }, { id: 1 }, "Person{path:1}"],
    ["another one", { properties: { value: path("n") } }, { id: 1, n: 2 }, "Person{id:1}{value:2}"],
    ["a plain one", { properties: { value: 5 } }, { id: 1 }, "Person{id:1}{value:5}"],
    [
      "with a provider of its own kind",
      { properties: { format: format("{n}", { n: path("n") }) } },
      { id: 1, n: 2 },
      'Person{id:1}{format:"2"}',
    ],
    [
      "properties of a map that is written down",
      { properties: { value: { a: 1, b: "x" } } },
      { id: 1 },
      'Person{id:1}{a:1,b:"x"}',
    ],
    ["a key from nothing", { key: path("key") }, {}, undefined],
    ["no key, no node", {}, {}, undefined],
    ["one part of two is null", { key: { id: path("id"), at: path("at") } }, { id: 1 }, undefined],
    ["an empty text is a key", {}, { id: "" }, 'Person{id:""}'],
    ["a blank is a key", {}, { id: " " }, 'Person{id:" "}'],
    ["0 is a key", {}, { id: 0 }, "Person{id:0}"],
    ["false is a key", {}, { id: false }, "Person{id:false}"],
    ["a float is a key", {}, { id: { float: 1 } }, 'Person{id:{"float":1}}'],
    ["64 bits are a key", {}, { id: 2n ** 63n - 1n }, "Person{id:9223372036854775807n}"],
    ["a type from the record, as it is", { nodeType: path("type") }, { id: 1, type: "My `Type`" }, "My `Type`{id:1}"],
    ["more types", { additionalTypes: ["Human", "Being"] }, { id: 1 }, "Person{id:1}:Human:Being"],
    ["not made where there is none", { allowCreate: false }, { id: 1 }, "Person{id:1}!MATCH_ONLY"],
    ["not stamped", { updateLastIngested: false }, { id: 1 }, "Person{id:1}~"],
    ["indexes are the schema's matter", { additionalIndexes: ["n"] }, { id: 1 }, "Person{id:1}"],
    ["lower case of other scripts", {}, { id: "ΟΔΟΣ İ" }, 'Person{id:"οδος i̇"}'],
    [
      "names that prototypes have",
      { key: { constructor: path("id") }, properties: { toString: path("toString") } },
      { id: 1 },
      "Person{constructor:1}{toString:null}",
    ],
  ];
  test.each(cases)("%s", (_, options, record, result) => {
    expect(run([person(options)], record).flatMap(shortAll)).toEqual(result === undefined ? [] : [result]);
  });

  test("__proto__ is a name like any other", () => {
    const record = JSON.parse('{"id":1,"props":{"__proto__":"x"}}');
    const { nodes } = one([person({ properties: path("props") })], record);
    const found = nodes[0]?.node.properties ?? {};
    expect(Object.getOwnPropertyNames(found)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  });

  test("the record is not changed, and nothing of a list is shared with it", () => {
    const record = Object.freeze({ id: "A", n: Object.freeze(["x"]) });
    const { nodes } = one([person({ properties: { n: path("[n]") } })], record);
    expect(nodes[0]?.node.properties.n).toEqual(["x"]);
  });
});

describe("properties and variables", () => {
  const record = { id: 1, a: "A", b: "B", map: { x: 1 } };

  test("properties join in, before and after; what is written later wins", () => {
    const first = properties({ p: path("a"), q: path("a") });
    const node = person({ properties: { q: path("b"), r: path("b") } });
    const last = properties({ r: path("a") }, { normalization: ["lowercase"] });
    expect(shortAll(one([first, node, last], record))).toEqual(['Person{id:1}{p:"A",q:"B",r:"a"}']);
  });

  test("properties from a provider", () => {
    expect(shortAll(one([person(), properties(path("map"))], record))).toEqual(["Person{id:1}{x:1}"]);
  });

  test("variables are found afterwards, and see one another's", () => {
    const steps = [
      variables({ v: path("a") }, { normalization: ["lowercase"] }),
      variables({ w: format("{v}!", { v: variable("v") }), all: path("[map]") }),
      person({ properties: { p: variable("w"), q: variable("nobody") } }),
      properties(variable("all")),
    ];
    expect(shortAll(one(steps, record))).toEqual(['Person{id:1}{p:"a!",q:null,x:1}']);
  });

  test("variables from a provider", () => {
    const steps = [variables(path("map")), person({ properties: { p: variable("x") } })];
    expect(shortAll(one(steps, record))).toEqual(["Person{id:1}{p:1}"]);
  });

  test("the last source node that runs counts, without the properties of those before", () => {
    const steps = [
      person({ properties: { p: path("a") } }),
      properties({ q: path("b") }),
      person({ nodeType: "Other", properties: {} }),
    ];
    expect(shortAll(one(steps, record))).toEqual(['Other{id:1}{q:"B"}']);
  });

  test("a mapping of the interpreter", () => {
    const declaration = {
      interpretations: [person({ properties: { p: mapping("m", path("a")) } })],
      mappings: { m: { A: "mapped" } },
    };
    expect(run(declaration, record).flatMap(shortAll)).toEqual(['Person{id:1}{p:"mapped"}']);
  });
});
