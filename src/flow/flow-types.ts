import type { IO } from "../io/io.ts";
import type { InputTypes, OutputTypes, ProcessorDeclaration, ReadOf, WriteOf } from "../processor/declaration.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import type { Schema } from "../processor/schema.ts";
import type { TypeProblem } from "../processor/type-problem.ts";

/** The types of a flow's streams, by name; they travel as this one shape from the processors to the caller. */
export interface FlowShape {
  /** Floating inputs, with what the caller supplies. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Streams that no processor of the flow consumes, with what the caller reads. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Every stream, with what its readers get. */
  readonly streams: Readonly<Record<string, unknown>>;
}

/** Values for one floating input. `Name` is for the compiler's messages: they show which stream is meant. */
export type FlowInput<_Name extends string, T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T>;

/** What the caller supplies: exactly the floating inputs. */
export type FlowInputs<S extends FlowShape> = { readonly [N in keyof S["inputs"] & string]: FlowInput<N, S["inputs"][N]> };

/** What a run hands out: the outputs of its flow. */
export type OutputsOf<S extends FlowShape> = { readonly [N in keyof S["outputs"] & string]: IO<S["outputs"][N], N> };

/** What a run hands out when it is asked for all streams. */
export type AllStreamsOf<S extends FlowShape> = { readonly [N in keyof S["streams"] & string]: IO<S["streams"][N], N> };

/** What follows the flow when a run is started: its inputs, unless it has none, and options, unless they are optional. */
export type StartArguments<S extends FlowShape, Options = Readonly<Record<never, never>>> =
  HasFixedInputs<S> extends true
    ? Partial<Options> extends Options
      ? [inputs: FlowInputs<S>, options?: Options | undefined]
      : [inputs: FlowInputs<S>, options: Options]
    : Partial<Options> extends Options
      ? [inputs?: AnyOrNoInputs<S> | undefined, options?: Options | undefined]
      : [inputs: AnyOrNoInputs<S> | undefined, options: Options];

/** Whether there are floating inputs, and their names are known. */
type HasFixedInputs<S extends FlowShape> = [keyof S["inputs"]] extends [never]
  ? false
  : string extends keyof S["inputs"]
    ? false
    : true;

type AnyOrNoInputs<S extends FlowShape> = [keyof S["inputs"]] extends [never] ? NoInputs : FlowInputs<S>;

/** Takes `{}` only, and tells everything else why. */
type NoInputs = { readonly [name: string]: TypeProblem<"This flow has no floating inputs"> };

/**
 * The shape of a flow of these processors, spelt out, as it appears in messages. Where the compiler does not know their
 * streams, any names are allowed.
 */
export type ShapeOf<P extends readonly AnyProcessor[]> =
  IsKnown<P> extends true
    ? [ByStream<Writes<DeclarationsOf<P>>>, ByStream<Reads<DeclarationsOf<P>>>] extends [
        infer W extends Ports,
        infer R extends Ports,
      ]
      ? {
          readonly inputs: { readonly [N in Exclude<keyof R, keyof W>]: AllOf<R[N]> };
          readonly outputs: { readonly [N in Exclude<keyof W, keyof R>]: W[N]["type"] };
          readonly streams: {
            readonly [N in keyof W | keyof R]: N extends keyof W ? W[N]["type"] : N extends keyof R ? AllOf<R[N]> : never;
          };
        }
      : never
    : FlowShape;

/**
 * The processors themselves where they agree on their streams. Where they do not, the one that disagrees is replaced by a
 * {@link TypeProblem}, so that the compiler's message is about that argument and names the stream and both processors.
 */
export type CheckedProcessors<P extends readonly AnyProcessor[]> = P extends readonly []
  ? [first: AnyProcessor]
  : IsKnown<P> extends true
    ? CheckedAgainst<P, ByStream<Writes<DeclarationsOf<P>>>>
    : P;

