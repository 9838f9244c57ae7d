import type { ResourceLimits } from "node:worker_threads";

/** The threads of a supervisor, which all its isolated handlers share. Every field has a default. */
export interface ThreadOptions {
  /** How many threads at most. They are started when they are needed. Default: as many as this machine runs at once. */
  readonly max?: number;
  /** Bounds of each thread's memory; one that passes them ends, and the value it handled fails. Default: Node's own. */
  readonly resourceLimits?: ResourceLimits;
  /**
   * A module that exports `load(url: string): Promise<unknown>`, to load handlers' modules where a plain `import()` cannot: they
   * are TypeScript and compiled on the way, say. Threads take over Node's own options (`--import …`) without it.
   */
  readonly loader?: URL | string;
  /** How long a call may go on after its signal has fired, in milliseconds; then its thread is ended. Default one second. */
  readonly graceMs?: number;
}
