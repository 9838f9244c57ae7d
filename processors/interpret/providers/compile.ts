import { Declared } from "../declared.ts";
import { Problem } from "../errors.ts";
import { declaredNormalization, normalizations, normalizer } from "../normalise.ts";
import { describeValue, identity, isFloat, isMap, isTemporal } from "../values.ts";
import { compileCast } from "./cast.ts";
import { asMany, type Compiled, constantOf, each, found } from "./compiled.ts";
import { compileJmespath } from "./jmespath.ts";
import { castTypes } from "./provider.ts";
import { fieldNames, fillTemplate, parseTemplate, type Template } from "./python-format.ts";
import { pythonRegex } from "./python-regex.ts";

/** What providers may refer to by name. */
export interface Surroundings {
  readonly mappings: Declared;
}

export const noSurroundings: Surroundings = { mappings: new Declared(undefined, "mappings") };

type Compile = (body: Declared, surroundings: Surroundings) => Compiled;

const kinds: Readonly<Record<string, Compile>> = {
  path: compilePath,
  value: (body) => constantOf(body.value),
  variable: (body) => {
    const name = body.text("the name of a variable");
    return { one: ({ variables }) => variables.get(name) ?? null, many: ({ variables }) => asMany(variables.get(name)) };
  },
  regex: compileRegex,
  split: compileSplit,
  cast: compileCastProvider,
  mapping: compileMapping,
  format: compileFormat,
  normalize: compileNormalize,
};

/** Whether this is a provider, and not a plain value. */
export function isProvider(value: unknown): boolean {
  if (!isMap(value)) return false;
  const [only, ...more] = Object.keys(value);
  return only !== undefined && more.length === 0 && Object.hasOwn(kinds, only);
}

/**
 * Whether what stands where values by name may stand is a provider of all of them. A property may be called like a kind of provider: `{ path: path("p") }` is the
 * property "path", and `{ path: "p" }` what a record has under "p".
 */
export function isProviderOfMap(value: unknown): boolean {
  if (!isMap(value) || !isProvider(value)) return false;
  const [[kind, body] = []] = Object.entries(value);
  if (kind === "path" || kind === "variable") return typeof body === "string";
  return isMap(body) && !isProvider(body);
}

/**
 * A provider, or a plain value in its place, as plain functions.
 *
 * @throws DeclarationError with the place in the declaration.
 */
export function compileProvider(declared: Declared, surroundings: Surroundings): Compiled {
  const { value } = declared;
  if (value === undefined) declared.refuse("a value or a provider");
  if (typeof value !== "object" || value === null || Array.isArray(value) || isScalar(value)) return constantOf(value);
  const known = Object.keys(kinds).join(", ");
  if (!isProvider(value)) declared.refuse(`a provider, a map with one of ${known} (a plain map is written as { value: … })`);
  const [kind = ""] = Object.keys(value);
  return kinds[kind]?.(declared.at(kind), surroundings) ?? declared.refuse(`one of ${known}`);
}

function isScalar(value: object): boolean {
  return value instanceof Date || value instanceof Uint8Array || isFloat(value) || isTemporal(value);
}

function compilePath(body: Declared): Compiled {
  const expression = body.text("a JMESPath expression");
  try {
    const find = compileJmespath(expression);
    // Only a function can fail, and a function has a parenthesis.
    return found(expression.includes("(") ? guarded(find, body.path) : ({ document }) => find(document));
  } catch (error) {
    return body.refuse("a JMESPath expression", `"${expression}": ${messageOf(error)}`);
  }
}

function guarded(find: (document: unknown) => unknown, declaration: string) {
  return ({ document }: { readonly document: unknown }) => {
    try {
      return find(document);
    } catch (cause) {
      throw new Problem(declaration, messageOf(cause), { cause });
    }
  };
}

function compileRegex(declared: Declared, surroundings: Surroundings): Compiled {
  const body = declared.map("pattern", "data", "group");
  const expression = regexOf(body.at("pattern"), "search");
  const group = groupOf(body.at("group"), expression);
  return each(compileProvider(body.at("data"), surroundings), (value) => {
    if (value === null || value === undefined) return null;
    if (typeof value !== "string") throw new Problem(declared.path, `expected a text to search, found ${describeValue(value)}`);
    const match = expression.exec(value);
    return (typeof group === "number" ? match?.[group] : match?.groups?.[group]) ?? null;
  });
}

export function regexOf(declared: Declared, mode: "search" | "match"): RegExp {
  const pattern = declared.text("a regular expression");
  try {
    return pythonRegex(pattern, mode);
  } catch (error) {
    return declared.refuse("a regular expression as Python has them", `"${pattern}": ${messageOf(error)}`);
  }
}

