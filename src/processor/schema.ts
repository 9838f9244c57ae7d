import type { StandardSchemaV1 } from "@standard-schema/spec";

/** Any schema of any library that follows Standard Schema (https://standardschema.dev): Zod, Valibot, ArkType, … */
export type Schema = StandardSchemaV1;

/** What a schema accepts. */
export type SchemaInput<S extends Schema> = StandardSchemaV1.InferInput<S>;
/** What a schema makes of it. */
export type SchemaOutput<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/** A schema that types a stream and checks nothing; made by {@link stream}. */
export interface UncheckedSchema<T> extends StandardSchemaV1<T, T> {
  readonly unchecked: true;
}

/**
 * Types a stream without validating its values.
 *
 * @example new Processor({ name: "double", inputs: { n: stream<number>() }, outputs: { m: stream<number>() } })
 */
export function stream<T>(): UncheckedSchema<T> {
  return unchecked as UncheckedSchema<T>;
}

const unchecked: UncheckedSchema<unknown> = {
  unchecked: true,
  "~standard": { version: 1, vendor: "datagraph", validate: (value) => ({ value }) },
};

/** Whether values need not pass through this schema: there is none, or it was made by {@link stream}. */
export function isUnchecked(schema: Schema | undefined): boolean {
  return schema === undefined || schema === unchecked;
}
