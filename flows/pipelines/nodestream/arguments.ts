import { z } from "zod";

/** Something must be there; what it may be is checked where it is compiled. */
const anything = z.custom<unknown>((value) => value !== undefined, "a value");
export const text = z.string().min(1);
export const texts = z.array(text);
export const whole = z.int();
export const flag = z.boolean();

/** Python's floats count as numbers here, also whole ones. */
export const number = z.union([z.number(), z.strictObject({ float: z.number() }).transform(({ float }) => float)]);

const normalization = z.record(z.string(), z.unknown()).nullish();

/** Where a Neo4j is, in nodestream's words. */
export const neo4jArguments = {
  uri: text,
  username: z.string().nullish(),
  password: z.string().nullish(),
  database_name: z.string().nullish(),
};

/** The arguments of each of nodestream's steps that there is here. */
export const stepArguments = {
  localFiles: z.strictObject({ globs: texts }),
  remoteFiles: z.strictObject({ urls: texts, memory_spooling_max_size_in_mb: number.nullish() }),
  fileSources: z.strictObject({ sources: z.array(z.looseObject({ type: text })).min(1) }),
  iterable: z.strictObject({ iterable: z.array(z.unknown()) }),
  range: z.strictObject({ start: whole.default(0), stop: whole.default(100), step: whole.default(1) }),
  timesToLive: z.strictObject({
    graph_object_type: z.enum(["NODE", "RELATIONSHIP"]),
    configurations: z.array(
      z.strictObject({
        object_type: text,
        expiry_in_hours: number.nullish(),
        enabled: flag.default(true),
        batch_size: whole.nullish(),
        custom_query: text.nullish(),
      }),
    ),
    override_expiry_in_hours: number.nullish(),
  }),
  neo4jQuery: z.looseObject({
    query: text,
    parameters: z.record(z.string(), z.unknown()).nullish(),
    limit: whole.nullish(),
    ...neo4jArguments,
  }),
  api: z.strictObject({
    url: text,
    yield_from: text.nullish(),
    offset_query_param: text.nullish(),
    headers: z.record(z.string(), z.string()).nullish(),
  }),
  matching: z.strictObject({
    fields: z.array(z.strictObject({ value: anything, possibilities: z.array(z.unknown()), normalization })),
  }),
  regexFilter: z.strictObject({ value: anything, regex: text, include: flag, normalize: normalization, normalization }),
  projection: z.strictObject({ projection: anything, additional_values: z.record(z.string(), z.unknown()).nullish() }),
  expandJson: z.strictObject({ path: z.union([text, texts.min(1)]) }),
  switch: z.strictObject({ switch_on: anything, cases: anything, default: z.unknown().optional(), normalization }),
  nothing: z.strictObject({}),
  log: z.strictObject({ logger_name: text.nullish(), level: z.string().nullish() }),
} as const;

/** One step of a pipeline file. */
export const stepFile = z.strictObject({
  implementation: text,
  factory: text.nullish(),
  arguments: z.unknown().optional(),
  annotations: texts.nullish(),
});
