import type { AnyProcessor } from "datagraph";
import { checkTimeToLive, type TimeToLive } from "datagraph/graph";
import type { CypherQueryOptions } from "datagraph/neo4j";
import {
  type FileOptions,
  files,
  httpPages,
  httpRecords,
  iterable,
  type PageOptions,
  type RangeOptions,
  type RedisStreamOptions,
  range,
  redisStream,
} from "datagraph/sources";
import { checkFileOptions } from "../../../processors/sources/files.ts";
import { redisStreamSettings } from "../../../processors/sources/redis/options.ts";
import type { ExpiryStep, SourceNaming, SourceStep, StepNaming } from "./step.ts";

/** What becomes of records that cannot be read: they go to an output of their own and reading goes on, or the run fails. */
export interface RefusalOptions {
  /** Default `emit`. */
  readonly onRefused?: "emit" | "fail";
}

function sourceStep(
  kind: string,
  naming: StepNaming,
  source: (names: SourceNaming) => AnyProcessor,
  refuses = false,
): SourceStep {
  return { role: "source", kind, refuses, source, ...namingOf(naming) };
}

/** The part of options that every step has. */
export function namingOf({ name, annotations }: StepNaming): StepNaming {
  return { ...(name !== undefined && { name }), ...(annotations !== undefined && { annotations }) };
}

/** The naming of a step, and its other options. */
function apart<T extends StepNaming>(options: T): [StepNaming, Omit<T, keyof StepNaming>] {
  const { name: _, annotations: __, ...rest } = options;
  return [namingOf(options), rest];
}

/** Records from files. @throws DeclarationError for options that cannot work. */
export function filesStep({ onRefused = "emit", ...given }: FileOptions & StepNaming & RefusalOptions): SourceStep {
  const [naming, options] = apart(given);
  checkFileOptions(options);
  const refuses = onRefused === "emit";
  const make = ({ refused, ...names }: SourceNaming) => files({ ...options, ...names, ...(refuses && { refused }) });
  return sourceStep("files", naming, make, refuses);
}

/** Records of an HTTP API, page by page. */
export function httpStep(given: PageOptions & StepNaming): SourceStep {
  const [naming, options] = apart(given);
  httpPages(options);
  return sourceStep("http", naming, ({ name, output }) => httpRecords({ ...options, name, output }));
}

/** Entries of a Redis stream of another application: `{ id, fields }`. @throws DeclarationError for options that cannot work. */
export function redisStreamStep({ onRefused = "emit", ...given }: RedisStreamOptions & StepNaming & RefusalOptions): SourceStep {
  const [naming, options] = apart(given);
  redisStreamSettings(options);
  const refuses = onRefused === "emit";
  const make = ({ refused, ...names }: SourceNaming) => redisStream({ ...options, ...names, ...(refuses && { refused }) });
  return sourceStep("redisStream", naming, make, refuses);
}

/** The values of an iterable. */
export function valuesStep(values: Iterable<unknown> | AsyncIterable<unknown>, naming: StepNaming = {}): SourceStep {
  return sourceStep("values", naming, ({ name, output }) => iterable({ name, output, values }));
}

/** Records that count: `{ index }`. */
export function rangeStep(given: RangeOptions & StepNaming): SourceStep {
  const [naming, options] = apart(given);
  return sourceStep("range", naming, ({ name, output }) => range({ ...options, name, output }));
}

/** The rows of a Cypher query. Needs the package `neo4j-driver`, and looks at these options, when a row is asked for. */
export function cypherStep(given: Omit<CypherQueryOptions, "signal"> & StepNaming): SourceStep {
  const [naming, options] = apart(given);
  return sourceStep("cypher", naming, ({ name, output }) => iterable({ name, output, values: rowsOf(options) }));
}

/** The driver is loaded when a row is asked for. */
function rowsOf(options: CypherQueryOptions): AsyncIterable<unknown> {
  return {
    async *[Symbol.asyncIterator]() {
      const { cypherQuery } = await import("datagraph/neo4j");
      yield* cypherQuery(options);
    },
  };
}

/** Deletes what has not been ingested for long, when all else of the pipeline is written. @throws InvalidTimeToLiveError. */
export function expireStep(timesToLive: readonly TimeToLive[], naming: StepNaming = {}): ExpiryStep {
  for (const one of timesToLive) checkTimeToLive(one);
  return { role: "expiry", kind: "expire", timesToLive, ...namingOf(naming) };
}
