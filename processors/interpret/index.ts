/** From records to a property graph: interpreters, and the transformations and filters before them. */
export { JsonError, parseJson } from "../json/parse.ts";
export { and, type Condition, compare, not, type Operator, or } from "./condition.ts";
export { InterpretationError, InvalidPartError } from "./errors.ts";
export { type InterpretOptions, interpret } from "./interpret.ts";
export * from "./interpretations/declaration.ts";
export { type Interpreter, interpreter } from "./interpreter.ts";
export { nodestreamInterpreter, nodestreamNormalization, nodestreamProvider } from "./nodestream.ts";
export type { Normalization } from "./normalise.ts";
export * from "./providers/provider.ts";
export { type InferenceOptions, inferSchema, inferSchemaOf } from "./schema/infer.ts";
export { mergeSchemas, overrideSchema, type SchemaOverrides } from "./schema/merge.ts";
export {
  type Adjacency,
  type GraphSchema,
  type PropertySchema,
  type PropertyType,
  SchemaConflictError,
  type TypeSchema,
} from "./schema/model.ts";
export { renderSchema, type SchemaFormat, schemaFormats } from "./schema/render.ts";
export { type HandleRecord, type StepOptions, type StepProcessor, type StepSettings, stepProcessor } from "./step.ts";
export { compileTransform, type Transform } from "./transforms/compile.ts";
export * from "./transforms/declaration.ts";
export { type SchemaVerdict, schemaFilter } from "./transforms/schema-filter.ts";
export { filterBySchema, log, pass, rateLimit, transform } from "./transforms/steps.ts";
export type { Clock } from "./transforms/token-bucket.ts";
