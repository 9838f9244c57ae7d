import { CancelledError, StreamFailedError } from "../errors.ts";
import type { StreamEnd } from "./store.ts";

/** Throws what a stream's end means for its readers, unless it completed. */
export function throwUnlessCompleted(end: StreamEnd): void {
  if (end.state === "failed") throw new StreamFailedError(end.failure, end.error);
  if (end.state === "cancelled") throw new CancelledError(end.reason);
}
