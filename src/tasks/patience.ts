import { endsWithin } from "../timers.ts";

/**
 * Whether something settles soon enough for a failure to wait for it: what came before a failure should be seen before it, but whoever
 * reads must learn of the failure even when that never comes.
 */
export function settlesSoon(something: Promise<unknown>): Promise<boolean> {
  return endsWithin(PATIENCE_MS, something);
}

/** Readers hear of a failure within two seconds. */
const PATIENCE_MS = 1_000;
