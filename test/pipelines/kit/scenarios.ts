import { gzipSync } from "node:zlib";
import type { Scenario } from "./nodestream.ts";

const jsonl = (...records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).join("\n");
const longText = "ä".repeat(100_000);

const local = (glob: string) => `
- implementation: nodestream.pipeline.extractors:FileExtractor
  factory: local
  arguments: { globs: ["${glob}"] }`;

const interpret = (body: string) => `
- implementation: nodestream.interpreting:Interpreter
  arguments:
${body.replaceAll(/^/gm, "    ")}`;

/** A scenario, and the graph that it must make, wherever it is made. */
export interface Expected extends Scenario {
  readonly graph: readonly string[];
}

export const scenarios: Readonly<Record<string, Expected>> = {
  "source nodes and relationships, with nulls, missing keys, duplicates, unicode, numeric and long texts, self relationships": {
    batchSize: 3,
    files: {
      "data/b.jsonl": jsonl(
        { id: "ANN", name: "Ann", age: 30, team: { id: "X" }, friends: ["bo", "ANN", "bo"] },
        { id: "bo", name: null, age: 3.5, friends: [] },
        { id: "ann", name: "Ann Again", friends: null },
        { id: null, name: "nobody", friends: ["bo"] },
        { name: "no key" },
        { id: "42", name: "a numeric text" },
        { id: 42, name: "a number" },
        { id: "", name: "an empty key" },
        { id: "straße ΑΣ", name: "ünï 😀 \u0000 '\"`" },
        { id: true, name: longText },
        { id: "bo", age: null, friends: ["new"] },
      ),
    },
    pipelines: {
      people: `${local("data/*.jsonl")}${interpret(`
interpretations:
  - type: source_node
    node_type: Person%
    key: { id: !jmespath id }
    properties: { name: !jmespath name, age: !jmespath age }
    additional_indexes: [name]
  - type: relationship
    node_type: Person%
    relationship_type: KNOWS
    find_many: true
    node_key: { id: !jmespath "friends[]" }
    relationship_properties: { since: 1999 }
  - type: relationship
    node_type: Team%
    relationship_type: MEMBER
    node_key: { id: !jmespath team.id }
    outbound: false
    key_normalization: { do_lowercase_strings: false }`)}`,
    },
    graph: [
      'Person{id: "", name: "an empty key"}',
      'Person{id: "42", name: "a numeric text"}',
      'Person{id: "ann", name: "Ann Again"}',
      'Person{id: "ann", name: "Ann Again"} -KNOWS{since: 1999}-> Person{id: "ann", name: "Ann Again"}',
      'Person{id: "ann", name: "Ann Again"} -KNOWS{since: 1999}-> Person{id: "bo"}',
      'Person{id: "bo"}',
      'Person{id: "bo"} -KNOWS{since: 1999}-> Person{id: "new"}',
      'Person{id: "new"}',
      'Person{id: "straße ας", name: "ünï 😀 \\u0000 \'\\"`"}',
      'Person{id: 42, name: "a number"}',
      'Person{id: true, name: "ääääääääää"…100000}',
      'Team{id: "X"}',
      'Team{id: "X"} -MEMBER{}-> Person{id: "ann", name: "Ann Again"}',
    ],
  },

  "kinds of values: numbers, dates, lists, truth values": {
    files: {
      "data/a.json":
        '{"id": 1, "float": 1.0, "exp": 1e3, "big": 9007199254740993, "yes": true, "list": [1, 2], "mixed": [1, 2.5], "text": "1"}',
      "data/b.yaml":
        "id: 2\nyes: yes\noctal: 010\nminutes: 1:30\nday: 2024-02-29\nlocal: 2024-02-29 10:11:12\ninstant: 2024-02-29T10:11:12Z\nfloat: 2.0\nnothing: ~\n",
      "data/c.csv": 'id,yes,list\n3, x ,\n\n4,"a,""b""\nc"\n',
      "data/d.txt": "  one line \n\nlast",
      "data/e.jsonl.gz": gzipSync('{"id": 5, "float": -0.0}\n\n{"id": 6}\n'),
    },
    pipelines: {
      values: `${local("data/*")}${interpret(`
interpretations:
  - type: source_node
    node_type: Value%
    key: { id: !jmespath "id || line || 'none'" }
    properties:
      float: !jmespath float
      exp: !jmespath exp
      big: !jmespath big
      "yes": !jmespath '"yes"'
      list: !jmespath "[list]"
      first: !jmespath list
      mixed: !jmespath "[mixed]"
      text: !jmespath text
      octal: !jmespath octal
      minutes: !jmespath minutes
      day: !jmespath day
      local: !jmespath local
      instant: !jmespath instant
      static_float: 2.0
      static_day: 2024-12-24
      static_list: [a, b]
      static_on: on`)}`,
    },
    graph: [
      'Value{big: 9007199254740993, exp: 1000.0, first: 1, float: 1.0, id: 1, list: [1, 2], mixed: [1.0, 2.5], static_day: 2024-12-24, static_float: 2.0, static_list: ["a", "b"], static_on: true, text: "1", yes: true}',
      'Value{day: 2024-02-29, float: 2.0, id: 2, instant: 2024-02-29T10:11:12.000Z, local: 2024-02-29T10:11:12, minutes: 90, octal: 8, static_day: 2024-12-24, static_float: 2.0, static_list: ["a", "b"], static_on: true}',
      'Value{first: "", id: "3", list: "", static_day: 2024-12-24, static_float: 2.0, static_list: ["a", "b"], static_on: true, yes: " x "}',
      'Value{float: 0.0, id: 5, static_day: 2024-12-24, static_float: 2.0, static_list: ["a", "b"], static_on: true}',
      'Value{id: "4", static_day: 2024-12-24, static_float: 2.0, static_list: ["a", "b"], static_on: true, yes: "a,\\"b\\"\\nc"}',
      'Value{id: "last", static_day: 2024-12-24, static_float: 2.0, static_list: ["a", "b"], static_on: true}',
      'Value{id: "none", static_day: 2024-12-24, static_float: 2.0, static_list: ["a", "b"], static_on: true}',
      'Value{id: "one line", static_day: 2024-12-24, static_float: 2.0, static_list: ["a", "b"], static_on: true}',
      'Value{id: 6, static_day: 2024-12-24, static_float: 2.0, static_list: ["a", "b"], static_on: true}',
    ],
  },

  "every value provider": {
    config: "{ suffix: of config, nested: { a: 1 } }",
    files: {
      "included.yaml": '!format { fmt: "{a}-{b:03d}", a: !jmespath a, b: !jmespath b }',
      "data/a.jsonl": jsonl(
        { id: "a", a: "A", b: 7, csv: "x;y;;z", n: "12", f: "1.5", mail: "Ann@Example.ORG", padded: "  A. B. ", json: { p: 1 } },
        { id: "b", a: null, b: 8, csv: null, n: null, f: null, mail: null, padded: null },
      ),
    },
    pipelines: {
      providers: `${local("data/*.jsonl")}${interpret(`
before_iteration:
  - type: variables
    variables: { who: !jmespath mail, unset: ~ }
    normalization: { do_uppercase_strings: true }
interpretations:
  - type: source_node
    node_type: Thing%
    key: { id: !jmespath id }
    properties:
      formatted: !include included.yaml
      variable: !variable who
      unset: !variable nobody
      domain: !regex { regex: "@(?P<domain>.+)$", data: !jmespath mail, group: domain }
      first_letter: !regex { regex: "[a-z]", data: !jmespath mail }
      part: !split { delimiter: ";", data: !jmespath csv }
      int: !cast { to: int, data: !jmespath n }
      float: !cast { to: float, data: !jmespath f }
      str: !cast { to: str, data: !jmespath b }
      none: !cast { to: str, data: !jmespath a }
      bool: !cast { to: bool, data: "false" }
      mapped: !mapping { mapping_name: colours, key: !jmespath a }
      normalized: !normalize { using: trim_whitespace, data: !jmespath padded }
      nested: !normalize { using: lowercase_strings, data: !regex { regex: "^[^@]+", data: !jmespath mail } }
      env: !env TEST_LABEL
      unset_env: !env TEST_NOT_SET
      config: !config suffix
      no_config: !config nothing
      delayed: !delayed { value: !env TEST_LABEL }
  - type: relationship
    node_type: Part%
    relationship_type: HAS
    find_many: true
    node_key: { name: !split { delimiter: ";", data: !jmespath csv } }`)}`,
    },
    graph: [
      'Part{name: ""}',
      'Part{name: "x"}',
      'Part{name: "y"}',
      'Part{name: "z"}',
      'Thing{bool: true, config: "of config", delayed: "of the environment", domain: "Example.ORG", env: "of the environment", first_letter: "n", float: 1.5, formatted: "A-007", id: "a", int: 12, nested: "ann", none: "A", normalized: "A. B.", part: "x", str: "7", variable: "ANN@EXAMPLE.ORG"}',
      'Thing{bool: true, config: "of config", delayed: "of the environment", domain: "Example.ORG", env: "of the environment", first_letter: "n", float: 1.5, formatted: "A-007", id: "a", int: 12, nested: "ann", none: "A", normalized: "A. B.", part: "x", str: "7", variable: "ANN@EXAMPLE.ORG"} -HAS{}-> Part{name: ""}',
      'Thing{bool: true, config: "of config", delayed: "of the environment", domain: "Example.ORG", env: "of the environment", first_letter: "n", float: 1.5, formatted: "A-007", id: "a", int: 12, nested: "ann", none: "A", normalized: "A. B.", part: "x", str: "7", variable: "ANN@EXAMPLE.ORG"} -HAS{}-> Part{name: "x"}',
      'Thing{bool: true, config: "of config", delayed: "of the environment", domain: "Example.ORG", env: "of the environment", first_letter: "n", float: 1.5, formatted: "A-007", id: "a", int: 12, nested: "ann", none: "A", normalized: "A. B.", part: "x", str: "7", variable: "ANN@EXAMPLE.ORG"} -HAS{}-> Part{name: "y"}',
      'Thing{bool: true, config: "of config", delayed: "of the environment", domain: "Example.ORG", env: "of the environment", first_letter: "n", float: 1.5, formatted: "A-007", id: "a", int: 12, nested: "ann", none: "A", normalized: "A. B.", part: "x", str: "7", variable: "ANN@EXAMPLE.ORG"} -HAS{}-> Part{name: "z"}',
      'Thing{bool: true, config: "of config", delayed: "of the environment", env: "of the environment", id: "b", none: "None", str: "8"}',
    ],
  },

  "normalization: flags in their order, for keys and for properties": {
    files: { "data/a.jsonl": jsonl({ id: " A.B.. ", name: " Straße. " }) },
    pipelines: {
      both: `${local("data/*.jsonl")}${interpret(`
interpretations:
  - type: source_node
    node_type: Both%
    key: { id: !jmespath id }
    properties: { name: !jmespath name }
    normalization: { do_trim_whitespace: true, do_remove_trailing_dots: true, do_uppercase_strings: true, do_lowercase_strings: false }`)}`,
      apart: `${local("data/*.jsonl")}${interpret(`
interpretations:
  - type: source_node
    node_type: Apart%
    key: { id: !jmespath id }
    properties: { name: !jmespath name }
    key_normalization: { do_remove_trailing_dots: true, do_trim_whitespace: true }
    properties_normalization: { do_trim_whitespace: true }`)}`,
    },
    graph: ['Apart{id: "a.b..", name: "Straße."}', 'Both{id: "A.B", name: "STRASSE"}'],
  },

  "passes, before_iteration and iterate_on": {
    files: {
      "data/a.json": '{"team": "T", "people": [{"id": 1, "boss": 2}, {"id": 2, "boss": null}, {"boss": 1}]}',
      "data/b.json": '{"team": "Empty", "people": []}',
    },
    pipelines: {
      passes: `${local("data/*.json")}${interpret(`
before_iteration:
  - type: variables
    variables: { team: !jmespath team }
iterate_on: !jmespath "people[]"
interpretations:
  - - type: source_node
      node_type: Person%
      key: { id: !jmespath id }
    - type: relationship
      node_type: Team%
      relationship_type: IN
      node_key: { name: !variable team }
    - type: properties
      properties: { checked: true }
  - - type: source_node
      node_type: Boss%
      key: { id: !jmespath boss }`)}`,
    },
    graph: [
      "Boss{id: 1}",
      "Boss{id: 2}",
      "Person{checked: true, id: 1}",
      'Person{checked: true, id: 1} -IN{}-> Team{name: "t"}',
      "Person{checked: true, id: 2}",
      'Person{checked: true, id: 2} -IN{}-> Team{name: "t"}',
      'Team{name: "t"}',
    ],
  },

  "switches and conditions": {
    files: {
      "data/a.jsonl": jsonl(
        { kind: "dog", id: 1, age: 3 },
        { kind: "CAT", id: 2, age: 12 },
        { kind: 1, id: 3 },
        { kind: "cow", id: 4 },
        { id: 5, age: null },
      ),
    },
    pipelines: {
      animals: `${local("data/*.jsonl")}${interpret(`
interpretations:
  - type: switch
    switch_on: !jmespath kind
    normalization: { do_lowercase_strings: true }
    fail_on_unhandled: false
    cases:
      dog: { type: source_node, node_type: Dog%, key: { id: !jmespath id } }
      cat:
        - { type: source_node, node_type: Cat%, key: { id: !jmespath id } }
        - { type: properties, properties: { purrs: true } }
      1: { type: source_node, node_type: One%, key: { id: !jmespath id } }
      "1": { type: source_node, node_type: Text%, key: { id: !jmespath id } }
  - type: properties
    properties: { old: true }
    condition: { type: compare, operator: greater_than, left: !jmespath age, right: 10 }
  - type: properties
    properties: { young: true }
    condition: { type: not, condition: { type: or, conditions: [{ type: compare, operator: greater_than, left: !jmespath age, right: 10 }, { type: compare, operator: equals, left: !jmespath age, right: null }] } }`)}`,
    },
    graph: ["Cat{id: 2, old: true, purrs: true}", "Dog{id: 1, young: true}", "One{id: 3}"],
  },

  "rules: only looked for, fuzzy, created each time, keys of relationships": {
    files: {
      "data/1.jsonl": jsonl({ id: "Ann" }, { id: "Anna" }, { id: "Bo" }),
      "links/2.jsonl": jsonl(
        { from: "ann", to: "bo", role: "r1", like: "ann.?" },
        { from: "ann", to: "nobody", role: "r2", like: "zz" },
        { from: "ann", to: "bo", role: "R1", like: "B\\w" },
      ),
    },
    pipelines: {
      "1_people": `${local("data/*.jsonl")}${interpret(`
interpretations:
  - { type: source_node, node_type: Person%, key: { id: !jmespath id } }`)}`,
      "2_links": `${local("links/*.jsonl")}${interpret(`
interpretations:
  - { type: source_node, node_type: Person%, key: { id: !jmespath from }, properties: { linked: true }, allow_create: false }
  - { type: relationship, node_type: Person%, relationship_type: MATCHES, node_key: { id: !jmespath to }, match_strategy: MATCH_ONLY }
  - { type: relationship, node_type: Person%, relationship_type: ROLE, node_key: { id: !jmespath to }, node_creation_rule: MATCH_ONLY, relationship_key: { role: !jmespath role } }
  - { type: relationship, node_type: Person%, relationship_type: EACH, node_key: { id: !jmespath to }, node_creation_rule: MATCH_ONLY, relationship_creation_rule: CREATE }
  - { type: relationship, node_type: Person%, relationship_type: LIKE, node_key: { id: !jmespath like }, node_properties: { liked: true }, node_creation_rule: FUZZY }`)}`,
    },
    graph: [
      'Person{id: "ann", liked: true, linked: true}',
      'Person{id: "ann", liked: true, linked: true} -EACH{}-> Person{id: "bo"}',
      'Person{id: "ann", liked: true, linked: true} -EACH{}-> Person{id: "bo"}',
      'Person{id: "ann", liked: true, linked: true} -LIKE{}-> Person{id: "ann", liked: true, linked: true}',
      'Person{id: "ann", liked: true, linked: true} -LIKE{}-> Person{id: "anna", liked: true}',
      'Person{id: "ann", liked: true, linked: true} -MATCHES{}-> Person{id: "bo"}',
      'Person{id: "ann", liked: true, linked: true} -ROLE{role: "R1"}-> Person{id: "bo"}',
      'Person{id: "ann", liked: true, linked: true} -ROLE{role: "r1"}-> Person{id: "bo"}',
      'Person{id: "anna", liked: true}',
      'Person{id: "bo"}',
    ],
  },

  filters: {
    files: {
      "data/a.jsonl": jsonl(
        { id: 1, kind: " Keep ", mail: "a@x.org" },
        { id: 2, kind: "drop", mail: "b@x.org" },
        { id: 3, kind: "keep", mail: "c@y.org" },
        { id: 4, kind: "keep", mail: "root@x.org" },
        { id: 5, kind: null, mail: "e@x.org" },
        { id: 6, kind: "keep", mail: null },
      ),
    },
    pipelines: {
      filtered: `${local("data/*.jsonl")}
- implementation: nodestream.pipeline.filters:ValuesMatchPossibilitiesFilter
  arguments:
    fields:
      - { value: !jmespath kind, possibilities: [keep, !jmespath never], normalization: { do_trim_whitespace: true, do_lowercase_strings: true } }
- implementation: nodestream.pipeline:ValueMatchesRegexFilter
  arguments: { value: !jmespath mail, regex: ".*@x", include: true }
- implementation: nodestream.pipeline.filters:ExcludeWhenValuesMatchPossibilities
  arguments: { fields: [{ value: !jmespath mail, possibilities: [root@x.org] }] }${interpret(`
interpretations:
  - { type: source_node, node_type: Kept%, key: { id: !jmespath id } }`)}`,
    },
    graph: ["Kept{id: 1}", "Kept{id: 5}"],
  },

  "projections, expanded JSON, steps that pass, several extractors": {
    files: {
      "data/a.jsonl": jsonl(
        {
          order: 1,
          lines: [
            { sku: "a", info: '{"price": 1.0}' },
            { sku: "b", info: null },
          ],
        },
        { order: 2, lines: null },
      ),
    },
    pipelines: {
      lines: `${local("data/*.jsonl")}
- implementation: nodestream.pipeline:IterableExtractor
  arguments: { iterable: [{ order: 3, lines: [{ sku: c, info: "{\\"price\\": 2}" }] }] }
- implementation: nodestream.pipeline.transformers:ValueProjection
  arguments: { projection: !jmespath "lines[]", additional_values: { order: !jmespath order } }
- implementation: nodestream.pipeline.transformers:ExpandJsonField
  arguments: { path: info }
- implementation: nodestream.pipeline:PassStep
- implementation: nodestream.pipeline:LoggerWriter
  arguments: { level: DEBUG }${interpret(`
interpretations:
  - { type: source_node, node_type: Line%, key: { order: !jmespath order, sku: !jmespath sku }, properties: { price: !jmespath info.price } }`)}`,
    },
    graph: ['Line{order: 1, price: 1.0, sku: "a"}', 'Line{order: 1, sku: "b"}', 'Line{order: 3, price: 2, sku: "c"}'],
  },

  "a switch of steps of any kind": {
    files: {
      "data/a.jsonl": jsonl(
        { kind: "many", id: 0, of: [{ id: 1 }, { id: 2 }] },
        { kind: "text", id: 3, more: '{"x": 1}' },
        { kind: "other", id: 4 },
      ),
    },
    pipelines: {
      switched: `${local("data/*.jsonl")}
- implementation: nodestream.pipeline.transformers:SwitchTransformer
  arguments:
    switch_on: !jmespath kind
    cases:
      many: { implementation: "nodestream.pipeline.transformers:ValueProjection", arguments: { projection: !jmespath "of[]" } }
      text: { implementation: "nodestream.pipeline.transformers:ExpandJsonField", arguments: { path: more } }${interpret(`
interpretations:
  - { type: source_node, node_type: Record%, key: { id: !jmespath id }, properties: { x: !jmespath more.x } }`)}`,
      interpreted: `${local("data/*.jsonl")}
- implementation: nodestream.pipeline.transformers:SwitchTransformer
  arguments:
    switch_on: !jmespath kind
    cases:
      many: { implementation: "nodestream.interpreting:Interpreter", arguments: { interpretations: [{ type: source_node, node_type: Many%, key: { id: !jmespath id } }] } }
    default: { implementation: "nodestream.interpreting:Interpreter", arguments: { interpretations: [{ type: source_node, node_type: Else%, key: { id: !jmespath id } }] } }`,
    },
    graph: [
      "Else{id: 3}",
      "Else{id: 4}",
      "Many{id: 0}",
      "Record{id: 1}",
      "Record{id: 2}",
      "Record{id: 3, x: 1}",
      "Record{id: 4}",
    ],
  },

  "hostile labels, types, keys and values from data": {
    files: {
      "data/a.jsonl": jsonl(
        {
          type: "A`) DETACH DELETE n //%",
          relation: "R`]-() //%",
          key: { "k`x": 1, __proto__x: 2 },
          value: "'; MATCH (m) DETACH DELETE m //",
        },
        { type: "B \\u0060 %", relation: "$rows%", key: { "a b": "`" }, value: "${x}" },
        { type: "constructor%", relation: "toString%", key: { constructor: "x" }, value: "__proto__" },
      ),
    },
    pipelines: {
      hostile: `${local("data/*.jsonl")}${interpret(`
interpretations:
  - type: source_node
    node_type: !jmespath type
    key: !jmespath key
    properties: { "va\`lue": !jmespath value }
    additional_types: ["Extra\` %"]
  - type: relationship
    node_type: Other%
    relationship_type: !jmespath relation
    node_key: { id: 1 }
    relationship_properties: { "p\`": !jmespath value }`)}`,
    },
    graph: [
      'A`) DETACH DELETE n //:Extra` {__proto__x: 2, k`x: 1, va`lue: "\'; MATCH (m) DETACH DELETE m //"}',
      'A`) DETACH DELETE n //:Extra` {__proto__x: 2, k`x: 1, va`lue: "\'; MATCH (m) DETACH DELETE m //"} -R`]-() //{p`: "\'; MATCH (m) DETACH DELETE m //"}-> Other{id: 1}',
      'B \\u0060 :Extra` {a b: "`", va`lue: "${x}"}',
      'B \\u0060 :Extra` {a b: "`", va`lue: "${x}"} -$rows{p`: "${x}"}-> Other{id: 1}',
      'Extra` :constructor{constructor: "x", va`lue: "__proto__"}',
      'Extra` :constructor{constructor: "x", va`lue: "__proto__"} -toString{p`: "__proto__"}-> Other{id: 1}',
      "Other{id: 1}",
    ],
  },

  "additional types, options that leave stamps out, sub-records": {
    files: { "data/a.jsonl": jsonl({ id: 1, children: [{ id: 2, how: "own" }, { id: 3 }, { how: "no id" }] }) },
    pipelines: {
      more: `${local("data/*.jsonl")}${interpret(`
interpretations:
  - type: source_node
    node_type: Parent%
    key: { id: !jmespath id }
    additional_types: [Human%, Being%]
    update_last_ingested: false
  - type: relationship
    node_type: Child%
    relationship_type: HAS
    cardinality: MANY
    iterate_on: !jmespath "children[]"
    node_key: { id: !jmespath id }
    node_additional_types: [Human%]
    relationship_properties: { how: !jmespath how }
    node_update_last_ingested: false
    relationship_update_last_ingested: false`)}`,
    },
    graph: [
      "Being:Human:Parent{id: 1}",
      'Being:Human:Parent{id: 1} -HAS{how: "own"}-> Child:Human{id: 2}',
      "Being:Human:Parent{id: 1} -HAS{}-> Child:Human{id: 3}",
      "Child:Human{id: 2}",
      "Child:Human{id: 3}",
    ],
  },
};
