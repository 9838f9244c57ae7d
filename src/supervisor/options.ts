import type { Executor } from "../executors/executor.ts";
import type { DependencyFactory } from "../processor/dependency.ts";
import type { Log } from "../processor/implementation.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import type { StreamOptions } from "../run/options.ts";
import type { Codec } from "../streams/codecs/codec.ts";
import type { DeadLetterLimits } from "../streams/dead-letters.ts";
import type { RedisOptions } from "../streams/redis/options.ts";
import type { StreamStore } from "../streams/store.ts";
import type { ThreadOptions } from "../threads/options.ts";

/** What a supervisor works with. Every field has a default: without any, everything runs in this process. */
export interface SupervisorOptions {
  /** Where streams live: a Redis or Valkey URL, or connection options. Default: this process's memory. */
  readonly redis?: string | RedisOptions;
  /** A stream store of your own, in place of `redis`. The supervisor closes it. */
  readonly store?: StreamStore;
  /** Performs tasks. Default: a `LocalExecutor`, in this process. */
  readonly executor?: Executor;
  /** How values become bytes, where the store keeps bytes. Default: MessagePack. */
  readonly codec?: Codec;
  /** Values that encode to more bytes are refused. Default 1 MiB. Applies where the store keeps bytes. */
  readonly maxValueBytes?: number;
  /** How many values that could not be handled are kept of each run, and for how long. */
  readonly deadLetters?: DeadLetterLimits;
  /**
   * How long a process that says nothing is still believed to live, in milliseconds; then its tasks are performed again
   * elsewhere, and its readers hold no writer back any more. The same in every process of a system. Default ten seconds.
   */
  readonly leaseMs?: number;
  /** What other services call this process in their messages. Default: its host and process id. */
  readonly name?: string;
  /** Processors this process implements, beside those of the flows it starts. */
  readonly processors?: readonly AnyProcessor[];
  /** Factories to use in place of others, in tests. */
  readonly overrides?: Iterable<readonly [factory: DependencyFactory, replacement: () => unknown]>;
  /** Defaults for the streams of every run. */
  readonly streams?: StreamOptions;
  /** How long `close()` waits for handlers that were told to stop, in milliseconds. Default 5 seconds. */
  readonly graceMs?: number;
  /** The threads of isolated handlers. `false` performs these in this thread like all others: for tests, and to debug them. */
  readonly threads?: ThreadOptions | false;
  /** Default: warnings and errors on stderr. */
  readonly log?: Log;
}
