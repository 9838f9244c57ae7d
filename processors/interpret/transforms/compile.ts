import { Declared } from "../declared.ts";
import { interpretationError, Problem } from "../errors.ts";
import { declaredCases, oneOrMore } from "../interpretations/compile.ts";
import { declaredNormalization, normalizer } from "../normalise.ts";
import { compileProvider, noSurroundings, regexOf } from "../providers/compile.ts";
import type { Context } from "../providers/compiled.ts";
import { describeValue, identity, isMap, setOwn } from "../values.ts";
import type { OneOrMoreTransformations } from "./declaration.ts";
import { compileExpandJson } from "./expand-json.ts";

/** What becomes of one record. It is never changed: what differs is a copy. */
export type Transform = (record: unknown) => readonly unknown[];

type Compile = (declared: Declared) => Transform;

const kinds: Readonly<Record<string, Compile>> = {
  project: compileProject,
  expandJson: compileExpandJson,
  keepMatching: (declared) => compileMatching(declared, true),
  dropMatching: (declared) => compileMatching(declared, false),
  matchRegex: compileMatchRegex,
  switch: compileSwitch,
};

const NO_VARIABLES: ReadonlyMap<string, unknown> = new Map();
const NOTHING: readonly unknown[] = [];

/**
 * Compiles transformations, one after the other, into a plain function.
 *
 * @param name stands in errors.
 * @throws DeclarationError for what cannot work, with its place in the declaration.
 * @throws InterpretationError (the function) for a record that cannot be transformed.
 */
export function compileTransform(transformations: OneOrMoreTransformations, name = "transform"): Transform {
  const transform = compileAll(oneOrMore(new Declared(transformations, "steps")));
  return (record) => {
    try {
      return transform(record);
    } catch (thrown) {
      throw interpretationError(name, "the record", thrown);
    }
  };
}

function compileAll(list: readonly Declared[]): Transform {
  const steps = list.map(compileOne);
  const [only, ...more] = steps;
  if (!only) return (record) => [record];
  if (more.length === 0) return only;
  return (record) => steps.reduce<readonly unknown[]>((records, step) => records.flatMap((one) => [...step(one)]), [record]);
}

function compileOne(declared: Declared): Transform {
  const type = declared.at("type").oneOf(Object.keys(kinds));
  return kinds[type]?.(declared) ?? declared.at("type").refuse("a transformation");
}

function contextOf(document: unknown): Context {
  return { document, variables: NO_VARIABLES };
}

function compileProject(declaration: Declared): Transform {
  const declared = declaration.map("type", "projection", "additionalValues");
  const { many } = compileProvider(declared.at("projection"), noSurroundings);
  const additional = declared.at("additionalValues").isThere
    ? declared.at("additionalValues").entries("a map of values by name")
    : [];
  const values = additional.map(([name, value]) => [name, compileProvider(value, noSurroundings).one] as const);
  if (values.length === 0) return (record) => many(contextOf(record));
  return (record) => {
    const context = contextOf(record);
    const found = values.map(([name, one]) => [name, one(context)] as const);
    return many(context).map((inner) => {
      if (!isMap(inner))
        throw new Problem(declared.path, `additional values need maps to be added to, found ${describeValue(inner)}`);
      const copy = { ...inner };
      for (const [name, value] of found) setOwn(copy, name, value);
      return copy;
    });
  };
}

function compileMatching(declaration: Declared, keeps: boolean): Transform {
  const declared = declaration.map("type", "fields");
  const fields = declared.at("fields").items("a list of fields, each with a value and its possibilities").map(compileField);
  return (record) => {
    const context = contextOf(record);
    return fields.every((matches) => matches(context)) === keeps ? [record] : NOTHING;
  };
}

function compileField(declaration: Declared): (context: Context) => boolean {
  const declared = declaration.map("value", "possibilities", "normalization");
  const normalize = normalizer(declaredNormalization(declared.at("normalization"), []));
  const comparable = (value: unknown) => identity(normalize ? normalize(value) : value);
  const { one } = compileProvider(declared.at("value"), noSurroundings);
  const possible = declared
    .at("possibilities")
    .items("a list of values")
    .map((item) => compileProvider(item, noSurroundings));
  const constants = new Set(possible.flatMap(({ constant }) => (constant ? [comparable(constant.value)] : [])));
  const others = possible.filter(({ constant }) => !constant);
  return (context) => {
    const value = comparable(one(context));
    return constants.has(value) || others.some((other) => comparable(other.one(context)) === value);
  };
}

function compileMatchRegex(declaration: Declared): Transform {
  const declared = declaration.map("type", "value", "regex", "include", "normalization");
  const normalize = normalizer(declaredNormalization(declared.at("normalization"), []));
  const { one } = compileProvider(declared.at("value"), noSurroundings);
  const expression = regexOf(declared.at("regex"), "match");
  if (!declared.at("include").isThere) declared.at("include").refuse("true (keep what matches) or false (drop it)");
  const keeps = declared.at("include").flag(true);
  return (record) => {
    const found = one(contextOf(record));
    const value = normalize ? normalize(found) : found;
    expression.lastIndex = 0;
    return (typeof value === "string" && expression.test(value)) === keeps ? [record] : NOTHING;
  };
}

function compileSwitch(declaration: Declared): Transform {
  const declared = declaration.map("type", "switchOn", "cases", "default", "normalization");
  const { one } = compileProvider(declared.at("switchOn"), noSurroundings);
  const normalize = normalizer(declaredNormalization(declared.at("normalization"), []));
  const compile = (branch: Declared) => compileAll(oneOrMore(branch));
  const cases = new Map(declaredCases(declared.at("cases")).map(([value, branch]) => [identity(value), compile(branch)]));
  const otherwise: Transform = declared.at("default").isThere ? compile(declared.at("default")) : (record) => [record];
  return (record) => {
    const value = one(contextOf(record));
    return (cases.get(identity(normalize ? normalize(value) : value)) ?? otherwise)(record);
  };
}
