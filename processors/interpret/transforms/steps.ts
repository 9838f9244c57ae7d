import type { Log, Schema } from "datagraph";
import { type StepOptions, type StepProcessor, type StepSettings, stepProcessor } from "../step.ts";
import { compileTransform } from "./compile.ts";
import type { OneOrMoreTransformations } from "./declaration.ts";
import { type SchemaVerdict, schemaFilter } from "./schema-filter.ts";
import { type Clock, systemClock, TokenBucket } from "./token-bucket.ts";

/** The options as given, with these names by default. */
function named<I extends string, O extends string>(given: StepOptions<I, O>, name: string, output: string): StepSettings<I, O> {
  return {
    name: given.name ?? name,
    input: given.input ?? ("records" as I),
    output: given.output ?? (output as O),
    ...(given.deadLetter && { deadLetter: given.deadLetter }),
    ...(given.replicas !== undefined && { replicas: given.replicas }),
  };
}

/**
 * A processor that transforms and filters records: `records` in, `transformed` out.
 *
 * @throws DeclarationError for a declaration that cannot work.
 */
export function transform<const I extends string = "records", const O extends string = "transformed">(
  options: StepOptions<I, O> & { readonly steps: OneOrMoreTransformations },
): StepProcessor<I, O, unknown> {
  const names = named(options, "transform", "transformed");
  return stepProcessor(names, compileTransform(options.steps, names.name));
}

/** A processor that keeps the records that a schema accepts, as the schema gives them: `records` in, `valid` out. Others are dropped. */
export function filterBySchema<const I extends string = "records", const O extends string = "valid">(
  options: StepOptions<I, O> & { readonly schema: Schema },
): StepProcessor<I, O, unknown> {
  const judge = schemaFilter(options.schema);
  const emit = (verdict: SchemaVerdict) => (verdict.accepted ? [verdict.value] : []);
  return stepProcessor(named(options, "filterBySchema", "valid"), (record) => {
    const verdict = judge(record);
    return verdict instanceof Promise ? verdict.then(emit) : emit(verdict);
  });
}

/** A processor that hands on so many records per second: `records` in, `limited` out. */
export function rateLimit<const I extends string = "records", const O extends string = "limited">(
  options: StepOptions<I, O> & {
    readonly perSecond: number;
    /** How many may pass at once after a pause. Default 1. */
    readonly burst?: number;
    readonly clock?: Clock;
  },
): StepProcessor<I, O, unknown> {
  const { perSecond, burst = 1, clock = systemClock } = options;
  const bucket = new TokenBucket(perSecond, burst, clock.now());
  return stepProcessor(named(options, "rateLimit", "limited"), (record, { signal }) => {
    const ms = bucket.take(clock.now());
    return ms === 0 ? [record] : clock.wait(ms, signal).then(() => [record]);
  });
}

/** A processor that hands on what it gets: `records` in, `passed` out. */
export function pass<const I extends string = "records", const O extends string = "passed">(
  options: StepOptions<I, O> = {},
): StepProcessor<I, O, unknown> {
  return stepProcessor(named(options, "pass", "passed"), (record) => [record]);
}

/** A processor that writes each record to the log and hands it on: `records` in, `logged` out. Mind what is secret in them. */
export function log<const I extends string = "records", const O extends string = "logged">(
  options: StepOptions<I, O> & {
    /** Default "info". */
    readonly level?: keyof Log;
    /** What is written before each record. Default the processor's name. */
    readonly message?: string;
  } = {},
): StepProcessor<I, O, unknown> {
  const names = named(options, "log", "logged");
  const { level = "info", message = names.name } = options;
  return stepProcessor(names, (record, task) => {
    task.log[level](message, { record });
    return [record];
  });
}
