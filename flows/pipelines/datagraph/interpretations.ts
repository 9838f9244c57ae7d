import type { Condition, InterpreterDeclaration, Passes } from "datagraph/interpret";
import { z } from "zod";
import { condition, from, normalizations, oneKeyOf, text, valuesByName } from "./values.ts";

const flag = z.boolean().optional();
const texts = z.array(text).optional();
const cardinality = z.enum(["SINGLE", "MANY"]).optional();

const sourceNode = z.strictObject({
  nodeType: from,
  key: valuesByName,
  properties: valuesByName.optional(),
  additionalIndexes: texts,
  additionalTypes: texts,
  normalization: normalizations.optional(),
  keyNormalization: normalizations.optional(),
  propertiesNormalization: normalizations.optional(),
  allowCreate: flag,
  updateLastIngested: flag,
});

const relationship = z.strictObject({
  nodeType: from,
  relationshipType: from,
  nodeKey: valuesByName,
  nodeProperties: valuesByName.optional(),
  relationshipKey: valuesByName.optional(),
  relationshipProperties: valuesByName.optional(),
  outbound: flag,
  findMany: flag,
  iterateOn: from.optional(),
  cardinality,
  nodeCreationRule: z.enum(["EAGER", "MATCH_ONLY", "FUZZY"]).optional(),
  relationshipCreationRule: z.enum(["EAGER", "CREATE", "MERGE_KEY"]).optional(),
  keyNormalization: normalizations.optional(),
  propertiesNormalization: normalizations.optional(),
  nodeAdditionalTypes: texts,
  nodeUpdateLastIngested: flag,
  relationshipUpdateLastIngested: flag,
});

const oneOrMore: z.ZodType = z.lazy(() => z.union([interpretation, z.array(interpretation)]));

const switchOn = z.strictObject({
  switchOn: from,
  cases: z.union([z.record(z.string(), oneOrMore), z.map(z.unknown(), oneOrMore)]).meta({ type: "object" }),
  default: oneOrMore.optional(),
  normalization: normalizations.optional(),
  failOnUnhandled: flag,
});

const interpretation: z.ZodType = z
  .lazy(() =>
    oneKeyOf(
      "an interpretation",
      { sourceNode, relationship, properties: valuesByName, variables: valuesByName, switch: switchOn },
      { condition: condition.optional(), normalization: normalizations.optional() },
    ),
  )
  .meta({ id: "interpretation", description: "One step of an interpreter: what a record means in the graph." });

const passes = z.union([z.array(interpretation), z.array(z.array(interpretation))]);

/** What stands under `interpret`. */
export const interpretSchema = z
  .union([
    passes,
    z.strictObject({
      interpretations: passes,
      beforeIteration: passes.optional(),
      iterateOn: from.optional(),
      mappings: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    }),
  ])
  .meta({ id: "interpret", description: "Interpretations, lists of them (passes), or a whole interpreter." });

type Plain = Readonly<Record<string, unknown>>;

/** The declaration that it means. What its values are is checked when it is compiled. */
export function toInterpreter(given: unknown): InterpreterDeclaration {
  if (Array.isArray(given)) return { interpretations: toPasses(given) };
  const { interpretations, beforeIteration, ...others } = given as Plain;
  return {
    interpretations: toPasses(interpretations),
    ...(beforeIteration !== undefined && { beforeIteration: toPasses(beforeIteration) }),
    ...others,
  };
}

function toPasses(given: unknown): Passes {
  const pass = (list: unknown) => (list as readonly Plain[]).map(toInterpretation);
  const items = given as readonly unknown[];
  return (items.some(Array.isArray) ? items.map(pass) : pass(items)) as unknown as Passes;
}

function toInterpretation(given: Plain): Plain {
  const { condition: when, normalization, ...kind } = given;
  const [[type, body] = ["", {}]] = Object.entries(kind);
  const beside = {
    ...(when !== undefined && { condition: toCondition(when) }),
    ...(normalization !== undefined && { normalization }),
  };
  if (type === "properties" || type === "variables") return { type, [type]: body, ...beside };
  if (type === "switch") return { type, ...toSwitch(body as Plain), ...beside };
  return { type, ...(body as Plain), ...beside };
}

function toSwitch({ cases, default: otherwise, ...others }: Plain): Plain {
  const branch = (one: unknown) => [one].flat().map((inner) => toInterpretation(inner as Plain));
  const entries = cases instanceof Map ? [...cases] : Object.entries(cases as object);
  return {
    ...others,
    cases: new Map(entries.map(([key, one]) => [key, branch(one)])),
    ...(otherwise !== undefined && { default: branch(otherwise) }),
  };
}

const operators: Readonly<Record<string, string>> = {
  equals: "equals",
  greaterThan: "greater_than",
  lessThan: "less_than",
  contains: "contains",
};

/** The condition that it means. */
export function toCondition(given: unknown): Condition {
  const [[kind, body] = ["", undefined]] = Object.entries(given as object);
  const operator = operators[kind];
  if (operator !== undefined) {
    const [left, right] = body as readonly unknown[];
    return { type: "compare", operator, left, right } as Condition;
  }
  if (kind === "not") return { type: "not", condition: toCondition(body) };
  return { type: kind as "and" | "or", conditions: (body as readonly unknown[]).map(toCondition) };
}
