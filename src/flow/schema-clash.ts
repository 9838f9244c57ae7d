import { isRecord, jsonSchemaOf, type SchemaSide } from "../processor/json-schema.ts";
import { isUnchecked, type Schema } from "../processor/schema.ts";

/** The types of two schemas that can never have a value in common. */
export interface SchemaClash {
  /** As in `string`, or `number or null`. */
  readonly written: string;
  readonly expected: string;
}

const ALL = ["null", "boolean", "number", "string", "array", "object"] as const;
type JsonType = (typeof ALL)[number];
type JsonTypes = ReadonlySet<JsonType>;

/**
 * Whether what one schema makes can never be accepted by the other, told from the JSON types that both declare (Standard
 * JSON Schema). Says nothing unless it is sure: schemas that cannot tell, or whose JSON Schema is known to tell less than
 * they accept, never clash.
 */
export function findSchemaClash(producer: Schema | undefined, consumer: Schema | undefined): SchemaClash | undefined {
  if (producer === undefined || consumer === undefined || producer === consumer) return undefined;
  if (isUnchecked(producer) || isUnchecked(consumer)) return undefined;
  const written = declaredTypes(producer, "output");
  const expected = declaredTypes(consumer, "input");
  if (written.size === 0 || expected.size === 0 || [...written].some((type) => expected.has(type))) return undefined;
  return { written: [...written].join(" or "), expected: [...expected].join(" or ") };
}

/** The JSON types that a schema takes or makes; all of them where it does not say, none where it takes nothing. */
function declaredTypes(schema: Schema, side: SchemaSide): JsonTypes {
  if (!isExact(schema, side)) return new Set(ALL);
  try {
    return typesOf(jsonSchemaOf(schema, side) ?? true);
  } catch {
    // The library refuses what JSON Schema cannot say: dates, functions, transformations.
    return new Set(ALL);
  }
}

function typesOf(schema: unknown): JsonTypes {
  if (schema === false) return new Set();
  if (!isRecord(schema)) return new Set(ALL);
  const { type, enum: values, anyOf, oneOf, allOf } = schema;
  const narrowed: JsonTypes[] = [
    ...(typeof type === "string" ? [namedTypes([type])] : Array.isArray(type) ? [namedTypes(type)] : []),
    ...(Array.isArray(values) ? [new Set(values.map(typeOfValue))] : []),
    ...("const" in schema ? [new Set([typeOfValue(schema.const)])] : []),
    ...(Array.isArray(anyOf) ? [union(anyOf.map(typesOf))] : []),
    ...(Array.isArray(oneOf) ? [union(oneOf.map(typesOf))] : []),
    ...(Array.isArray(allOf) ? allOf.map(typesOf) : []),
  ];
  return new Set(ALL.filter((candidate) => narrowed.every((types) => types.has(candidate))));
}

function namedTypes(names: readonly unknown[]): JsonTypes {
  const known = names.map((name) => (name === "integer" ? "number" : name));
  // An unknown type: nothing is sure.
  if (known.some((name) => !ALL.some((type) => type === name))) return new Set(ALL);
  return new Set(ALL.filter((type) => known.includes(type)));
}

function typeOfValue(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return typeof value as JsonType;
  return "object";
}

function union(sets: readonly JsonTypes[]): JsonTypes {
  return new Set(sets.flatMap((types) => [...types]));
}

/**
 * Zod's JSON Schemas leave out that a schema coerces, pre-processes, catches, fills in a default or takes `undefined`.
 * So only those of its schemas count that are known to take exactly what they say; other libraries are taken at their word.
 */
function isExact(schema: unknown, side: SchemaSide): boolean {
  if (!isRecord(schema) || !isRecord(schema._zod) || !isRecord(schema._zod.def)) return !isZod(schema);
  const def = schema._zod.def;
  if (def.coerce === true) return false;
  switch (def.type) {
    case "union":
      return Array.isArray(def.options) && def.options.every((option) => isExact(option, side));
    case "nullable":
    case "readonly":
      return isExact(def.innerType, side);
    case "pipe":
      return isExact(side === "input" ? def.in : def.out, side);
    default:
      return EXACT.has(def.type);
  }
}

const EXACT: ReadonlySet<unknown> = new Set([
  "string",
  "number",
  "boolean",
  "null",
  "literal",
  "enum",
  "object",
  "array",
  "tuple",
  "record",
  "template_literal",
]);

function isZod(schema: unknown): boolean {
  return isRecord(schema) && isRecord(schema["~standard"]) && schema["~standard"].vendor === "zod";
}
