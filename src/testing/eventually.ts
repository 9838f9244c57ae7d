/** How long to go on waiting. */
export interface DeadlineOptions {
  /** Milliseconds until it is given up. Default 10 seconds. */
  readonly deadlineMs?: number;
}

/**
 * Tries a check again until it passes, and gives what it gave then. For what becomes true by itself, soon, and that
 * nothing announces.
 *
 * @param check passes when it returns or resolves, also to `false`: use an assertion in it.
 * @throws what the check threw last, once the deadline has passed.
 */
export async function eventually<T>(check: () => T | Promise<T>, { deadlineMs = DEADLINE_MS }: DeadlineOptions = {}): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/**
 * Waits for a promise, but not for ever: a test then says what it waited for instead of being stopped somewhere.
 *
 * @param what completes "still waiting for …".
 */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  { deadlineMs = DEADLINE_MS }: DeadlineOptions = {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`After ${deadlineMs} ms still waiting for ${what}`));
    }, deadlineMs);
  });
  try {
    return await Promise.race([promise, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

const DEADLINE_MS = 10_000;
const MAX_PAUSE_MS = 20;
