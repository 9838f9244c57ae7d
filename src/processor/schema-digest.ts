import { createHash } from "node:crypto";
import { isRecord, jsonSchemaOf } from "./json-schema.ts";
import { isUnchecked, type Schema } from "./schema.ts";

const digests = new WeakMap<Schema, string | undefined>();

/**
 * A short text that is the same for schemas that take the same, as far as their JSON Schemas tell, and of the same library:
 * two libraries may say the same in different words. `undefined` where it cannot be told.
 */
export function schemaDigest(schema: Schema | undefined): string | undefined {
  if (schema === undefined || isUnchecked(schema)) return undefined;
  if (!digests.has(schema)) digests.set(schema, digestOf(schema));
  return digests.get(schema);
}

function digestOf(schema: Schema): string | undefined {
  try {
    const json = jsonSchemaOf(schema, "input");
    if (json === undefined) return undefined;
    const hash = createHash("sha256")
      .update(JSON.stringify(essential(json)))
      .digest("base64url")
      .slice(0, 12);
    return `${schema["~standard"].vendor}:${hash}`;
  } catch {
    return undefined;
  }
}

/** What is told to people, or names the schema: two that differ only there take the same. */
const REMARKS = new Set(["$schema", "$id", "$comment", "title", "description", "examples", "deprecated", "default"]);
/** Where keys are names that the schema's author chose. */
const BY_NAME = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);
/** Where the order does not matter. */
const SETS = new Set(["required", "enum", "type"]);

/** A JSON Schema with its keys in order and without remarks. */
function essential(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(essential);
  if (!isRecord(schema)) return schema;
  const kept = entriesOf(schema).filter(([key]) => !REMARKS.has(key));
  return kept.map(([key, value]) => {
    if (BY_NAME.has(key) && isRecord(value)) return [key, entriesOf(value).map(([name, inner]) => [name, essential(inner)])];
    if (SETS.has(key) && Array.isArray(value)) return [key, value.map((item) => JSON.stringify(item)).sort()];
    return [key, essential(value)];
  });
}

function entriesOf(record: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
