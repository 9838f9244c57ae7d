import type { Checkpoint } from "./checkpoint.ts";
import type {
  Emission,
  HandlerInputs,
  InputTypes,
  OutputTypes,
  ProcessorDeclaration,
  ReadOf,
  StateTypes,
  WriteOf,
} from "./declaration.ts";
import type { Dependencies, Dependency, Injected } from "./dependency.ts";
import type { BatchOptions, EachOptions, Key, KeyOptions, PlainOptions, TaskContext } from "./implementation.ts";
import type { Many } from "./many.ts";
import type { TypeProblem } from "./type-problem.ts";

/** The names of a declaration's inputs. */
export type InputName<D extends ProcessorDeclaration> = keyof InputTypes<D> & string;
type ValueOfInput<D extends ProcessorDeclaration, I extends InputName<D>> = ReadOf<InputTypes<D>[I]>;

/** No dependencies. */
export type NoNeeds = Readonly<Record<never, never>>;

/** The dependencies of a plain handler, where what is in front of it are not its options. */
export type NeedsOf<F> = F extends Dependencies ? F : NoNeeds;

/** What may be in front of a plain handler: options where it has `retry`, unless that is a dependency's name; else dependencies. */
export type OptionsOrDependencies<F> = F extends { readonly retry: Dependency<unknown> }
  ? Dependencies
  : "retry" extends keyof F
    ? PlainOptions & { readonly [K in Exclude<keyof F, "retry">]: TypeProblem<`The one option of a plain handler is "retry"`> }
    : Dependencies;

/** What a plain handler gets: its inputs and its dependencies, by name. */
export type HandlerContext<D extends ProcessorDeclaration, N> = HandlerInputs<D> & Injected<N>;

/** What the handler of one input gets beside the values: the processor's other inputs and its dependencies. */
export type ValueContext<D extends ProcessorDeclaration, I extends InputName<D>, N> = Omit<HandlerInputs<D>, I> & Injected<N>;

/** Nothing, one item, or any number of them, at once or over time. */
type AnyNumberOf<E> = OneOrStreamOf<E> | Promise<Iterable<E>>;
type OneOrStreamOf<E, InStreams = never> =
  | E
  | void
  | undefined
  | Iterable<E | InStreams>
  | AsyncIterable<E | InStreams>
  | Promise<E | void | undefined>;

/** What a value or batch handler may return: nothing, one emission, or any number of them, at once or over time. */
export type Emissions<D extends ProcessorDeclaration> = AnyNumberOf<Emission<D>>;

/** What a plain handler learns about its task. */
export type HandlerTask<D extends ProcessorDeclaration> = TaskContext<ReadOf<StateTypes<D>>>;

/** A plain handler: an async generator of emissions and checkpoints, or an async function that returns one emission. */
export type Handler<D extends ProcessorDeclaration, N = NoNeeds> = (
  context: HandlerContext<D, N>,
  task: HandlerTask<D>,
) => OneOrStreamOf<Emission<D>, Checkpoint<WriteOf<StateTypes<D>>>>;

/** Handles one value. Its context holds the dependencies and the processor's other inputs. */
export type EachHandler<D extends ProcessorDeclaration, I extends InputName<D>, N = NoNeeds> = (
  value: ValueOfInput<D, I>,
  context: ValueContext<D, I, N>,
  task: TaskContext,
) => Emissions<D>;

/** Handles a list of values. */
export type BatchHandler<D extends ProcessorDeclaration, I extends InputName<D>, N = NoNeeds> = (
  values: readonly ValueOfInput<D, I>[],
  context: ValueContext<D, I, N>,
  task: TaskContext,
) => Emissions<D>;

/*
 * How a handler is checked. Its own type `H` is inferred, with a loose bound that types its parameters and gives its
 * literals their context; then `CheckedHandler` looks at what it emits (and must accept the bound itself, for the context). A strict bound alone would let unknown outputs
 * through (the compiler checks no excess properties in what a generator yields) and print a page where it would not.
 */
type Loose<D extends ProcessorDeclaration> = Emission<D> | object;

/** The bound of a plain handler's type. */
export type HandlerBound<D extends ProcessorDeclaration, N> = (
  context: HandlerContext<D, N>,
  task: HandlerTask<D>,
) => OneOrStreamOf<Loose<D>>;

/** The bound of a value handler's type. */
export type EachHandlerBound<D extends ProcessorDeclaration, I extends InputName<D>, N> = (
  value: ValueOfInput<D, I>,
  context: ValueContext<D, I, N>,
  task: TaskContext,
) => AnyNumberOf<Loose<D>>;

/** The bound of a batch handler's type. */
export type BatchHandlerBound<D extends ProcessorDeclaration, I extends InputName<D>, N> = (
  values: readonly ValueOfInput<D, I>[],
  context: ValueContext<D, I, N>,
  task: TaskContext,
) => AnyNumberOf<Loose<D>>;

