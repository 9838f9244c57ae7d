import type { Schema } from "./schema.ts";

/** What a schema takes or makes. */
export type SchemaSide = "input" | "output";

/**
 * The JSON Schema of a schema that knows it (Standard JSON Schema); `undefined` where it does not.
 *
 * @throws what the library does for what JSON Schema cannot say: dates, functions, transformations.
 */
export function jsonSchemaOf(schema: Schema, side: SchemaSide): unknown {
  const standard: object = schema["~standard"];
  const converter = "jsonSchema" in standard ? standard.jsonSchema : undefined;
  if (!isRecord(converter)) return undefined;
  const method = converter[side];
  return typeof method === "function" ? method.call(converter, { target: "draft-2020-12" }) : undefined;
}

/** An object or function whose properties can be looked at. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (typeof value === "object" || typeof value === "function") && value !== null;
}
