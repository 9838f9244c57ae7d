import { DeclarationError, MissingPackageError } from "datagraph";
import type { HandleRecord } from "datagraph/interpret";
import { loadedStep, type RecordStepOptions } from "./records.ts";
import type { RecordStep } from "./step.ts";

/**
 * Keeps the records that a JSON Schema accepts, as they are. Needs the package `ajv`.
 *
 * @param schema of draft 2020-12, or of draft 7 where its `$schema` says so. What `format` says is not looked at. It sees a record as JSON has it: integers of
 * any size and floats are numbers, moments are texts.
 */
export function jsonSchemaStep(schema: Readonly<Record<string, unknown>> | boolean, options: RecordStepOptions = {}): RecordStep {
  const load = async (): Promise<HandleRecord<unknown>> => {
    const accepts = await compiled(schema);
    return (record) => (accepts(asJson(record)) ? [record] : []);
  };
  return loadedStep({ kind: "schema", load }, options);
}

/** @throws DeclarationError for a schema that is none; MissingPackageError. */
async function compiled(schema: Readonly<Record<string, unknown>> | boolean): Promise<(value: unknown) => boolean> {
  const ajv = await validator(schema);
  try {
    if (typeof schema === "object" && schema.$async !== undefined) throw new Error("$async is not supported");
    const validate = ajv.compile<unknown>(schema);
    return (value) => validate(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DeclarationError(`It is no JSON Schema: ${reason}`, { cause: error });
  }
}

async function validator(schema: Readonly<Record<string, unknown>> | boolean) {
  const isDraft7 = typeof schema === "object" && /draft-0[67]/.test(String(schema.$schema));
  // What other drafts and tools say beside the schema is no mistake.
  const options = { strict: false, validateFormats: false } as const;
  try {
    if (isDraft7) return new (await import("ajv")).Ajv(options);
    return new (await import("ajv/dist/2020.js")).Ajv2020(options);
  } catch (cause) {
    throw new MissingPackageError("ajv", "A filter by JSON Schema", { cause });
  }
}

/** A record as JSON has it: kinds of numbers and moments that JSON does not know are what they are written as there. */
function asJson(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(asJson);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return value;
  const { float, temporal, text, ...others }: { float?: unknown; temporal?: unknown; text?: unknown } = value;
  if (Object.keys(others).length === 0) {
    if (typeof float === "number" && temporal === undefined && text === undefined) return float;
    if (typeof temporal === "string" && typeof text === "string" && float === undefined) return text;
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asJson(inner)]));
}