/** `H` itself when all it emits are values that the outputs of `D` take, else what is wrong. */
export type CheckedHandler<D extends ProcessorDeclaration, H> = H extends (...args: never) => infer R
  ? Checked<D, H, R extends AnyIterable ? Exclude<Emitted<R>, Checkpoint> : Emitted<R>, Saved<R>>
  : never;

type AnyIterable = AsyncIterable<unknown> | Iterable<unknown>;

/** The states that a generator saves. */
type Saved<R> = R extends AnyIterable ? StateIn<Emitted<R>> : never;
type StateIn<E> = IsAny<E> extends true ? never : E extends Checkpoint<infer S> ? S : never;

type StateProblem<D extends ProcessorDeclaration, S> = [S] extends [never]
  ? never
  : [S] extends [WriteOf<StateTypes<D>>]
    ? never
    : TypeProblem<
        `A checkpoint of processor "${D["name"]}" saves a state of the wrong type`,
        { saved: S; expected: WriteOf<StateTypes<D>> }
      >;

/** The same for handlers of values and batches, which may also return a promise of a list. */
export type CheckedValueHandler<D extends ProcessorDeclaration, H> = H extends (...args: never) => infer R
  ? Checked<D, H, Emitted<R extends PromiseLike<infer V> ? V : R>>
  : never;

/** @template E what is emitted. @template S what is saved. */
type Checked<D extends ProcessorDeclaration, H, E, S = never> = [EmissionProblem<D, E> | StateProblem<D, S>] extends [never]
  ? H
  : EmissionProblem<D, E> | StateProblem<D, S>;

/** All that a handler's result emits. */
type Emitted<R> = R extends AsyncIterable<infer E> ? E : R extends Iterable<infer E> ? E : R extends PromiseLike<infer V> ? V : R;

type EmissionProblem<D extends ProcessorDeclaration, E> =
  IsAny<E> extends true
    ? never
    : [NotAnEmission<E>] extends [never]
      ? [UnknownOutput<D, E>] extends [never]
        ? [WrongOutput<D, E>] extends [never]
          ? never
          : TypeProblem<
              `Output "${WrongOutput<D, E>}" of processor "${D["name"]}" gets a value of the wrong type`,
              { emitted: ValueAt<E, WrongOutput<D, E>>; expected: WriteOf<OutputTypes<D>[WrongOutput<D, E>]> }
            >
        : TypeProblem<`Processor "${D["name"]}" has no output "${UnknownOutput<D, E>}"`, { outputs: keyof OutputTypes<D> }>
      : TypeProblem<
          `Processor "${D["name"]}" emits something that is not an object of outputs by name`,
          { emitted: NotAnEmission<E>; outputs: keyof OutputTypes<D> }
        >;

/** Only `any` swallows a type that nothing else does. */
type IsAny<E> = 0 extends 1 & E ? true : false;

type NotAnEmission<E> = unknown extends E
  ? never
  : Exclude<E, object | void | undefined> | Extract<E, Iterable<unknown> | AsyncIterable<unknown>>;

/** Names in emissions that are not outputs. Each emission of a union is looked at (`E extends object` distributes). */
type UnknownOutput<D extends ProcessorDeclaration, E> = E extends object ? `${Exclude<KeyOf<E>, keyof OutputTypes<D>>}` : never;
/** Names that are known: a computed one, as in `{ [name]: value }`, is checked when it is emitted. */
type KeyOf<E> = keyof { [N in keyof E as string extends N ? never : number extends N ? never : N]: E[N] } & (string | number);

type WrongOutput<D extends ProcessorDeclaration, E> = E extends object
  ? {
      [N in KeyOf<E> & keyof OutputTypes<D>]: [Required<E>[N]] extends [Accepted<D, N>] ? never : N & string;
    }[KeyOf<E> & keyof OutputTypes<D>]
  : never;

type Accepted<D extends ProcessorDeclaration, N extends keyof OutputTypes<D>> =
  | WriteOf<OutputTypes<D>[N]>
  | Many<WriteOf<OutputTypes<D>[N]>>;

type ValueAt<E, N> = E extends unknown ? (N extends keyof E ? Required<E>[N] : never) : never;

/** Options that must name the input where the processor has several. */
export type InputChoice<D extends ProcessorDeclaration, I extends InputName<D>> =
  IsUnion<InputName<D>> extends true ? { readonly input: I } : unknown;
type IsUnion<T, U = T> = [T] extends [never] ? false : T extends unknown ? ([U] extends [T] ? false : true) : never;

/** The bound of a key function's type; it is inferred by itself, so that the processor's own type does not depend on it. */
export type KeyBound<D extends ProcessorDeclaration, I extends InputName<D>> = (value: ValueOfInput<D, I>) => Key;

/** @see EachOptions */
export type EachOptionsOf<D extends ProcessorDeclaration, I extends InputName<D>, K> = EachOptions<I> &
  KeyOptions<K> &
  InputChoice<D, I>;
/** @see BatchOptions */
export type BatchOptionsOf<D extends ProcessorDeclaration, I extends InputName<D>, K> = BatchOptions<I> &
  KeyOptions<K> &
  InputChoice<D, I>;
