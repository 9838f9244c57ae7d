import type { Log } from "datagraph";
import type { TimeToLive } from "datagraph/graph";
import {
  type From,
  interpreter,
  nodestreamInterpreter,
  nodestreamNormalization,
  type Provider,
  type Transformation,
} from "datagraph/interpret";
import { interpretStep, logStep, passStep, transformStep } from "../steps/records.ts";
import { cypherStep, expireStep, filesStep, httpStep, rangeStep, valuesStep } from "../steps/sources.ts";
import type { PipelineStep } from "../steps/step.ts";
import { refuse } from "../yaml/errors.ts";
import { child } from "../yaml/node.ts";
import { argumentsOf, type MakeStep, type StepContext } from "./context.ts";
import { pythonGlob } from "./glob.ts";
import { makeSwitch } from "./switch.ts";
import { neo4jOptions } from "./targets.ts";
import { inFileWords, locatedInNodestream as located } from "./words.ts";

const makeFiles: MakeStep = (context) => {
  const { sources } = argumentsOf("fileSources", context);
  const list = child(context.node, "sources");
  return sources.flatMap(({ type, ...rest }, i) => {
    const node = (list?.kind === "list" ? list.items[i] : undefined) ?? context.node;
    if (type === "local") return makeLocal({ ...context, given: rest, node });
    if (type === "http" || type === "remote") return makeRemote({ ...context, given: rest, node });
    return refuse(child(node, "type")?.place ?? node.place, `files from "${type}" are not supported; expected local or http`);
  });
};

const makeLocal: MakeStep = (context) => {
  const { globs } = argumentsOf("localFiles", context);
  return [located(context.node, () => filesStep({ globs: globs.map(pythonGlob), trimLines: true }))];
};

const makeRemote: MakeStep = (context) => {
  const { urls } = argumentsOf("remoteFiles", context);
  return [located(context.node, () => filesStep({ urls, trimLines: true }))];
};

const makeExpiry: MakeStep = (context) => {
  const { graph_object_type: on, configurations, override_expiry_in_hours: override } = argumentsOf("timesToLive", context);
  const enabled = configurations.filter((one) => one.enabled);
  const timesToLive = enabled.map((one): TimeToLive => {
    const expiryHours = override ?? one.expiry_in_hours ?? 24;
    const { object_type: type, batch_size: batchSize, custom_query: customQuery } = one;
    return {
      on: on === "NODE" ? "node" : "relationship",
      type,
      expiryHours,
      ...(typeof batchSize === "number" && { batchSize }),
      ...(typeof customQuery === "string" && { customQuery }),
    };
  });
  return [expireStep(timesToLive)];
};

const makeQuery: MakeStep = (context) => {
  const { query, parameters, limit, ...database } = argumentsOf("neo4jQuery", context);
  // What is about writing has no effect on a query.
  const { uri, username, password, database: name, connectTimeoutMs } = neo4jOptions(database, context.node);
  const made = {
    ...{ query, uri, username, password, database: name, connectTimeoutMs },
    // What kinds of values a database can store, its connector says.
    parameters: (parameters ?? {}) as Readonly<Record<string, never>>,
    limit: limit ?? 100,
  };
  return [located(context.node, () => cypherStep(defined(made)))];
};

const makeApi: MakeStep = (context) => {
  const { url, yield_from: records, offset_query_param: parameter, headers } = argumentsOf("api", context);
  const options = {
    url,
    ...(typeof records === "string" && { records }),
    ...(typeof parameter === "string" && { paging: { by: "offset", parameter } as const }),
    ...(headers && { headers }),
  };
  return [located(context.node, () => httpStep(options))];
};

function makeMatching(type: "keepMatching" | "dropMatching"): MakeStep {
  return (context) => {
    const { fields } = argumentsOf("matching", context);
    const translated = fields.map(({ value, possibilities, normalization }) => ({
      value: value as From,
      possibilities: possibilities as From[],
      normalization: nodestreamNormalization(normalization),
    }));
    return [transformed(context, { type, fields: translated })];
  };
}

const makeRegexFilter: MakeStep = (context) => {
  const { value, regex, include, normalize, normalization } = argumentsOf("regexFilter", context);
  const rules = located(context.node, () => nodestreamNormalization(normalize ?? normalization));
  return [transformed(context, { type: "matchRegex", value: value as From, regex, include, normalization: rules })];
};

const makeProjection: MakeStep = (context) => {
  const { projection, additional_values: additional } = argumentsOf("projection", context);
  const additionalValues = (additional ?? {}) as Readonly<Record<string, From>>;
  return [transformed(context, { type: "project", projection: projection as Provider, additionalValues })];
};

const makeExpandJson: MakeStep = (context) => [
  transformed(context, { type: "expandJson", path: argumentsOf("expandJson", context).path }),
];

const makeInterpreter: MakeStep = ({ given, node }) => [
  located(node, () => {
    const declaration = nodestreamInterpreter(given);
    interpreter(declaration);
    return inFileWords(node, interpretStep(declaration));
  }),
];

const makeLog: MakeStep = (context) => {
  const { logger_name: message, level } = argumentsOf("log", context);
  return [logStep({ level: logLevel(level ?? "INFO", context), ...(typeof message === "string" && { message }) })];
};

/** Python's levels; ours have no critical one. */
function logLevel(level: string, { node }: StepContext): keyof Log {
  const levels: Readonly<Record<string, keyof Log>> = {
    ...{ DEBUG: "debug", INFO: "info", WARNING: "warn", WARN: "warn", ERROR: "error", CRITICAL: "error" },
  };
  const known = levels[level.toUpperCase()];
  return known ?? refuse(child(node, "level")?.place ?? node.place, `expected a level of ${Object.keys(levels).join(", ")}`);
}

const makePass: MakeStep = (context) => {
  argumentsOf("nothing", context);
  return [passStep()];
};

function transformed({ node }: StepContext, transformation: Transformation): PipelineStep {
  return located(node, () => inFileWords(node, transformStep(transformation)));
}

/** Without what is null or not there. */
function defined<T extends object>(map: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined && value !== null)) as never;
}

/** Classes by their names, factories behind a dot. */
export const steps: Readonly<Record<string, MakeStep>> = {
  FileExtractor: makeFiles,
  "FileExtractor.local": makeLocal,
  "FileExtractor.remote": makeRemote,
  IterableExtractor: (context) => [valuesStep(argumentsOf("iterable", context).iterable)],
  "IterableExtractor.range": (context) => [rangeStep(argumentsOf("range", context))],
  TimeToLiveConfigurationExtractor: makeExpiry,
  Neo4jExtractor: makeQuery,
  SimpleApiExtractor: makeApi,
  ValuesMatchPossibilitiesFilter: makeMatching("keepMatching"),
  ExcludeWhenValuesMatchPossibilities: makeMatching("dropMatching"),
  ValueMatchesRegexFilter: makeRegexFilter,
  ValueProjection: makeProjection,
  ExpandJsonField: makeExpandJson,
  SwitchTransformer: makeSwitch,
  PassStep: makePass,
  PassTransformer: makePass,
  LoggerWriter: makeLog,
  Interpreter: makeInterpreter,
};
