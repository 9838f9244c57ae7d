import { DeclarationError } from "../errors.ts";
import { declaredStreams, type ProcessorDeclaration } from "./declaration.ts";
import type { Dependencies } from "./dependency.ts";
import { type FailureOptions, type FailurePolicy, failurePolicy } from "./failure-policy.ts";
import type {
  BatchHandlerBound,
  BatchOptionsOf,
  CheckedHandler,
  CheckedValueHandler,
  EachHandlerBound,
  EachOptionsOf,
  HandlerBound,
  InputName,
  KeyBound,
  NeedsOf,
  NoNeeds,
  OptionsOrDependencies,
} from "./handler.ts";
import type {
  BatchOptions,
  EachOptions,
  Implementation,
  KeyOptions,
  PlainOptions,
  Settings,
  ValueHandler,
} from "./implementation.ts";
import { type Isolation, isolationOf } from "./isolate.ts";
import { type PlainArguments, plainArguments } from "./plain-arguments.ts";
import { registerImplemented } from "./registry.ts";
import { retryPolicy } from "./retry.ts";
import type { Schema } from "./schema.ts";

/** Any processor, whatever it declares. */
export interface AnyProcessor {
  readonly declaration: ProcessorDeclaration;
  readonly inputs: ReadonlyMap<string, Schema | undefined>;
  readonly outputs: ReadonlyMap<string, Schema | undefined>;
  readonly implementation: Implementation | undefined;
}

/**
 * A declaration: a name, input streams and output streams. Bind its implementation with one of the `implement…`
 * methods, in this service or in another one that declares the same processor.
 *
 * @example
 * const double = new Processor({ name: "double", inputs: { n: z.number() }, outputs: { m: z.number() } });
 * double.implementEach({}, (n) => ({ m: n * 2 }));
 */
export class Processor<const D extends ProcessorDeclaration = ProcessorDeclaration> implements AnyProcessor {
  readonly declaration: D;
  readonly inputs: ReadonlyMap<string, Schema | undefined>;
  readonly outputs: ReadonlyMap<string, Schema | undefined>;
  #implementation: Implementation | undefined;

  constructor(declaration: D) {
    this.declaration = declaration;
    this.inputs = declaredStreams(declaration.inputs);
    this.outputs = declaredStreams(declaration.outputs);
  }

  get name(): D["name"] {
    return this.declaration.name;
  }

  /** How this processor is performed in this process; `undefined` where it is only declared. */
  get implementation(): Implementation | undefined {
    return this.#implementation;
  }

