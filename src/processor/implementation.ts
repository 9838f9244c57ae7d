import type { Dependencies } from "./dependency.ts";
import type { FailureOptions, FailurePolicy } from "./failure-policy.ts";
import type { IsolateOptions, Isolation } from "./isolate.ts";
import type { RetryOptions, RetryPolicy } from "./retry.ts";

/** What a handler learns about the task it performs, beside its inputs and dependencies. */
export interface TaskContext<State = unknown> {
  /** Aborted when the run is cancelled, the task loses its lease or the process stops; its `reason` says which. */
  readonly signal: AbortSignal;
  readonly run: string;
  readonly processor: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /**
   * What the last checkpoint of an earlier attempt saved; `undefined` before any. Typed and checked by the `state` that the
   * processor declares.
   */
  readonly state: State | undefined;
  /**
   * How often this value (or list of values) was handed to the handler, 1 for the first time; more where it is retried. Of a plain
   * handler: how often it was called in this attempt.
   */
  readonly tries: number;
  readonly log: Log;
}

/** Structured logging; by default lines on stderr. Any pino-like logger fits. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Options of `implement`. */
export interface PlainOptions {
  /**
   * Call the handler again when it throws: from its last checkpoint, or its beginning. It makes its values again; those that are
   * written already are dropped, and must be the same. Its inputs are kept until it ends, or up to its last checkpoint. Default:
   * once is all.
   */
  readonly retry?: RetryOptions;
}

/** Options of `implementEach`. */
export interface EachOptions<Input extends string = string> extends FailureOptions {
  /** The input whose values are handled one by one. Default: the only one. */
  readonly input?: Input;
  /** How many values are handled at once. Default 1. */
  readonly concurrency?: number;
  /**
   * Emit results in the order of their inputs, also when later ones are done first. Default true; with `key` it is the order of
   * each key that is kept.
   */
  readonly ordered?: boolean;
  /**
   * How many of it share the input of one run: each is a task of its own, for any worker, and handles `concurrency` values at once. The
   * values go to whichever asks for more. Default 1.
   */
  readonly replicas?: number;
  /**
   * Call the handler in threads, for work that keeps a processor busy: it blocks neither this process nor other handlers.
   * `concurrency` says how many at once. The module that implements it is imported in each thread: the one of this very call, or the
   * one that is given (`isolate: import.meta.url`). Values cross by structured clone. Needs the package `piscina`. Default false.
   */
  readonly isolate?: boolean | string | URL | IsolateOptions;
}

/** Options of `implementBatch`. */
export interface BatchOptions<Input extends string = string> extends EachOptions<Input> {
  /** Values per batch, at most. Default 1000. */
  readonly maxSize?: number;
  /** How long a batch that is not full may wait for more values, in milliseconds. Default 0: take what is there. */
  readonly maxWaitMs?: number;
}

/** An implementation as the runtime performs it; its types were checked where it was declared. */
export type Implementation =
  | {
      readonly kind: "stream";
      readonly needs: Dependencies;
      /** `undefined` where it is called once. */
      readonly retry: RetryPolicy | undefined;
      readonly handler: StreamHandler;
    }
  | {
      readonly kind: "each";
      readonly needs: Dependencies;
      readonly options: Settings<EachOptions>;
      readonly failures: FailurePolicy | undefined;
      /** Where threads find the handler, if it is called there. */
      readonly isolate?: Isolation;
      readonly handler: ValueHandler;
    }
  | {
      readonly kind: "batch";
      readonly needs: Dependencies;
      readonly options: Settings<BatchOptions>;
      readonly failures: FailurePolicy | undefined;
      readonly isolate?: Isolation;
      readonly handler: ValueHandler;
    };

/** Options with their defaults; what happens to failures, and where handlers are called, is apart. */
export type Settings<Options extends EachOptions> = Required<Omit<Options, keyof FailureOptions | "isolate">> & {
  readonly key?: (value: never) => Key;
};

/** What may be a key: what compares by value. */
export type Key = string | number | bigint | boolean;

/** The option that keeps values of one key together. */
export interface KeyOptions<K = (value: never) => Key> {
  /**
   * A value's key: values of one key are handled one after the other, in the order of the input, also where several replicas share
   * it; values of different keys at the same time. It must depend on the value alone. Default: none.
   */
  readonly key?: K;
}

export type StreamHandler = (context: never, task: TaskContext) => unknown;
export type ValueHandler = (valueOrBatch: never, context: never, task: TaskContext) => unknown;
