import type { Log, Schema } from "datagraph";
import {
  type Condition,
  compileTransform,
  type HandleRecord,
  type InterpreterDeclaration,
  interpreter,
  type OneOrMoreTransformations,
  type Passes,
  type SchemaVerdict,
  schemaFilter,
} from "datagraph/interpret";
import { compileCondition } from "../../../processors/interpret/condition.ts";
import { Declared } from "../../../processors/interpret/declared.ts";
import { interpretationError } from "../../../processors/interpret/errors.ts";
import { noSurroundings } from "../../../processors/interpret/providers/compile.ts";
import { systemClock, TokenBucket } from "../../../processors/interpret/transforms/token-bucket.ts";
import { namingOf } from "./sources.ts";
import type { DeadLetterChoice, RecordStep, StepNaming } from "./step.ts";

/** What can be said of every step that handles records. */
export interface RecordStepOptions extends StepNaming {
  /** What becomes of a record that it cannot handle. Default: as the pipeline says. */
  readonly deadLetter?: DeadLetterChoice;
  /** How many of it share the records of a run, on as many workers as there are; the order of records is not kept then. Default 1. */
  readonly replicas?: number;
}

type Made = Pick<RecordStep, "kind" | "gives" | "handler"> & Partial<Pick<RecordStep, "declarations" | "load">>;

export function recordStep(made: Made, options: RecordStepOptions = {}): RecordStep {
  const { deadLetter, replicas } = options;
  const more = { ...(deadLetter !== undefined && { deadLetter }), ...(replicas !== undefined && { replicas }) };
  return { role: "record", declarations: [], ...made, ...namingOf(options), ...more };
}

/** Projections, filters and whatever else changes records: see `datagraph/interpret`. @throws DeclarationError. */
export function transformStep(transformations: OneOrMoreTransformations, options: RecordStepOptions = {}): RecordStep {
  const [only, ...more] = [transformations].flat();
  const kind = only && more.length === 0 ? only.type : "transform";
  compileTransform(transformations, kind);
  return recordStep({ kind, gives: "records", handler: (name) => compileTransform(transformations, name) }, options);
}

/** Makes ingestions of records: interpretations, or a whole interpreter. @throws DeclarationError. */
export function interpretStep(declaration: Passes | InterpreterDeclaration, options: RecordStepOptions = {}): RecordStep {
  const whole = "interpretations" in declaration ? declaration : { interpretations: declaration };
  interpreter(whole);
  const handler = (name: string) => interpreter({ name, ...whole });
  return recordStep({ kind: "interpret", gives: "ingestions", declarations: [whole], handler }, options);
}

/** Keeps the records for which a condition holds. @throws DeclarationError. */
export function filterStep(condition: Condition, options: RecordStepOptions = {}): RecordStep {
  const holds = compileCondition(new Declared(condition, "filter"), noSurroundings);
  const handler = (name: string): HandleRecord<unknown> => {
    return (record) => {
      try {
        return holds({ document: record, variables: NO_VARIABLES }) ? [record] : [];
      } catch (thrown) {
        throw interpretationError(name, "the record", thrown);
      }
    };
  };
  return recordStep({ kind: "filter", gives: "records", handler }, options);
}

const NO_VARIABLES: ReadonlyMap<string, unknown> = new Map();

/** Keeps the records that a schema accepts, as it gives them. */
export function schemaStep(schema: Schema, options: RecordStepOptions = {}): RecordStep {
  const judge = schemaFilter(schema);
  const emit = (verdict: SchemaVerdict) => (verdict.accepted ? [verdict.value] : []);
  const handle: HandleRecord<unknown> = (record) => {
    const verdict = judge(record);
    return verdict instanceof Promise ? verdict.then(emit) : emit(verdict);
  };
  return recordStep({ kind: "schema", gives: "records", handler: () => handle }, options);
}

/** Hands on so many records per second; each of its replicas. */
export function rateLimitStep(
  { perSecond, burst = 1 }: { readonly perSecond: number; readonly burst?: number },
  options: RecordStepOptions = {},
): RecordStep {
  new TokenBucket(perSecond, burst, 0);
  const handler = (): HandleRecord<unknown> => {
    const bucket = new TokenBucket(perSecond, burst, systemClock.now());
    return (record, { signal }) => {
      const ms = bucket.take(systemClock.now());
      return ms === 0 ? [record] : systemClock.wait(ms, signal).then(() => [record]);
    };
  };
  return recordStep({ kind: "rateLimit", gives: "either", handler }, options);
}

/** Hands on what it gets. */
export function passStep(options: RecordStepOptions = {}): RecordStep {
  return recordStep({ kind: "pass", gives: "either", handler: () => (record) => [record] }, options);
}

/** Writes each record to the log and hands it on. Mind what is secret in them. */
export function logStep(
  { level = "info", message }: { readonly level?: keyof Log; readonly message?: string } = {},
  options: RecordStepOptions = {},
): RecordStep {
  const handler = (name: string): HandleRecord<unknown> => {
    const text = message ?? name;
    return (record, { log }) => {
      log[level](text, { record });
      return [record];
    };
  };
  return recordStep({ kind: "log", gives: "either", handler }, options);
}

/** A step of records whose handler has to be loaded: with the pipeline, or with its first record. */
export function loadedStep(
  { kind, load }: { readonly kind: string; readonly load: () => Promise<HandleRecord<unknown>> },
  options: RecordStepOptions = {},
): RecordStep {
  let loading: Promise<HandleRecord<unknown>> | undefined;
  let handle: HandleRecord<unknown> | undefined;
  const loaded = async () => {
    loading ??= load();
    handle = await loading;
    return handle;
  };
  const handler = (): HandleRecord<unknown> => (record, task) =>
    handle ? handle(record, task) : loaded().then((found) => found(record, task));
  return recordStep({ kind, gives: "records", handler, load: async () => void (await loaded()) }, options);
}

/** What a function of yours makes of each record: a list of records. */
export function eachStep(handle: HandleRecord<unknown>, options: RecordStepOptions = {}): RecordStep {
  return recordStep({ kind: "each", gives: "records", handler: () => handle }, options);
}
