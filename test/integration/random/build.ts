import { setImmediate as nextTurn } from "node:timers/promises";
import { EmptyStreamError, Flow, type FlowShape, type IO, type Many, many, Processor, type ResolvedFlow } from "datagraph";
import { isOrderless } from "./evaluate.ts";
import type { FlowSpec, ProcessorSpec, Rate } from "./spec.ts";
import { resultsOf, sorted, sourceValues, sum } from "./values.ts";

type Emission = Record<string, number | Many<number>>;
type Inputs = Readonly<Record<string, IO<number>>>;

/**
 * The flow of a spec, with processors that do what {@link evaluate} says.
 *
 * @param prefix begins the processors' names: workers tell those of several flows apart by it.
 */
export function build(spec: FlowSpec, prefix = ""): ResolvedFlow<FlowShape> {
  const orderless = isOrderless(spec);
  return Flow.fromProcessors(
    ...spec.processors.map((processor) => buildProcessor(processor, orderless.has(processor.name), prefix)),
  ).resolve();
}

/** The values of a supplied input at its rate. */
export async function* supply(values: readonly number[], rate: Rate): AsyncGenerator<number> {
  for (const value of values) {
    await pause(rate, value);
    yield value;
  }
}

function buildProcessor(spec: ProcessorSpec, orderless: boolean, prefix: string): Processor {
  const { name, inputs, outputs, wait } = spec;
  const processor: Processor = new Processor({ name: `${prefix}${name}`, inputs, outputs, wait });
  const [input = ""] = spec.inputs;
  const { concurrency, chunk, maxWaitMs, replicas } = spec;
  const order = spec.keyed ? { key: (value: unknown) => Number(value) % 3 } : { ordered: spec.ordered };
  const options = { input, concurrency, replicas, ...order };
  if (spec.kind === "generator") {
    processor.implement(async function* (inputs) {
      for await (const value of valuesRead(spec, inputs as Inputs, orderless)) {
        await pause(spec.rate, value);
        yield* emissionsOf(spec, value);
      }
    });
  } else if (spec.kind === "each") {
    processor.implementEach(
      options,
      eachHandler(spec, orderless) as (value: unknown, context: unknown) => Emission[] | Promise<Emission[]>,
    );
  } else {
    processor.implementBatch({ ...options, maxSize: chunk, maxWaitMs }, async (values, context) => {
      const add = orderless ? 0 : await sumOfFirsts(context as Inputs);
      await pause(spec.rate, values.length);
      return (values as readonly number[]).flatMap((value) => [...emissionsOf(spec, value + add)]);
    });
  }
  return processor;
}

function eachHandler(spec: ProcessorSpec, orderless: boolean) {
  const alone = orderless || spec.inputs.length === 1;
  if (spec.form === "plain" && alone) return (value: number) => [...emissionsOf(spec, value)];
  if (spec.form === "generator") {
    return async function* (value: number, context: Inputs) {
      const add = alone ? 0 : await sumOfFirsts(context);
      await pause(spec.rate, value);
      yield* emissionsOf(spec, value + add);
    };
  }
  return async (value: number, context: Inputs) => {
    const add = alone ? 0 : await sumOfFirsts(context);
    await pause(spec.rate, value);
    return [...emissionsOf(spec, value + add)];
  };
}

function* emissionsOf(spec: ProcessorSpec, value: number): Generator<Emission> {
  const entries = Object.entries(resultsOf(spec, value)).map(([output, [first, ...rest]]) => {
    return [output, rest.length === 0 ? first : many([first, ...rest])] as const;
  });
  if (entries.length > 0) yield Object.fromEntries(entries) as Emission;
}

async function* valuesRead(spec: ProcessorSpec, inputs: Inputs, orderless: boolean): AsyncGenerator<number> {
  const streams = spec.inputs.flatMap((name) => inputs[name] ?? []);
  const [head, ...others] = streams;
  if (!head) return yield* sourceValues(spec);
  if (orderless && spec.order !== "arrival" && spec.order !== "batches") {
    for (const io of streams) yield* io;
    return;
  }
  switch (spec.order) {
    case "zip":
      return yield* taken(head.streamWith(...others), spec.take, sum);
    case "padded":
      return yield* taken(head.streamWith(...others, { pad: 0 }), spec.take, sum);
    case "merged": {
      const all: number[] = [];
      for await (const { value } of head.asAvailable(...others)) all.push(value);
      return yield* sorted(all).slice(0, spec.take);
    }
    case "arrival":
      for await (const { value } of head.asAvailable(...others)) yield value;
      return;
    case "first": {
      const add = await sumOfFirsts(inputs);
      for (const io of streams) yield* taken(io, spec.take, (value) => value + add);
      return;
    }
    case "batches":
      for (const io of streams) for await (const values of io.batches({ maxSize: spec.chunk })) yield* values;
      return;
    case "held":
      return yield* held(streams, spec.take);
    default:
      for (const io of streams) yield* taken(io, spec.take, (value) => value);
  }
}

/** Holds a reader of every stream from the start, and reads them one after the other. */
async function* held(streams: readonly IO<number>[], take: number): AsyncGenerator<number> {
  const iterators = streams.map((io) => io.stream());
  try {
    const firsts = await Promise.all(iterators.map((iterator) => iterator.next()));
    for (const [i, first] of firsts.entries()) {
      const iterator = iterators[i];
      let left = take;
      for (let result = first; !result.done && left > 0; left--) {
        yield result.value;
        if (left > 1 && iterator) result = await iterator.next();
      }
      await iterator?.return?.();
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.();
  }
}

async function* taken<T>(source: AsyncIterable<T>, take: number, map: (value: T) => number): AsyncGenerator<number> {
  let left = take;
  for await (const value of source) {
    yield map(value);
    if (--left === 0) return;
  }
}

async function sumOfFirsts(inputs: Inputs): Promise<number> {
  const firsts = Object.values(inputs).map((io) =>
    io.first().catch((error: unknown) => {
      if (error instanceof EmptyStreamError) return 0;
      throw error;
    }),
  );
  return sum(await Promise.all(firsts));
}

async function pause(rate: Rate, value: number): Promise<void> {
  if (rate === "microtask") await null;
  if (rate === "immediate" && value % 3 === 0) await nextTurn();
  if (rate === "timer" && value % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
