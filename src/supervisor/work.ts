import { DeclarationError, NotImplementedHereError } from "../errors.ts";
import type { Executor } from "../executors/executor.ts";
import type { Log } from "../processor/implementation.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import { endsWithin } from "../timers.ts";

/** Options of `Supervisor.work`. */
export interface WorkOptions {
  /**
   * How many tasks of each processor are performed at once. Default 10. Where all of them have only waited for streams for a second, others begin beside
   * them: runs that hold the places that other runs need would wait for ever else.
   */
  readonly concurrency?: number;
  /** Which processors to perform, or their names. Default: all that are implemented in this process. */
  readonly processors?: readonly (AnyProcessor | string)[];
  /** Ends the work: no more tasks are taken, and those under way may finish within `graceMs`. */
  readonly signal?: AbortSignal;
  /** How long tasks under way may take to finish once the work is ended, in milliseconds. Default 30 seconds. */
  readonly graceMs?: number;
}

const DEFAULT_CONCURRENCY = 10;
const DEFAULT_GRACE_MS = 30_000;

/**
 * The processors that are asked for, each once.
 *
 * @throws DeclarationError for a name that is not implemented here; NotImplementedHereError for a processor that is not.
 */
export function chooseProcessors(
  wanted: readonly (AnyProcessor | string)[],
  known: readonly AnyProcessor[],
): readonly AnyProcessor[] {
  const byName = new Map(known.map((processor) => [processor.declaration.name, processor]));
  const chosen = wanted.map((each) => {
    if (typeof each !== "string") return each;
    const processor = byName.get(each);
    if (processor) return processor;
    const names = [...byName.keys()].map((name) => `"${name}"`).join(", ");
    throw new DeclarationError(
      `work({ processors }): "${each}" is not implemented in this process. It implements: ${names || "nothing"}.`,
    );
  });
  const missing = chosen.filter(({ implementation }) => !implementation).map(({ declaration }) => declaration.name);
  if (missing.length > 0) throw new NotImplementedHereError(missing);
  return [...new Map(chosen.map((processor) => [processor.declaration.name, processor])).values()];
}

/** When and how work ends. */
export interface WorkEnd {
  readonly ended: AbortSignal;
  /** Tells the tasks under way to stop. */
  readonly stopTasks: () => void;
  /** How long tasks that were told to stop are waited for. */
  readonly patienceMs: number;
  readonly log: Log;
}

/**
 * Takes tasks until `ended` is aborted, then drains: what is not done within the grace period is told to stop and is
 * given back, for another worker to take.
 */
export async function workUntil(
  executor: Executor,
  names: readonly string[],
  { concurrency = DEFAULT_CONCURRENCY, graceMs = DEFAULT_GRACE_MS }: WorkOptions,
  { ended, stopTasks, patienceMs, log }: WorkEnd,
): Promise<void> {
  if (!executor.work) {
    throw new DeclarationError(
      "This supervisor performs tasks where their runs are started, so there is nothing to work on. Attach one with an executor " +
        "that has workers: Supervisor.attach({ redis: …, executor: new BullMQExecutor() }).",
    );
  }
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new DeclarationError(`work({ concurrency }) takes a whole number from 1, found ${concurrency}.`);
  }
  if (names.length === 0) {
    throw new DeclarationError(
      "No processor is implemented in this process. Import the modules that call `.implement(…)` before work().",
    );
  }
  const worker = await executor.work({ processors: names, concurrency });
  log.info(`Takes tasks of ${names.map((name) => `"${name}"`).join(", ")}, ${concurrency} of each at once`);
  if (!ended.aborted) await new Promise((resolve) => ended.addEventListener("abort", resolve, { once: true }));
  log.info("Takes no more tasks; those under way may finish", { graceMs });
  const drained = worker.stop();
  if (await endsWithin(graceMs, drained)) return;
  stopTasks();
  // A handler that does not listen must not keep its process: what it writes from now on is refused.
  await endsWithin(patienceMs, drained);
}
