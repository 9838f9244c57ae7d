import { compileCondition } from "../condition.ts";
import { Declared } from "../declared.ts";
import { Problem } from "../errors.ts";
import { declaredNormalization, normalizer } from "../normalise.ts";
import { compileProvider, type Surroundings } from "../providers/compile.ts";
import { describeValue, identity } from "../values.ts";
import { compileValues } from "./maps.ts";
import { compileRelationship } from "./relationship.ts";
import { compileNodeProperties, compileSourceNode } from "./source-node.ts";
import type { Step } from "./state.ts";

type Compile = (declared: Declared, surroundings: Surroundings) => Step;

const kinds: Readonly<Record<string, Compile>> = {
  sourceNode: compileSourceNode,
  relationship: compileRelationship,
  properties: compileNodeProperties,
  variables: compileVariables,
  switch: compileSwitch,
};

/** The passes of a declaration: its list of lists, or its list as the only one. */
export function declaredPasses(declared: Declared): Declared[][] {
  const expected = "a list of interpretations, or a list of such lists";
  const items = declared.items(expected);
  const lists = items.filter(({ value }) => Array.isArray(value)).length;
  if (lists === 0) return [items];
  if (lists < items.length) declared.refuse(expected, "a mixture of both");
  return items.map((pass) => pass.items("a list of interpretations"));
}

/** @throws DeclarationError with the place in the declaration. */
export function compileSteps(list: readonly Declared[], surroundings: Surroundings): Step {
  const steps = list.map((declared) => compileStep(declared, surroundings));
  return (state) => {
    for (const step of steps) step(state);
  };
}

function compileStep(declared: Declared, surroundings: Surroundings): Step {
  const type = declared.at("type").oneOf(Object.keys(kinds));
  const step = kinds[type]?.(declared, surroundings) ?? declared.at("type").refuse("an interpretation");
  if (!declared.at("condition").isThere) return step;
  const holds = compileCondition(declared.at("condition"), surroundings);
  return (state) => {
    if (holds(state)) step(state);
  };
}

function compileVariables(declaration: Declared, surroundings: Surroundings): Step {
  const declared = declaration.map("type", "condition", "variables", "normalization");
  const rules = declaredNormalization(declared.at("normalization"), []);
  const valuesOf = compileValues(declared.at("variables"), rules, surroundings);
  return (state) => {
    state.variables = new Map([...state.variables, ...Object.entries(valuesOf(state))]);
  };
}

function compileSwitch(declaration: Declared, surroundings: Surroundings): Step {
  const declared = declaration.map("type", "condition", "switchOn", "cases", "default", "normalization", "failOnUnhandled");
  const { one } = compileProvider(declared.at("switchOn"), surroundings);
  const normalize = normalizer(declaredNormalization(declared.at("normalization"), [])) ?? ((value: unknown) => value);
  const compile = (branch: Declared) => compileSteps(oneOrMore(branch), surroundings);
  const cases = new Map(declaredCases(declared.at("cases")).map(([value, branch]) => [identity(value), compile(branch)]));
  const otherwise = declared.at("default").isThere ? compile(declared.at("default")) : undefined;
  const mustHandle = declared.at("failOnUnhandled").flag(true);
  return (state) => {
    const value = normalize(one(state));
    const step = cases.get(identity(value)) ?? otherwise;
    if (step) step(state);
    else if (mustHandle)
      throw new Problem(declared.path, `there is no case for the value of switchOn, ${shown(value)}, and no default`);
  };
}

/** A short text says what case is missing; anything else only what it is. */
function shown(value: unknown): string {
  return typeof value === "string" && value.length <= 40 ? JSON.stringify(value) : describeValue(value);
}

export function oneOrMore(declared: Declared): Declared[] {
  return Array.isArray(declared.value) ? declared.items("a list of interpretations") : [declared];
}

/** The cases of a plain map, whose keys are texts, or of a Map. */
export function declaredCases(declared: Declared): [value: unknown, branch: Declared][] {
  if (!(declared.value instanceof Map)) return declared.entries("a map of cases by value");
  return [...declared.value].map(([value, branch]) => [value, new Declared(branch, `${declared.path}[${caseText(value)}]`)]);
}

function caseText(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
