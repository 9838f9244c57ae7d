import type { IO } from "../io/io.ts";
import type { Many } from "./many.ts";
import type { Schema, SchemaInput, SchemaOutput } from "./schema.ts";

/** Streams by name alone (their values are `unknown`), or each with a schema that types and checks its values. */
export type StreamsDeclaration = readonly string[] | Readonly<Record<string, Schema>>;

/** What a processor is: pure data, without its implementation. */
export interface ProcessorDeclaration {
  /** Unique in a flow; the name under which its implementation is found in any service. Any non-empty text. */
  readonly name: string;
  /** Streams it reads. Default: none (a source). */
  readonly inputs?: StreamsDeclaration;
  /** Streams it writes. Default: none (a sink). */
  readonly outputs?: StreamsDeclaration;
  /** Start only when every input is complete. Default false: start at once and read while they are produced. */
  readonly wait?: boolean;
  /**
   * What `yield checkpoint(state)` saves and `task.state` gives: a schema, or `stream<T>()` to type it without checking.
   * Default: anything, of an unknown type.
   */
  readonly state?: Schema;
  /**
   * How long it may take within one run, in milliseconds: from its first start to its end, however many attempts that
   * takes and whoever makes them. Then it fails with a `DeadlineError`. Default: as long as it likes.
   */
  readonly deadlineMs?: number;
}

/** What a declaration means for its callers: each stream with what goes in (`write`) and what comes out (`read`). */
export interface StreamTypes {
  readonly write: unknown;
  readonly read: unknown;
}

/** The streams of a declaration as one shape, by name. */
export type TypesOf<D> =
  IsUndeclared<D> extends true
    ? // no streams declared
      Readonly<Record<never, never>>
    : StreamsDeclaration extends D
      ? // any streams: a processor of which the compiler knows no more
        Readonly<Record<string, { write: unknown; read: unknown }>>
      : D extends readonly (infer Name extends string)[]
        ? { readonly [N in Name]: { write: unknown; read: unknown } }
        : D extends Readonly<Record<string, Schema>>
          ? { readonly [N in keyof D & string]: { write: SchemaInput<D[N]>; read: SchemaOutput<D[N]> } }
          : Readonly<Record<never, never>>;

/** A declaration without `inputs` has `unknown` there. */
type IsUndeclared<D> = unknown extends D ? true : false;

/** The inputs of a declaration, by name. */
export type InputTypes<D extends ProcessorDeclaration> = TypesOf<D["inputs"]>;
/** The outputs of a declaration, by name. */
export type OutputTypes<D extends ProcessorDeclaration> = TypesOf<D["outputs"]>;

/** The state that handlers save and get back: as they hand it over (`write`), and as they get it (`read`). */
export type StateTypes<D extends ProcessorDeclaration> = StateTypesOf<D["state"]>;
type StateTypesOf<S> = [S] extends [Schema]
  ? { write: SchemaInput<S>; read: SchemaOutput<S> }
  : { write: unknown; read: unknown };

/** A handler's inputs: one {@link IO} per declared input. */
export type HandlerInputs<D extends ProcessorDeclaration> = {
  readonly [N in keyof InputTypes<D>]: IO<ReadOf<InputTypes<D>[N]>, N & string>;
};

/** What a handler emits at once: one or more of its outputs by name, each with one value or with {@link Many}. */
export type Emission<D extends ProcessorDeclaration> = {
  readonly [N in keyof OutputTypes<D>]?: WriteOf<OutputTypes<D>[N]> | Many<WriteOf<OutputTypes<D>[N]>>;
};

/** What readers of a stream get. */
export type ReadOf<T> = T extends { read: infer V } ? V : never;
/** What writers of a stream hand over. */
export type WriteOf<T> = T extends { write: infer V } ? V : never;

/** The declared streams as a list of names and, where declared, schemas. */
export function declaredStreams(streams: StreamsDeclaration | undefined): ReadonlyMap<string, Schema | undefined> {
  if (streams === undefined) return new Map();
  if (isNameList(streams)) return new Map(streams.map((name) => [name, undefined]));
  return new Map(Object.entries(streams));
}

export function isNameList(streams: StreamsDeclaration): streams is readonly string[] {
  return Array.isArray(streams);
}
