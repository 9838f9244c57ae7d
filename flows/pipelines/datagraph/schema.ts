import { z } from "zod";
import { formats } from "../../../processors/sources/formats/index.ts";
import { interpretSchema } from "./interpretations.ts";
import { condition, from, normalizations, oneKeyOf, provider, text, textOrTexts } from "./values.ts";

const count = z.int().min(1);
const milliseconds = z.number().min(0);
const flag = z.boolean();

const httpOptions = {
  headers: z.record(z.string(), z.string()).optional(),
  timeoutMs: milliseconds.optional(),
  retries: z.int().min(0).optional(),
  backoffMs: milliseconds.optional(),
  maxRetryAfterMs: milliseconds.optional(),
};

const files = z.strictObject({
  paths: textOrTexts.optional(),
  globs: textOrTexts.optional(),
  urls: textOrTexts.optional(),
  format: z.enum(Object.keys(formats) as [keyof typeof formats, ...(keyof typeof formats)[]]).optional(),
  root: text.optional(),
  maxRecordBytes: count.optional(),
  trimLines: flag.optional(),
  csv: z.strictObject({ delimiter: text.optional(), columns: z.array(text).optional(), relaxQuotes: flag.optional() }).optional(),
  http: z.strictObject(httpOptions).optional(),
  onRefused: z.enum(["emit", "fail"]).optional(),
});

const paging = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("link") }),
  z.strictObject({ by: z.literal("url"), path: text }),
  z.strictObject({ by: z.literal("cursor"), path: text, parameter: text }),
  z.strictObject({ by: z.literal("offset"), parameter: text }),
]);

const field = z.strictObject({ value: from, possibilities: z.array(from), normalization: normalizations.optional() });

const steps: z.ZodType = z.lazy(() => z.union([stepSchema, z.array(stepSchema)]));

/** What a step can be, by its key. */
export const stepKinds = {
  files,
  http: z.strictObject({
    url: text,
    records: text.optional(),
    paging: paging.optional(),
    maxPageBytes: count.optional(),
    ...httpOptions,
  }),
  redisStream: z.strictObject({
    url: text.optional(),
    cluster: z.array(text).min(1).optional().meta({ description: "Some nodes of a Redis Cluster, in place of url." }),
    stream: text,
    from: text.optional(),
    until: z.enum(["tip", "follow"]).optional(),
    position: text.optional(),
    group: text.optional(),
    claimAfterMs: count.optional(),
    json: z.array(text).optional(),
    bytes: z.array(text).optional(),
    batchSize: count.optional(),
    outageMs: count.optional(),
    onRefused: z.enum(["emit", "fail"]).optional(),
  }),
  values: z.array(z.unknown()),
  range: z.strictObject({ start: z.int().optional(), stop: z.int(), step: z.int().optional() }),
  cypher: z.strictObject({
    query: text,
    parameters: z.record(z.string(), z.unknown()).optional(),
    limit: count.optional(),
    target: text.optional().meta({ description: "A target of this project that is a Neo4j: asked in place of uri …" }),
    uri: text.optional(),
    username: z.string().optional(),
    password: z.string().optional(),
    database: text.optional(),
  }),
  expire: z.array(
    z.strictObject({
      on: z.enum(["node", "relationship"]),
      type: text,
      expiryHours: z.number().min(0),
      batchSize: count.optional(),
      customQuery: text.optional(),
    }),
  ),
  project: z.union([
    z.string(),
    provider,
    z.strictObject({ projection: z.union([z.string(), provider]), additionalValues: z.record(z.string(), from).optional() }),
  ]),
  expandJson: textOrTexts,
  filter: condition,
  schema: z
    .union([z.record(z.string(), z.unknown()), z.boolean()])
    .meta({ description: "A JSON Schema: keeps the records that it accepts." }),
  each: text.meta({ description: "A function that makes a list of records of each one: ./steps.ts#clean" }),
  keepMatching: z.array(field),
  dropMatching: z.array(field),
  matchRegex: z.strictObject({ value: from, regex: text, include: flag, normalization: normalizations.optional() }),
  switch: z.strictObject({
    switchOn: from,
    cases: z.union([z.record(z.string(), steps), z.map(z.unknown(), steps)]).meta({ type: "object" }),
    default: steps.optional(),
    normalization: normalizations.optional(),
  }),
  interpret: interpretSchema,
  rateLimit: z.strictObject({ perSecond: z.number().positive(), burst: z.number().min(1).optional() }),
  pass: z.strictObject({}).nullable(),
  log: z.strictObject({ level: z.enum(["debug", "info", "warn", "error"]).optional(), message: text.optional() }).nullable(),
} as const;

export type StepKind = keyof typeof stepKinds;

/** What can be said of every step, beside what it is. */
const stepNaming = {
  replicas: count.optional().meta({ description: "How many of it share the records of a run, on as many workers as there are." }),
  name: text.optional().meta({ description: "Names its processor. Default: what kind of step it is." }),
  annotations: z
    .array(text)
    .optional()
    .meta({ description: "With run --annotation, a step takes part when it has none or shares one." }),
  deadLetter: z.enum(["continue", "stop", "fail"]).optional().meta({
    description: "What becomes of a record that it cannot handle: set aside and go on, set aside and stop, or fail the run.",
  }),
};

const stepSchema: z.ZodType = z
  .lazy(() => oneKeyOf("a step", stepKinds, stepNaming))
  .meta({ id: "step", description: "Where records come from, what becomes of them, or what they mean in the graph." });

const config = z.record(z.string(), z.unknown()).meta({ description: "What !config finds." });
const annotations = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

export const targetSchema = z
  .strictObject({
    connector: text.meta({ description: "memory, neo4j, null, or the name of a package that exports a connector." }),
    options: z.record(z.string(), z.unknown()).optional().meta({ description: "What the connector needs." }),
    batchSize: count.optional(),
    maxWaitMs: milliseconds.optional(),
    flushLanes: count.optional(),
    debounce: flag.optional(),
    onRefused: z.enum(["emit", "fail"]).optional(),
    deadLetter: z.enum(["continue", "stop"]).optional(),
  })
  .refine(({ onRefused, deadLetter }) => onRefused === undefined || deadLetter === undefined, {
    error: "onRefused and deadLetter both say what becomes of what cannot be stored; leave one of them out",
  })
  .meta({ id: "target", description: "A graph database, and how to write to it." });

export const pipelineSchema = z
  .strictObject({
    steps: z.array(stepSchema),
    targets: z.array(text).optional(),
    annotations: annotations.optional(),
    deadLetter: stepNaming.deadLetter,
  })
  .meta({ id: "pipeline", description: "Steps, from sources to graph databases." });

const pipelines = z.record(text, pipelineSchema);

const scopeSchema = z
  .strictObject({
    pipelines: pipelines.optional(),
    config: config.optional(),
    targets: z.array(text).optional().meta({ description: "Added to those of its pipelines." }),
    annotations: annotations.optional(),
  })
  .meta({ id: "scope", description: "Pipelines that have something in common." });

/** datagraph.yaml. */
export const projectSchema = z
  .strictObject({
    config: config.optional(),
    targets: z.record(text, targetSchema).optional(),
    pipelines: pipelines.optional(),
    scopes: z.record(text, scopeSchema).optional(),
  })
  .meta({
    title: "A project of Datagraph",
    description: "datagraph.yaml: pipelines, and the graph databases that they write to.",
  });

/** As editors read it. */
export function projectJsonSchema(): unknown {
  return z.toJSONSchema(projectSchema, { target: "draft-7", io: "input", unrepresentable: "any" });
}
