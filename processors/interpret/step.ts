import { type Many, Processor, stream, type TaskContext, type UncheckedSchema } from "datagraph";

/** The names a step of a pipeline is given. Streams are wired by name, so two steps of a kind need names of their own. */
export interface StepNames<I extends string = string, O extends string = string> {
  /** The processor's name. */
  readonly name?: string;
  /** The stream it reads. Default "records". */
  readonly input?: I;
  /** The stream it writes. */
  readonly output?: O;
}

/** A processor of one input and one output. */
export type StepProcessor<I extends string, O extends string, Out> = Processor<{
  readonly name: string;
  readonly inputs: Readonly<Record<I, UncheckedSchema<unknown>>>;
  readonly outputs: Readonly<Record<O, UncheckedSchema<Out>>>;
}>;

/** What becomes of one record: nothing, or values for the output. */
export type HandleRecord<Out> = (record: unknown, task: TaskContext) => Many<Out> | Promise<Many<Out>>;

/** A processor that handles records one by one. */
export function stepProcessor<I extends string, O extends string, Out>(
  { name, input, output }: { readonly name: string; readonly input: I; readonly output: O },
  handle: HandleRecord<Out>,
): StepProcessor<I, O, Out> {
  const inputs = { [input]: stream<unknown>() } as Readonly<Record<I, UncheckedSchema<unknown>>>;
  const outputs = { [output]: stream<Out>() } as Readonly<Record<O, UncheckedSchema<Out>>>;
  const emit = (values: Many<Out>) => ({ [output]: values });
  const handler = (record: unknown, _: unknown, task: TaskContext) => {
    const values = handle(record, task);
    return values instanceof Promise ? values.then(emit) : emit(values);
  };
  const processor = new Processor({ name, inputs, outputs });
  // The compiler cannot look into streams whose names are parameters; `handle` is typed by the same `Out`.
  processor.implementEach({} as never, handler as never);
  return processor;
}
