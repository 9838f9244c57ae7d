import { type FailureOptions, many, Processor, stream, type TaskContext, type UncheckedSchema } from "datagraph";

/** What every step of a pipeline is told. Streams are wired by name, so two steps of a kind need names of their own. */
export interface StepOptions<I extends string = string, O extends string = string> {
  /** The processor's name. */
  readonly name?: string;
  /** The stream it reads. Default "records". */
  readonly input?: I;
  /** The stream it writes. */
  readonly output?: O;
  /** Where a record goes that the step cannot handle. Default: nowhere, its run fails. */
  readonly deadLetter?: NonNullable<FailureOptions["deadLetter"]>;
  /** How many of it share the records of one run, on as many workers as there are; their order is not kept then. Default 1. */
  readonly replicas?: number;
}

/** The same, with its defaults. */
export type StepSettings<I extends string, O extends string> = Required<Pick<StepOptions<I, O>, "name" | "input" | "output">> &
  Pick<StepOptions, "deadLetter" | "replicas">;

/** A processor of one input and one output. */
export type StepProcessor<I extends string, O extends string, Out> = Processor<{
  readonly name: string;
  readonly inputs: Readonly<Record<I, UncheckedSchema<unknown>>>;
  readonly outputs: Readonly<Record<O, UncheckedSchema<Out>>>;
}>;

/** What becomes of one record: any number of values for the output. */
export type HandleRecord<Out> = (record: unknown, task: TaskContext) => readonly Out[] | Promise<readonly Out[]>;

/** A processor that handles records one by one. */
export function stepProcessor<I extends string, O extends string, Out>(
  { name, input, output, deadLetter, replicas }: StepSettings<I, O>,
  handle: HandleRecord<Out>,
): StepProcessor<I, O, Out> {
  const inputs = { [input]: stream<unknown>() } as Readonly<Record<I, UncheckedSchema<unknown>>>;
  const outputs = { [output]: stream<Out>() } as Readonly<Record<O, UncheckedSchema<Out>>>;
  // A value that is emitted alone is handed on together with others; a list is at once, by itself.
  const emit = (values: readonly Out[]) => {
    if (values.length === 1) return { [output]: values[0] };
    return values.length === 0 ? undefined : { [output]: many(values) };
  };
  const handler = (record: unknown, _: unknown, task: TaskContext) => {
    const values = handle(record, task);
    return values instanceof Promise ? values.then(emit) : emit(values);
  };
  const processor = new Processor({ name, inputs, outputs });
  // The compiler cannot look into streams whose names are parameters; `handle` is typed by the same `Out`.
  const options = { ...(deadLetter && { deadLetter }), ...(replicas !== undefined && { replicas }) };
  processor.implementEach(options as never, handler as never);
  return processor;
}
