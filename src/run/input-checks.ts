import type { AnyProcessor } from "../processor/processor.ts";
import type { RunRecord } from "../streams/store.ts";
import { type Check, checkOf } from "../tasks/check.ts";
import type { Source } from "./feed.ts";

/** The checks of a supplied input: its values must suit every processor that reads them. */
export function inputChecks(
  { streams, tasks }: RunRecord,
  processors: ReadonlyMap<string, AnyProcessor>,
  stream: number,
): readonly Check[] {
  const { name = "", consumers = [] } = streams[stream] ?? {};
  const schemas = consumers.map((task) => {
    const processor = tasks[task]?.processor ?? "";
    return [processors.get(processor)?.inputs.get(name), processor] as const;
  });
  const distinct = new Map(schemas);
  return [...distinct].flatMap(([schema, processor]) => checkOf(schema, name, `supplied for input of "${processor}"`) ?? []);
}

/** So many values are looked at before their run is created. */
const MAX_VALUES = 512;

/**
 * Supplied inputs that are at hand with all their values, which all pass: short lists. They need no feeding once a store has taken them. What does not pass is
 * left to be fed, which says so in the run.
 */
export function inputsAtHand(
  record: RunRecord,
  processors: ReadonlyMap<string, AnyProcessor>,
  inputs: Readonly<Record<string, Source>>,
): ReadonlyMap<number, readonly unknown[]> {
  const found = new Map<number, readonly unknown[]>();
  record.streams.forEach(({ name, producer }, stream) => {
    const source = inputs[name];
    if (producer !== undefined || !Array.isArray(source) || source.length > MAX_VALUES) return;
    const values = passing(source, inputChecks(record, processors, stream));
    if (values) found.set(stream, values);
  });
  return found;
}

/** A copy of the values; nothing when one does not pass, or cannot be had. */
function passing(source: readonly unknown[], checks: readonly Check[]): readonly unknown[] | undefined {
  try {
    const values = [...source];
    for (const value of values) for (const check of checks) check(value);
    return values;
  } catch {
    return undefined;
  }
}
