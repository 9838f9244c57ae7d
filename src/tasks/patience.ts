/**
 * Whether something settles soon enough for a failure to wait for it: what came before a failure should be seen before it, but whoever
 * reads must learn of the failure even when that never comes.
 */
export async function settlesSoon(something: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE_MS);
  });
  try {
    return await Promise.race([something.then(() => true), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

/** Readers hear of a failure within two seconds. */
const PATIENCE_MS = 1_000;
