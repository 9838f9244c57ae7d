import { setTimeout as delay } from "node:timers/promises";
import type { FaultSchedule, PlannedFault } from "./schedule.ts";

/**
 * Does harm, and puts right again what has to be: it settles when the fault is over. A fault that lasts ends early
 * when the signal is aborted.
 */
export type Fault = (planned: PlannedFault, signal: AbortSignal) => Promise<unknown> | unknown;

/** Options of {@link injectFaults}. */
export interface InjectOptions {
  /** Ends it: the fault under way is put right, and no other follows. */
  readonly signal?: AbortSignal;
  /** Told before each fault. */
  readonly onFault?: (planned: PlannedFault) => void;
}

/**
 * Performs a schedule, one fault after the other. Settles when all are over; gives those that were performed.
 *
 * @example
 * const faults = { kill: killWorker(pool), reset: resetConnections([proxy]) };
 * const schedule = planFaults({ kinds: ["kill", "reset"], count: 20 });
 * await injectFaults(schedule, faults);
 */
export async function injectFaults<Kind extends string>(
  schedule: FaultSchedule<Kind>,
  faults: Readonly<Record<NoInfer<Kind>, Fault>>,
  { signal = new AbortController().signal, onFault }: InjectOptions = {},
): Promise<readonly PlannedFault<Kind>[]> {
  const performed: PlannedFault<Kind>[] = [];
  for (const planned of schedule.faults) {
    await pause(planned.afterMs, signal);
    if (signal.aborted) break;
    onFault?.(planned);
    await faults[planned.kind](planned, signal);
    performed.push(planned);
  }
  return performed;
}

/** Lets time pass, but no longer than until the signal. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  // Its only error is that of the signal.
  await delay(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined);
}
