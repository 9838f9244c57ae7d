import { isAsyncIterable, isIterable, isPromise } from "./results.ts";

/** What limits one call. */
export interface CallLimit {
  readonly limitMs: number;
  /** The task's own signal. */
  readonly signal: AbortSignal;
  /** What the call fails with when it takes longer. */
  readonly late: () => Error;
}

/**
 * Calls a handler with a signal of its own, and waits for what it gives no longer than it may take. A handler that answers
 * at once is not waited for.
 *
 * @param settle what is to be made of its answer, within the limit.
 */
export function callWithin(
  { limitMs, signal, late }: CallLimit,
  call: (signal: AbortSignal) => unknown,
  settle: (result: unknown) => unknown,
): unknown {
  const own = new AbortController();
  const onAbort = () => own.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const free = () => signal.removeEventListener("abort", onAbort);
  let result: unknown;
  try {
    result = call(own.signal);
    if (!isPromise(result) && !isAsyncIterable(result) && !isIterable(result)) {
      free();
      return settle(result);
    }
  } catch (error) {
    free();
    throw error;
  }
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = late();
      reject(error);
      own.abort(error);
    }, limitMs);
  });
  const settled = Promise.resolve(settle(result));
  // One that is late may fail because of its signal: that is known.
  settled.catch(() => undefined);
  return Promise.race([settled, timeUp]).finally(() => {
    clearTimeout(timer);
    free();
  });
}
