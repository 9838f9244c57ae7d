import { jsonSchemaStep } from "./json-schema.ts";
import { eachStep, filterStep, interpretStep, logStep, passStep, rateLimitStep, schemaStep, transformStep } from "./records.ts";
import { cypherStep, expireStep, filesStep, httpStep, rangeStep, redisStreamStep, valuesStep } from "./sources.ts";
import { switchStep } from "./switch.ts";

/** The steps that pipelines are made of. */
export const step = {
  files: filesStep,
  http: httpStep,
  redisStream: redisStreamStep,
  values: valuesStep,
  range: rangeStep,
  cypher: cypherStep,
  expire: expireStep,
  transform: transformStep,
  filter: filterStep,
  schema: schemaStep,
  jsonSchema: jsonSchemaStep,
  switchOn: switchStep,
  interpret: interpretStep,
  rateLimit: rateLimitStep,
  pass: passStep,
  log: logStep,
  each: eachStep,
} as const;
