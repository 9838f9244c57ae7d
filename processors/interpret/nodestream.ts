import type { Condition } from "./condition.ts";
import { Declared } from "./declared.ts";
import { declaredCases, oneOrMore } from "./interpretations/compile.ts";
import type { Interpretation, InterpreterDeclaration } from "./interpretations/declaration.ts";
import { type Normalization, normalizations } from "./normalise.ts";
import type { Provider } from "./providers/provider.ts";

/*
 * nodestream's words for what is declared here. Values of a translated declaration are providers already: whoever reads a file
 * makes them of its tags, with `nodestreamProvider`. Meaning and defaults are those of nodestream 0.16.
 */

const flags: Readonly<Record<string, Normalization>> = {
  do_lowercase_strings: "lowercase",
  do_uppercase_strings: "uppercase",
  do_trim_whitespace: "trim",
  do_remove_trailing_dots: "removeTrailingDots",
};

/**
 * nodestream's flags as a list, in the order they are written.
 *
 * @param defaults what is on unless a flag turns it off. It comes first.
 * @throws DeclarationError for a flag that there is not.
 */
export function nodestreamNormalization(
  given: unknown,
  defaults: readonly Normalization[] = [],
  at = "normalization",
): Normalization[] {
  const on = new Map(defaults.map((name) => [name, true]));
  const declared = new Declared(given, at);
  if (declared.isThere) {
    declared.map(...Object.keys(flags));
    for (const [flag, value] of declared.entries("a map of flags")) on.set(flags[flag] ?? "lowercase", value.flag(false));
  }
  return [...on].filter(([, isOn]) => isOn).map(([name]) => name);
}

/**
 * What a tag of a pipeline file (`!jmespath`, without the mark) and its body mean.
 *
 * @throws DeclarationError for a tag that is no value provider, or a body that it does not take.
 */
export function nodestreamProvider(tag: string, body: unknown, at = `!${tag}`): Provider {
  const provider = providerOf(tag, body, at);
  ofTags.add(provider as object);
  return provider;
}

/** What was made of tags: in a file, nothing else is a provider. */
const ofTags = new WeakSet<object>();

function providerOf(tag: string, body: unknown, at: string): Provider {
  const declared = new Declared(body, at);
  const part = (name: string) => declared.at(name).value as Provider;
  switch (tag) {
    case "jmespath":
      return { path: declared.text("a JMESPath expression") };
    case "variable":
      return { variable: declared.text("the name of a variable") };
    case "regex": {
      const { value: group } = declared.map("regex", "data", "group").at("group");
      const known = typeof group === "number" || typeof group === "string" ? { group } : {};
      return { regex: { pattern: declared.at("regex").text(), data: part("data"), ...known } };
    }
    case "split":
      return { split: { delimiter: declared.map("delimiter", "data").at("delimiter").text(), data: part("data") } };
    case "cast": {
      const to = declared.map("to", "data").at("to").oneOf(["int", "float", "decimal", "str", "bool", "bytes"]);
      return { cast: { to, data: part("data"), python: true } };
    }
    case "mapping":
      // Nothing in a pipeline file fills the mappings: all of them are empty.
      declared.map("mapping_name", "key");
      return { mapping: { entries: {}, key: part("key") } };
    case "format": {
      const parts = declared.entries("a map of fmt and the parts").filter(([name]) => name !== "fmt");
      return {
        format: { text: part("fmt"), parts: Object.fromEntries(parts.map(([name, value]) => [name, value.value as Provider])) },
      };
    }
    case "normalize":
      return { normalize: { using: normalizationName(declared.map("using", "data").at("using")), data: part("data") } };
    default:
      return declared.refuse("one of !jmespath, !variable, !regex, !split, !cast, !mapping, !format, !normalize", `!${tag}`);
  }
}

/** `lowercase_strings`, with or without the `do_` of the flag. */
function normalizationName(declared: Declared): Normalization {
  const name = declared.text("the name of a normalization");
  const known = Object.keys(flags).map((flag) => flag.slice("do_".length));
  return flags[`do_${name.replace(/^do_/, "")}`] ?? declared.refuse(`one of ${known.join(", ")}`, `"${name}"`);
}

const shared = ["type", "condition"];
const words: Readonly<Record<string, readonly string[]>> = {
  source_node: [
    ...["node_type", "key", "properties", "additional_indexes", "additional_types", "allow_create", "update_last_ingested"],
    ...["normalization", "key_normalization", "properties_normalization"],
  ],
  relationship: [
    ...["node_type", "relationship_type", "node_key", "node_properties", "relationship_key", "relationship_properties"],
    ...["outbound", "find_many", "iterate_on", "cardinality", "node_creation_rule", "match_strategy"],
    ...["relationship_creation_rule", "key_normalization", "properties_normalization", "node_additional_types"],
    ...["node_update_last_ingested", "relationship_update_last_ingested"],
  ],
  properties: ["properties", "normalization"],
  variables: ["variables", "normalization"],
  switch: ["switch_on", "cases", "default", "normalization", "fail_on_unhandled"],
};