/** A group that the expression has. */
function groupOf(declared: Declared, expression: RegExp): number | string {
  const group = declared.isThere ? declared.value : 0;
  // An alternative that always matches shows the groups there are.
  const groups = new RegExp(`${expression.source}|`, expression.flags.replace("y", "")).exec("");
  if (typeof group === "number" && Number.isInteger(group) && group >= 0 && group < (groups?.length ?? 0)) return group;
  if (typeof group === "string" && groups?.groups && Object.hasOwn(groups.groups, group)) return group;
  return declared.refuse("the number or the name of a group of the expression", JSON.stringify(group));
}

function compileSplit(declared: Declared, surroundings: Surroundings): Compiled {
  const body = declared.map("delimiter", "data");
  const delimiter = body.at("delimiter").text();
  const { many } = compileProvider(body.at("data"), surroundings);
  return found((context) =>
    many(context).flatMap((value) => {
      if (typeof value === "string") return value.split(delimiter);
      if (value === null) return [];
      throw new Problem(declared.path, `expected a text to split, found ${describeValue(value)}`);
    }),
  );
}

function compileCastProvider(declared: Declared, surroundings: Surroundings): Compiled {
  const body = declared.map("to", "data", "python");
  const cast = compileCast(body.at("to").oneOf(castTypes), body.at("python").flag(false), declared.path);
  return each(compileProvider(body.at("data"), surroundings), cast);
}

function compileMapping(declared: Declared, surroundings: Surroundings): Compiled {
  const body = declared.map("entries", "name", "key");
  const table = tableOf(namedTable(body, surroundings));
  return each(compileProvider(body.at("key"), surroundings), (key) => table.get(identity(key)) ?? null);
}

function namedTable(body: Declared, { mappings }: Surroundings): Declared {
  if (body.at("entries").isThere) return body.at("entries");
  const name = body.at("name").text("entries, or the name of one of the interpreter's mappings");
  const table = mappings.at(name);
  const names = isMap(mappings.value) ? Object.keys(mappings.value).join(", ") : "";
  return table.isThere ? table : body.at("name").refuse(`the name of a mapping (${names || "none is declared"})`, `"${name}"`);
}

function tableOf(declared: Declared): ReadonlyMap<unknown, unknown> {
  if (declared.value instanceof Map) return new Map([...declared.value].map(([key, value]) => [identity(key), value]));
  return new Map(declared.entries("a map of values by key").map(([key, { value }]) => [identity(key), value]));
}

function compileFormat(declared: Declared, surroundings: Surroundings): Compiled {
  const body = declared.map("text", "parts");
  const text = compileProvider(body.at("text"), surroundings);
  const names = body.at("parts").isThere ? body.at("parts").entries("a map of the format's parts") : [];
  const parts = new Map(names.map(([name, part]) => [name, compileProvider(part, surroundings)]));
  const templateOf = templates(parts, declared, text);
  return found((context) => {
    const template = templateOf(text.one(context));
    const values = new Map<string, unknown>();
    for (const [name, { one }] of parts) {
      const value = one(context);
      if (value === null || value === undefined) return null;
      values.set(name, value);
    }
    return template && fillTemplate(template, (name) => values.get(name), declared.path);
  });
}

/** Templates by their text. A constant one is read, and refused, here; of others the last one is kept. */
function templates(parts: ReadonlyMap<string, Compiled>, declared: Declared, { constant }: Compiled) {
  const read = (text: string): Template => {
    const template = parseTemplate(text);
    const missing = fieldNames(template).find((name) => !parts.has(name));
    if (missing !== undefined) throw new Error(`there is no part "${missing}"; the parts are: ${[...parts.keys()].join(", ")}`);
    return template;
  };
  let last: { readonly text: unknown; readonly template: Template | null } | undefined;
  const templateOf = (text: unknown, fail: (problem: string) => never): Template | null => {
    if (last && last.text === text) return last.template;
    if (text !== null && typeof text !== "string") fail(`expected a format's text, found ${describeValue(text)}`);
    try {
      last = { text, template: text === null ? null : read(text) };
    } catch (error) {
      fail(messageOf(error));
    }
    return last.template;
  };
  if (constant)
    templateOf(constant.value, (problem) => declared.at("text").refuse("a format as Python's str.format has it", problem));
  return (text: unknown) =>
    templateOf(text, (problem) => {
      throw new Problem(declared.path, problem);
    });
}

function compileNormalize(declared: Declared, surroundings: Surroundings): Compiled {
  const body = declared.map("using", "data");
  const using = body.at("using");
  const names = typeof using.value === "string" ? [using.oneOf(normalizations)] : declaredNormalization(using, []);
  if (names.length === 0) using.refuse(`one or several of ${normalizations.join(", ")}`);
  const data = compileProvider(body.at("data"), surroundings);
  return each(data, normalizer(names) ?? ((value) => value));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
