import type { FlowSpec, ProcessorSpec } from "./spec.ts";
import { resultsOf, sorted, sourceValues, sum } from "./values.ts";

/** A stream as it should be. Where the order is nobody's promise only the values count. */
export interface Expected {
  readonly values: readonly number[];
  readonly ordered: boolean;
}

/** What a flow means: a plain sequential evaluation, processor after processor, on whole streams. */
export function evaluate(spec: FlowSpec): ReadonlyMap<string, Expected> {
  const streams = new Map<string, Expected>();
  for (const [name, { values }] of Object.entries(spec.inputs)) streams.set(name, { values, ordered: true });
  for (const processor of spec.processors) {
    const inputs = processor.inputs.map((name) => streams.get(name) ?? { values: [], ordered: true });
    const { values, ordered } = read(processor, inputs);
    const results = values.map((value) => resultsOf(processor, value));
    for (const output of processor.outputs)
      streams.set(output, { values: results.flatMap((result) => result[output] ?? []), ordered });
  }
  return streams;
}

/**
 * Whether this processor must not depend on the order of its inputs, because one of them has none: it then reads all of
 * each, whatever its spec says.
 */
export function isOrderless(spec: FlowSpec): ReadonlySet<string> {
  const streams = new Set<string>();
  const found = new Set<string>();
  for (const processor of spec.processors) {
    const tainted = processor.inputs.some((input) => streams.has(input));
    if (tainted) found.add(processor.name);
    const scatters =
      processor.inputs.length > 0 && (processor.kind === "generator" ? processor.order === "arrival" : !keepsOrder(processor));
    if (tainted || scatters) for (const output of processor.outputs) streams.add(output);
  }
  return found;
}

/** The values that a processor turns into results, one after the other. */
/** Whether a handler of values, or of lists, gives its results in the order of its input. */
function keepsOrder({ keyed, ordered, concurrency, replicas }: ProcessorSpec): boolean {
  return !keyed && (ordered || (concurrency === 1 && replicas === 1));
}

function read(spec: ProcessorSpec, inputs: readonly Expected[]): Expected {
  const { kind, order, take } = spec;
  if (inputs.length === 0) return { values: sourceValues(spec), ordered: true };
  const lists = inputs.map(({ values }) => values);
  if (inputs.some((input) => !input.ordered)) {
    const all = kind === "generator" ? lists.flat() : (lists[0] ?? []);
    return { values: all, ordered: false };
  }
  if (kind !== "generator") {
    const others = sum(lists.slice(1).map((list) => list[0] ?? 0));
    return { values: (lists[0] ?? []).map((value) => value + others), ordered: keepsOrder(spec) };
  }
  const first = sum(lists.map((list) => list[0] ?? 0));
  const taken = lists.flatMap((list) => list.slice(0, take));
  const lengths = lists.map((list) => list.length);
  const tuples = (count: number) =>
    Array.from({ length: Math.min(count, take) }, (_, i) => sum(lists.map((list) => list[i] ?? 0)));
  switch (order) {
    case "zip":
      return { values: tuples(Math.min(...lengths)), ordered: true };
    case "padded":
      return { values: tuples(Math.max(...lengths)), ordered: true };
    case "merged":
      return { values: sorted(lists.flat()).slice(0, take), ordered: true };
    case "arrival":
      return { values: lists.flat(), ordered: false };
    case "first":
      return { values: taken.map((value) => value + first), ordered: true };
    case "batches":
      return { values: lists.flat(), ordered: true };
    default:
      return { values: taken, ordered: true };
  }
}
