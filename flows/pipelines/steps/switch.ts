import { DeclarationError, type TaskContext } from "datagraph";
import { type From, type HandleRecord, InterpretationError, type Normalization } from "datagraph/interpret";
import { Declared } from "../../../processors/interpret/declared.ts";
import { interpretationError } from "../../../processors/interpret/errors.ts";
import { normalizer } from "../../../processors/interpret/normalise.ts";
import { compileProvider, noSurroundings } from "../../../processors/interpret/providers/compile.ts";
import { identity } from "../../../processors/interpret/values.ts";
import { type RecordStepOptions, recordStep } from "./records.ts";
import type { RecordStep } from "./step.ts";

/** Steps by the value that they are for; compared by value and type. */
export type StepCases = Readonly<Record<string, readonly RecordStep[]>> | ReadonlyMap<unknown, readonly RecordStep[]>;

export interface SwitchOptions extends RecordStepOptions {
  /** For values without a case. Default: the record passes, unless some case interprets: then it is an error of the record. */
  readonly default?: readonly RecordStep[];
  /** Of the value. */
  readonly normalization?: readonly Normalization[];
}

/** Other steps, depending on a value. All in one processor, so that the order of records stays. @throws DeclarationError. */
export function switchStep(switchOn: From, cases: StepCases, options: SwitchOptions = {}): RecordStep {
  const value = compileProvider(new Declared(switchOn, "switchOn"), noSurroundings);
  const normalize = normalizer(options.normalization ?? []) ?? ((found: unknown) => found);
  const branches: [unknown, readonly RecordStep[]][] = cases instanceof Map ? [...cases] : Object.entries(cases);
  const all = [...branches.map(([, branch]) => branch), ...(options.default ? [options.default] : [])];
  const interprets = all.some((branch) => givesOf(branch) === "ingestions");
  if (interprets && all.some((branch) => givesOf(branch) !== "ingestions")) {
    throw new DeclarationError(
      "A switch of which some cases interpret needs an interpreter in all of them: what has none cannot be written.",
    );
  }
  const handler = (name: string): HandleRecord<unknown> => {
    const steps = new Map(branches.map(([key, branch]) => [identity(key), composed(branch, name)]));
    const otherwise = options.default ? composed(options.default, name) : interprets ? refusing(name) : passing;
    return (record, task) => {
      const found = normalize(value.one({ document: record, variables: NO_VARIABLES }));
      return (steps.get(identity(found)) ?? otherwise)(record, task);
    };
  };
  const guarded = (name: string): HandleRecord<unknown> => {
    const handle = handler(name);
    return (record, task) => {
      try {
        return handle(record, task);
      } catch (thrown) {
        throw interpretationError(name, "the record", thrown);
      }
    };
  };
  const declarations = all.flat().flatMap((step) => step.declarations);
  const load = async () => {
    for (const step of all.flat()) await step.load?.();
  };
  return recordStep(
    { kind: "switch", gives: interprets ? "ingestions" : "records", declarations, load, handler: guarded },
    options,
  );
}

const NO_VARIABLES: ReadonlyMap<string, unknown> = new Map();
const passing: HandleRecord<unknown> = (record) => [record];

function refusing(name: string): HandleRecord<unknown> {
  return () => {
    throw new InterpretationError(name, "switchOn", "the record", "there is no case for its value, and no default");
  };
}

/** What a chain of steps gives, of records. */
function givesOf(steps: readonly RecordStep[]): "records" | "ingestions" {
  return steps.reduce<"records" | "ingestions">((before, { gives }) => (gives === "either" ? before : gives), "records");
}

/** Steps one after the other. Nothing waits for a promise where there is none. */
function composed(steps: readonly RecordStep[], name: string): HandleRecord<unknown> {
  const [first = passing, ...others] = steps.map((step) => step.handler(name));
  return others.reduce<HandleRecord<unknown>>((before, next) => (record, task) => after(before(record, task), next, task), first);
}

function after(values: readonly unknown[] | Promise<readonly unknown[]>, next: HandleRecord<unknown>, task: TaskContext) {
  if (values instanceof Promise) return values.then((list) => eachOf(list, next, task));
  return eachOf(values, next, task);
}

function eachOf(
  values: readonly unknown[],
  next: HandleRecord<unknown>,
  task: TaskContext,
): readonly unknown[] | Promise<readonly unknown[]> {
  const results = values.map((value) => next(value, task));
  if (results.some((result) => result instanceof Promise)) return Promise.all(results).then((lists) => lists.flat());
  return (results as readonly (readonly unknown[])[]).flatMap((list) => [...list]);
}