/**
 * The declaration that the arguments of nodestream's `Interpreter` step mean.
 *
 * @throws DeclarationError for words that it does not have, with the place in the arguments.
 */
export function nodestreamInterpreter(given: unknown): InterpreterDeclaration {
  const root = new Declared(given, "arguments").map("interpretations", "before_iteration", "iterate_on");
  const at = (key: string) => new Declared(root.at(key).value, key);
  const before = at("before_iteration");
  const iterateOn = at("iterate_on");
  return {
    interpretations: passes(at("interpretations")),
    ...(before.isThere && { beforeIteration: passes(before) }),
    ...(iterateOn.isThere && { iterateOn: iterateOn.value as Provider }),
  };
}

function passes(declared: Declared): InterpreterDeclaration["interpretations"] {
  const items = declared.items("a list of interpretations, or a list of such lists");
  const all = items.map((item) =>
    Array.isArray(item.value) ? item.items("a list of interpretations").map(interpretation) : interpretation(item),
  );
  // A mixture of both is found, with its place, when it is compiled.
  return all as InterpreterDeclaration["interpretations"];
}

function interpretation(declared: Declared): Interpretation {
  const type = declared.at("type").oneOf(Object.keys(words));
  declared.map(...shared, ...(words[type] ?? []));
  const translated: Record<string, unknown> = { type: camelCase(type) };
  for (const [name, { value }] of declared.entries("an interpretation")) {
    if (name === "match_strategy") translated.nodeCreationRule ??= value;
    else if (name !== "type") translated[camelCase(name)] = mapNames.has(name) ? valuesByName(value) : value;
  }
  if (declared.at("condition").isThere) translated.condition = condition(declared.at("condition"));
  if (type === "switch") Object.assign(translated, switchParts(declared));
  // What the values are is checked when this is compiled.
  return { ...translated, ...normalizationsOf(type, declared) } as unknown as Interpretation;
}

/** Where values by name stand. */
const mapNames: ReadonlySet<string> = new Set([
  ...["key", "properties", "node_key", "node_properties", "relationship_key", "relationship_properties", "variables"],
]);

/** A plain text under a name that a kind of provider has, too, stays a text: without a tag nothing is a provider. */
function valuesByName(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ofTags.has(value)) return value;
  const [[name = "", only] = [], ...others] = Object.entries(value);
  return typeof only === "string" && others.length === 0 ? Object.fromEntries([[name, { value: only }]]) : value;
}

function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function switchParts(declared: Declared): object {
  const branch = (one: Declared) => oneOrMore(one).map(interpretation);
  const cases = new Map(declaredCases(declared.at("cases")).map(([value, one]) => [value, branch(one)]));
  return { cases, ...(declared.at("default").isThere && { default: branch(declared.at("default")) }) };
}

/** Keys are lowered first, unless a flag says no; the patterns of `FUZZY` are not, which nodestream does wrongly. */
function normalizationsOf(type: string, declared: Declared): object {
  const rule = declared.at("node_creation_rule").value ?? declared.at("match_strategy").value;
  const read = (name: string, defaults: readonly Normalization[]) =>
    nodestreamNormalization(declared.at(name).value, defaults, declared.at(name).path);
  const usual: readonly Normalization[] = rule === "FUZZY" ? [] : normalizations.slice(0, 1);
  const both = declared.at("normalization").isThere ? "normalization" : undefined;
  if (type === "source_node") {
    return {
      normalization: undefined,
      keyNormalization: read(both ?? "key_normalization", usual),
      propertiesNormalization: read(both ?? "properties_normalization", []),
    };
  }
  if (type === "relationship") {
    return { keyNormalization: read("key_normalization", usual), propertiesNormalization: read("properties_normalization", []) };
  }
  return { normalization: read("normalization", []) };
}

/** nodestream's conditions have our words; their type may be written as a truth value. */
function condition(declared: Declared): Condition {
  if (declared.at("type").value === true) return { type: "true" };
  const inner = declared.at("condition").isThere ? { condition: condition(declared.at("condition")) } : {};
  const list = declared.at("conditions").isThere
    ? { conditions: declared.at("conditions").items("a list of conditions").map(condition) }
    : {};
  return { ...(declared.value as Condition), ...inner, ...list } as Condition;
}