type CheckedAgainst<P extends readonly AnyProcessor[], W extends Ports> = {
  readonly [K in keyof P]: [Problem<DeclarationOf<P[K]>, W>] extends [never] ? P[K] : Problem<DeclarationOf<P[K]>, W>;
};

type DeclarationOf<P> = P extends { readonly declaration: infer D extends ProcessorDeclaration } ? D : never;
type DeclarationsOf<P extends readonly AnyProcessor[]> = DeclarationOf<P[number]>;

/** Whether it is known how many processors there are and what their streams are called. */
type IsKnown<P extends readonly AnyProcessor[]> = number extends P["length"]
  ? false
  : HasAnyStreams<DeclarationsOf<P>> extends false
    ? true
    : false;
/** `true` among the answers when a declaration of the union has streams of any name; each is asked (distributes). */
type HasAnyStreams<D> = D extends ProcessorDeclaration
  ? string extends NamesOf<D["inputs"]> | NamesOf<D["outputs"]>
    ? true
    : false
  : never;
type NamesOf<T> = T extends readonly (infer N extends string)[]
  ? N
  : T extends Readonly<Record<string, Schema>>
    ? keyof T & string
    : never;

/** One end of a stream at one processor. */
interface Port {
  readonly processor: string;
  readonly stream: string;
  readonly type: unknown;
}
type Ports = Readonly<Record<string, Port>>;

/** What processors write, with the types that their readers get. Distributes over the declarations. */
type Writes<D> = D extends ProcessorDeclaration
  ? {
      [N in keyof OutputTypes<D> & string]: { processor: D["name"]; stream: N; type: ReadOf<OutputTypes<D>[N]> };
    }[keyof OutputTypes<D> & string]
  : never;

/** What processors read, with the types that must be handed to them. Distributes over the declarations. */
type Reads<D> = D extends ProcessorDeclaration
  ? {
      [N in keyof InputTypes<D> & string]: { processor: D["name"]; stream: N; type: WriteOf<InputTypes<D>[N]> };
    }[keyof InputTypes<D> & string]
  : never;

/** Ports by the name of their stream; those of one stream become a union. Linear in the number of ports. */
type ByStream<U extends Port> = { readonly [E in U as E["stream"]]: E };

/** What suits every port of the union: the intersection of their types. They are boxed, so that unions stay unions. */
type AllOf<U> = (U extends Port ? (box: { type: U["type"] }) => void : never) extends (
  box: infer B extends { type: unknown },
) => void
  ? B["type"]
  : never;

/** What is wrong with one processor among the writers `W`: an input that gets other values, an output with two writers. */
type Problem<D extends ProcessorDeclaration, W extends Ports> =
  | { [N in keyof InputTypes<D> & keyof W & string]: InputProblem<D, N, W[N]> }[keyof InputTypes<D> & keyof W & string]
  | { [N in keyof OutputTypes<D> & keyof W & string]: OutputProblem<D, N, W[N]> }[keyof OutputTypes<D> & keyof W & string];

type InputProblem<D extends ProcessorDeclaration, N extends keyof InputTypes<D> & string, Writer extends Port> =
  Suits<Writer["type"], WriteOf<InputTypes<D>[N]>> extends true
    ? never
    : TypeProblem<
        `Stream "${N}": processor "${D["name"]}" cannot read what processor "${Writer["processor"]}" writes`,
        { written: Writer["type"]; expected: WriteOf<InputTypes<D>[N]> }
      >;

/** Values of a stream that was declared by its name alone are `unknown`, and are checked when they are read. */
type Suits<Written, Expected> = unknown extends Written ? true : [Written] extends [Expected] ? true : false;

type OutputProblem<D extends ProcessorDeclaration, N extends string, Writer extends Port> = [Writer["processor"]] extends [
  D["name"],
]
  ? never
  : TypeProblem<`Stream "${N}": processors "${D["name"]}" and "${Exclude<Writer["processor"], D["name"]>}" both write it`>;