  /**
   * Binds a plain handler. It reads its inputs as it likes and yields emissions: `yield { bar: 1, log: "one" }`.
   *
   * @throws DeclarationError when the processor is implemented already, a dependency has the name of an input, or an option is
   * unknown or out of range.
   */
  implement<H extends HandlerBound<D, NoNeeds>>(handler: CheckedHandler<D, H>): this;
  implement<const F extends Dependencies | PlainOptions, H extends HandlerBound<D, NeedsOf<F>>>(
    optionsOrDependencies: F & OptionsOrDependencies<F>,
    handler: CheckedHandler<D, H>,
  ): this;
  implement<const N extends Dependencies, H extends HandlerBound<D, N>>(
    options: PlainOptions,
    dependencies: N,
    handler: CheckedHandler<D, H>,
  ): this;
  implement(...given: PlainArguments): this {
    const { options, needs, handler } = plainArguments(given);
    const unknown = Object.keys(options).filter((option) => option !== "retry");
    if (unknown.length > 0) {
      throw this.#invalid(
        `a plain handler has the option \`retry\` and no other, found ${unknown.join(", ")}: it reads its inputs itself, so that nobody can ` +
          "share them out or set values aside; replicas, keys, time-outs and dead letters are for implementEach and implementBatch",
      );
    }
    const retry = options.retry && retryPolicy(options.retry, `Processor "${this.declaration.name}"`);
    return this.#bind({ kind: "stream", needs, retry, handler });
  }

  /**
   * Binds a handler of single values: one value in, any number of output values out. The runtime owns the position
   * in the input and the parallelism. A plain (not async) function is the fastest way to process values.
   *
   * @throws DeclarationError as `implement`, and when `input` is needed or unknown, or an option is out of range.
   */
  implementEach<
    H extends EachHandlerBound<D, I, NoNeeds>,
    I extends InputName<D> = InputName<D>,
    K extends KeyBound<D, I> = KeyBound<D, I>,
  >(options: EachOptionsOf<D, I, K>, handler: CheckedValueHandler<D, H>): this;
  implementEach<
    const N extends Dependencies,
    H extends EachHandlerBound<D, I, N>,
    I extends InputName<D> = InputName<D>,
    K extends KeyBound<D, I> = KeyBound<D, I>,
  >(options: EachOptionsOf<D, I, K>, dependencies: N, handler: CheckedValueHandler<D, H>): this;
  implementEach(options: EachOptions & KeyOptions, second: Dependencies | ValueHandler, third?: ValueHandler): this {
    const [needs, handler] = typeof second === "function" ? [{}, second] : [second, third as ValueHandler];
    const isolate = this.#isolation(options, this.implementEach);
    const failures = this.#failures(options);
    return this.#bind({ kind: "each", needs, handler, options: this.#eachOptions(options), failures, ...isolate });
  }

  /**
   * Binds a handler of lists of values, for work that is cheaper in bulk: writers, model calls.
   *
   * @throws DeclarationError as `implementEach`.
   */
  implementBatch<
    H extends BatchHandlerBound<D, I, NoNeeds>,
    I extends InputName<D> = InputName<D>,
    K extends KeyBound<D, I> = KeyBound<D, I>,
  >(options: BatchOptionsOf<D, I, K>, handler: CheckedValueHandler<D, H>): this;
  implementBatch<
    const N extends Dependencies,
    H extends BatchHandlerBound<D, I, N>,
    I extends InputName<D> = InputName<D>,
    K extends KeyBound<D, I> = KeyBound<D, I>,
  >(options: BatchOptionsOf<D, I, K>, dependencies: N, handler: CheckedValueHandler<D, H>): this;
  implementBatch(options: BatchOptions & KeyOptions, second: Dependencies | ValueHandler, third?: ValueHandler): this {
    const [needs, handler] = typeof second === "function" ? [{}, second] : [second, third as ValueHandler];
    const { maxSize = 1000, maxWaitMs = 0 } = options;
    this.#checkCount("maxSize", maxSize);
    if (!(maxWaitMs >= 0)) throw this.#invalid(`maxWaitMs must be 0 or more milliseconds, found ${maxWaitMs}`);
    const settings = { ...this.#eachOptions(options), maxSize, maxWaitMs };
    const isolate = this.#isolation(options, this.implementBatch);
    return this.#bind({ kind: "batch", needs, handler, options: settings, failures: this.#failures(options), ...isolate });
  }

  #failures(options: FailureOptions): FailurePolicy | undefined {
    return failurePolicy(options, `Processor "${this.declaration.name}"`);
  }

  #isolation({ isolate }: EachOptions, calledBy: (...args: never) => unknown): { isolate?: Isolation } {
    let isolation: Isolation | undefined;
    try {
      isolation = isolationOf(isolate, calledBy);
    } catch (error) {
      throw this.#invalid(error instanceof Error ? error.message : String(error));
    }
    if (isolation && this.inputs.size > 1) {
      throw this.#invalid(`an isolated handler gets one input, and this has several (${[...this.inputs.keys()].join(", ")})`);
    }
    return isolation ? { isolate: isolation } : {};
  }

  #eachOptions(options: EachOptions & KeyOptions): Settings<EachOptions> {
    const names = [...this.inputs.keys()];
    const { input = names[0], concurrency = 1, replicas = 1, key } = options;
    const { ordered = key === undefined } = options;
    if (input === undefined) throw this.#invalid("it has no input whose values could be handled one by one");
    if (options.input === undefined && names.length > 1) {
      throw this.#invalid(`it has several inputs (${names.join(", ")}): say which one with { input: … }`);
    }
    if (!this.inputs.has(input)) throw this.#invalid(`it has no input "${input}"; its inputs are: ${names.join(", ")}`);
    this.#checkCount("concurrency", concurrency);
    this.#checkCount("replicas", replicas);
    if (key !== undefined && typeof key !== "function")
      throw this.#invalid(`key must be a function of a value, found ${typeof key}`);
    if (key && options.ordered) throw this.#invalid("with `key` the order of each key is kept; leave out `ordered: true`");
    return { input, concurrency, ordered, replicas, ...(key && { key }) };
  }

  #checkCount(option: string, value: number): void {
    if (!Number.isInteger(value) || value < 1) throw this.#invalid(`${option} must be a whole number from 1, found ${value}`);
  }

  #bind(implementation: Implementation): this {
    if (this.#implementation) throw this.#invalid("it is implemented already; a processor has one implementation per process");
    const clash = Object.keys(implementation.needs).find((name) => this.inputs.has(name));
    if (clash !== undefined) throw this.#invalid(`its dependency "${clash}" has the name of an input; rename one of them`);
    this.#implementation = implementation;
    registerImplemented(this);
    return this;
  }

  #invalid(problem: string): DeclarationError {
    return new DeclarationError(`Processor "${this.declaration.name}": ${problem}.`);
  }
}
