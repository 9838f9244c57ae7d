import { loadProject, ProjectFileError } from "datagraph/pipelines";
import { describe, expect, test } from "vitest";
import { workIn } from "../../../test/support/folder.ts";

/** Loads a project of one pipeline. */
async function load(text: string, more: Readonly<Record<string, string>> = {}) {
  await workIn({ "nodestream.yaml": "scopes: { a: { pipelines: [p.yaml], config: { k: v } } }", "p.yaml": text, ...more });
  const project = await loadProject();
  return project.load(project.select(["p"])[0] ?? expect.fail("no pipeline"));
}

/** A pipeline whose interpreter has this as its only interpretation, from line 6. */
const interpretation = (text: string) =>
  `- implementation: nodestream.pipeline:IterableExtractor
  arguments: { iterable: [] }
- implementation: nodestream.interpreting:Interpreter
  arguments:
    interpretations:
      - ${text.replaceAll("\n", "\n        ")}`;

describe("a pipeline file that cannot be understood is refused with its place", () => {
  test.each<[what: string, text: string, message: string | RegExp]>([
    ["no list", "a: 1", "p.yaml:1:1: expected a list of steps, found a map."],
    ["a step that is no map", "- 5", "p.yaml:1:3: expected a step, a map of implementation and arguments, found a number."],
    ["an unknown key", "- implementation: a:B\n  argumens: {}", 'p.yaml:2:3: unknown key "argumens". Did you mean "arguments"?'],
    ["no implementation", "- arguments: {}", 'p.yaml:1:3: expected "implementation": a text; it is missing.'],
    ["an implementation without a class", "- implementation: nodestream", /^p\.yaml:1:19: expected "module:Class"/],
    [
      "an unknown step",
      "- implementation: nodestream.pipeline:FileExtractr",
      'p.yaml:1:19: there is no step "nodestream.pipeline:FileExtractr". Did you mean "FileExtractor"?',
    ],
    [
      "a step of somebody else's",
      "- implementation: my.steps:Mine",
      /^p\.yaml:1:19: "my\.steps:Mine" is Python code of somebody else/,
    ],
    [
      "a step for a system that there is nothing for",
      "- implementation: nodestream.pipeline.extractors.queues:QueueExtractor",
      /^p\.yaml:1:19: QueueExtractor: queues \(SQS\) are not supported\.$/,
    ],
    [
      "Kafka",
      "- implementation: nodestream.pipeline.extractors.streams:StreamExtractor",
      /StreamExtractor: streams \(Kafka, Kinesis\) are not supported/,
    ],
    ["Athena", "- implementation: nodestream.pipeline.extractors.stores.aws:AthenaExtractor", /Amazon Athena are not supported/],
    [
      "DynamoDB",
      "- implementation: nodestream.pipeline.extractors.stores.aws:DynamoDBExtractor",
      /Amazon DynamoDB are not supported/,
    ],
    [
      "files in S3",
      "- implementation: nodestream.pipeline:FileExtractor\n  factory: s3",
      /^p\.yaml:2:12: FileExtractor, s3: files in Amazon S3 are not supported\.$/,
    ],
    [
      "a source in S3",
      "- implementation: nodestream.pipeline:FileExtractor\n  arguments:\n    sources:\n      - { type: s3, bucket: b }",
      'p.yaml:4:17: files from "s3" are not supported; expected local or http.',
    ],
    [
      "an unknown factory",
      "- implementation: nodestream.pipeline:IterableExtractor\n  factory: rage",
      'p.yaml:2:12: IterableExtractor has no factory "rage": expected range.',
    ],
    [
      "a factory where there is none",
      "- implementation: nodestream.pipeline:PassStep\n  factory: local",
      'p.yaml:2:12: PassStep has no factory "local": it has none.',
    ],
    [
      "a wrong argument",
      "- implementation: nodestream.pipeline:FileExtractor\n  factory: local\n  arguments: { globs: x }",
      "p.yaml:3:23: expected a list, found a text (globs).",
    ],
    [
      "an unknown argument",
      "- implementation: nodestream.pipeline:FileExtractor\n  factory: local\n  arguments: { globs: [x], glob: y }",
      'p.yaml:3:28: unknown key "glob". Did you mean "globs"?',
    ],
    [
      "a missing argument",
      "- implementation: nodestream.pipeline:ValueMatchesRegexFilter\n  arguments: { value: x, regex: y }",
      'p.yaml:2:14: expected "include": true or false; it is missing.',
    ],
    [
      "a wrong regular expression",
      "- implementation: nodestream.pipeline:ValueMatchesRegexFilter\n  arguments: { value: x, regex: '(', include: true }",
      /^p\.yaml:2:33: .*expected a regular expression as Python has them/,
    ],
    [
      "a wrong flag",
      "- implementation: nodestream.pipeline:ValueMatchesRegexFilter\n  arguments: { value: x, regex: 'a', include: true, normalize: { do_lower: true } }",
      /p\.yaml:2:\d+: .*unknown key "do_lower"/,
    ],
    [
      "an unknown tag",
      interpretation("{ type: source_node, node_type: A, key: { id: !jmspath id } }"),
      'p.yaml:6:64: there is no tag "!jmspath". Did you mean "!jmespath"?',
    ],
    [
      "a tag that is used wrongly",
      interpretation("{ type: source_node, node_type: A, key: { id: !regex { regexp: x, data: y } } }"),
      /^p\.yaml:6:62: !regex: unknown key "regexp"/,
    ],
    [
      "a tag without its body",
      interpretation("{ type: source_node, node_type: A, key: { id: !config {} } }"),
      "p.yaml:6:63: !config: expected a key of the scope's config, found a map.",
    ],
    [
      "!delayed without a value",
      interpretation("{ type: source_node, node_type: A, key: { id: !delayed { x: 1 } } }"),
      /^p\.yaml:6:64: !delayed: expected a map of "value"/,
    ],
    [
      "an expression that is none",
      interpretation("type: source_node\nnode_type: A\nkey: { id: !jmespath 'a.[' }"),
      /^p\.yaml:8:30: .*expected a JMESPath expression, found "a\.\["/,
    ],
    [
      "an expression deep inside",
      interpretation(
        "type: source_node\nnode_type: A\nkey:\n  id: !format { fmt: '{a}', a: !cast { to: int, data: !jmespath ']' } }",
      ),
      /^p\.yaml:9:\d+: .*expected a JMESPath expression/,
    ],
    [
      "a format without its part",
      interpretation("type: source_node\nnode_type: A\nkey: { id: !format { fmt: '{a}', b: 1 } }"),
      /^p\.yaml:8:35: .*there is no part "a"/,
    ],
    [
      "what is missing, in the file's words",
      interpretation("type: source_node\nnode_type: A\nkey: { id: 1 }\n").concat(
        "\n      - { type: relationship, node_type: B, relationship_type: R, node_key: { firstName: !cast { to: intt, data: 1 } } }",
      ),
      /^p\.yaml:10:\d+: !cast\.to: expected one of int/,
    ],
    [
      "a pattern, in the file's words",
      interpretation("type: source_node\nnode_type: A\nkey: { firstName: !regex { regex: '(', data: x } }"),
      /^p\.yaml:8:\d+: interpretations\[0\]\.key\.firstName\.regex\.regex: expected a regular expression/,
    ],
    [
      "an unknown interpretation",
      interpretation("{ type: sourcenode, node_type: A }"),
      /^p\.yaml:6:17: .*expected one of source_node, relationship/,
    ],
    [
      "an unknown key of an interpretation",
      interpretation("type: relationship\nnode_typ: A"),
      /^p\.yaml:6:9: .*unknown key "node_typ"/,
    ],
    [
      "a wrong rule",
      interpretation("type: source_node\nnode_type: A\nkey: { id: 1 }\n").concat(
        "\n      - { type: relationship, node_type: B, relationship_type: R, node_key: { id: 1 }, node_creation_rule: LAZY }",
      ),
      /^p\.yaml:10:\d+: .*expected one of EAGER, MATCH_ONLY, FUZZY/,
    ],
    [
      "a wrong condition",
      interpretation(
        "type: source_node\nnode_type: A\nkey: { id: 1 }\ncondition: { type: compare, operator: same, left: 1, right: 2 }",
      ),
      /^p\.yaml:9:47: .*expected one of equals/,
    ],
    [
      "a relationship without a source node",
      interpretation("type: properties\nproperties: { a: 1 }"),
      /^p\.yaml:6:9: .*expected a source_node in the same pass \(or in before_iteration\)/,
    ],
    [
      "a wrong case of a switch",
      interpretation("type: switch\nswitch_on: !jmespath a\ncases:\n  1: { type: source_node, node_type: A }"),
      /^p\.yaml:9:14: interpretations\[0\]\.cases\[1\]\[0\]\.key: expected/,
    ],
    [
      "a source as a case",
      "- implementation: nodestream.pipeline:IterableExtractor\n  arguments: { iterable: [] }\n- implementation: nodestream.pipeline.transformers:SwitchTransformer\n  arguments:\n    switch_on: a\n    cases:\n      a: { implementation: nodestream.pipeline:IterableExtractor, arguments: { iterable: [] } }",
      'p.yaml:7:10: expected a step that handles records, found "values".',
    ],
    [
      "an unknown step as a case",
      "- implementation: nodestream.pipeline.transformers:SwitchTransformer\n  arguments:\n    switch_on: a\n    cases: { a: { implementation: nodestream.pipeline:Pass } }",
      /^p\.yaml:4:35: there is no step/,
    ],
    [
      "an included file that is wrong",
      "- implementation: nodestream.pipeline:FileExtractor\n  factory: local\n  arguments: !include arguments.yaml",
      'arguments.yaml:2:1: unknown key "glob". Did you mean "globs"?',
    ],
    [
      "an unknown level",
      "- implementation: nodestream.pipeline:LoggerWriter\n  arguments: { level: LOUD }",
      /^p\.yaml:2:23: expected a level of DEBUG/,
    ],
    [
      "a URL that is none",
      "- implementation: nodestream.pipeline:FileExtractor\n  factory: remote\n  arguments: { urls: [ftp://x] }",
      /^p\.yaml:3:14: A URL of a source: expected one that begins with http/,
    ],
    [
      "no time to live",
      "- implementation: nodestream.pipeline.extractors:TimeToLiveConfigurationExtractor\n  arguments: { graph_object_type: EDGE, configurations: [] }",
      "p.yaml:2:35: expected one of NODE, RELATIONSHIP, found a text (graph_object_type).",
    ],
    [
      "a query without a database",
      "- implementation: nodestream_plugin_neo4j.extractor:Neo4jExtractor\n  arguments: { query: RETURN 1 }",
      'p.yaml:2:14: expected "uri": a text; it is missing.',
    ],
  ])("%s", async (_, text, message) => {
    const error = await load(text, { "arguments.yaml": "globs: [x]\nglob: y" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProjectFileError);
    expect((error as Error).message).toMatch(message);
  });

  test("a file that is not there", async () => {
    await workIn({ "nodestream.yaml": "scopes: { a: { pipelines: [gone.yaml] } }" });
    const project = await loadProject();
    await expect(project.schema()).rejects.toThrow("gone.yaml:1:1: cannot be read (ENOENT).");
  });

  test("what it does not need is not looked at: variables that are not set are null", async () => {
    expect(
      (
        await load(
          interpretation(
            "{ type: source_node, node_type: A, key: { id: !config nothing }, properties: { a: !env NOT_SET_AT_ALL } }",
          ),
        )
      ).name,
    ).toBe("p");
  });
});

describe("steps that do not fit together", () => {
  const values = "- implementation: nodestream.pipeline:IterableExtractor\n  arguments: { iterable: [] }\n";
  const pass = "- implementation: nodestream.pipeline:PassStep\n";
  const node =
    "- implementation: nodestream.interpreting:Interpreter\n  arguments: { interpretations: [{ type: source_node, node_type: A, key: { id: 1 } }] }\n";
  const target = [{ name: "t", connector: "null" }];

  test.each([
    ["no source", pass, /Pipeline "p": nothing comes before its step "pass": expected a source/],
    ["nothing at all", "[]", /Pipeline "p": it has no source/],
    ["no interpreter", values + pass, /Pipeline "p": it has targets, but no step that makes ingestions/],
    ["two interpreters", values + node + node, /its step "interpret 2" comes behind an interpreter/],
    ["a source behind an interpreter", values + node + values, /its source "values 2" comes behind an interpreter/],
  ])("%s", async (_, text, message) => {
    const pipeline = await load(text);
    expect(() => pipeline.plan({ targets: target })).toThrow(message);
  });
});
