import { DatagraphError } from "../errors.ts";

/** The thread that performed a handler ended in the middle of it. */
export class ThreadLostError extends DatagraphError {
  constructor(processor: string, options: ErrorOptions) {
    const how = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super(
      "THREAD_LOST",
      `The thread that performed processor "${processor}" ended before its handler did: ${how}. A handler in a thread must not call ` +
        "process.exit; where memory ran out, raise the supervisor's threads.resourceLimits or handle smaller values.",
      options,
    );
  }
}
