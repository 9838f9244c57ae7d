import { many, Processor, stream, type TaskContext, type UncheckedSchema } from "datagraph";
import { BadRecordError, type RefusedRecord, toRefused } from "./errors.ts";
import { checkFileOptions, type FileOptions, readAll } from "./files.ts";
import { httpPages, type PageOptions } from "./http/pages.ts";

/** The names of a source. Streams are wired by name, so two sources in a flow need names of their own. */
export interface SourceNames<O extends string = string> {
  /** The processor's name. */
  readonly name?: string;
  /** The stream it writes. Default "records". */
  readonly output?: O;
}

/** A processor without inputs. */
export type SourceProcessor<Outputs extends Readonly<Record<string, unknown>>> = Processor<{
  readonly name: string;
  readonly outputs: { readonly [O in keyof Outputs]: UncheckedSchema<Outputs[O]> };
}>;

/** What goes out at once, by output. */
type Emit = Readonly<Record<string, unknown>>;

function sourceProcessor<Outputs extends Readonly<Record<string, unknown>>>(
  name: string,
  outputs: readonly string[],
  emissions: (task: TaskContext) => AsyncIterable<Emit>,
): SourceProcessor<Outputs> {
  const schemas = Object.fromEntries(outputs.map((output) => [output, stream<unknown>()]));
  const processor = new Processor({ name, outputs: schemas });
  processor.implement((_: unknown, task: TaskContext) => emissions(task) as never);
  // The compiler cannot look into streams whose names are parameters.
  return processor as never;
}

/**
 * A processor that reads files: `records` out. With `refused` the records that cannot be read go to the output of that name, and
 * reading goes on; without it the first of them fails the run.
 *
 * @throws DeclarationError for options that cannot work.
 */
export function files<const O extends string = "records", const R extends string = never>(
  options: FileOptions & SourceNames<O> & { readonly refused?: R },
): SourceProcessor<Readonly<Record<O, unknown> & Record<R, RefusedRecord>>> {
  const { name = "files", output = "records" as O, refused, ...what } = options;
  checkFileOptions(what);
  const outputs = refused === undefined ? [output] : [output, refused];
  return sourceProcessor(name, outputs, async function* ({ signal, log }) {
    const onWarning = (message: string) => log.warn(message);
    for await (const records of readAll({ ...what, signal, onWarning })) {
      const bad = records.filter((record) => record instanceof BadRecordError);
      const [first] = bad;
      const good = first === undefined ? records : goodOf(records, refused === undefined ? first : undefined);
      if (good.length > 0) yield { [output]: many(good) };
      if (first !== undefined && refused === undefined) throw first;
      if (refused !== undefined && bad.length > 0) yield { [refused]: many(bad.map(toRefused)) };
    }
  });
}

/** The records that can be read, up to the one that ends the reading. */
function goodOf(records: readonly unknown[], last: unknown): readonly unknown[] {
  const before = last === undefined ? records : records.slice(0, records.indexOf(last));
  return before.filter((record) => !(record instanceof BadRecordError));
}

/** A processor that asks an HTTP API, page by page: `records` out. */
export function httpRecords<const O extends string = "records">(
  options: PageOptions & SourceNames<O>,
): SourceProcessor<Readonly<Record<O, unknown>>> {
  const { name = "httpRecords", output = "records" as O, ...what } = options;
  httpPages(what);
  return sourceProcessor(name, [output], async function* ({ signal }) {
    for await (const record of httpPages({ ...what, signal })) yield { [output]: record };
  });
}

/** A processor that writes the values of an iterable: `records` out. A task that is performed again iterates again, and must get the same. */
export function iterable<T, const O extends string = "records">(
  options: SourceNames<O> & { readonly values: Iterable<T> | AsyncIterable<T> },
): SourceProcessor<Readonly<Record<O, T>>> {
  const { name = "iterable", output = "records" as O, values } = options;
  return sourceProcessor(name, [output], async function* () {
    for await (const value of values) yield { [output]: value };
  });
}

/** A processor that counts: `{ index }` from `start` (default 0) to before `stop`, by `step` (default 1): `records` out. */
export function range<const O extends string = "records">(
  options: SourceNames<O> & RangeOptions,
): SourceProcessor<Readonly<Record<O, { readonly index: number }>>> {
  const { name = "range", ...what } = options;
  return iterable({ name, ...what, values: { [Symbol.iterator]: () => indexes(what) } });
}

export interface RangeOptions {
  readonly start?: number;
  readonly stop: number;
  readonly step?: number;
}

function* indexes({ start = 0, stop, step = 1 }: RangeOptions): Generator<{ readonly index: number }> {
  for (let index = start; step > 0 ? index < stop : index > stop; index += step) yield { index };
}
