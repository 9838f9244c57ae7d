/** Copying a property graph from one database to another. */
export { type CopySummary, copy, copyFlow } from "./copy.ts";
export { CopyPlanError, IncompleteCopyError } from "./errors.ts";
export type { CopiedBatch, CopyKeys, CopyOptions, CopySchema } from "./options.ts";
export { copySchemaOf } from "./schema.ts";
export type { CopiedShard } from "./shards.ts";
export type { CopiedType } from "./verify.ts";
