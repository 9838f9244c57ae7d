import type { Schema } from "datagraph";

/** What a schema makes of a record. */
export type SchemaVerdict = { readonly accepted: true; readonly value: unknown } | { readonly accepted: false };

/** A filter by any schema that follows Standard Schema. It waits only for schemas that do. */
export function schemaFilter(schema: Schema): (record: unknown) => SchemaVerdict | Promise<SchemaVerdict> {
  const standard = schema["~standard"];
  return (record) => {
    const result = standard.validate(record);
    return result instanceof Promise ? result.then(verdictOf) : verdictOf(result);
  };
}

function verdictOf(result: { readonly issues?: readonly unknown[] | undefined; readonly value?: unknown }): SchemaVerdict {
  return result.issues ? { accepted: false } : { accepted: true, value: result.value };
}
