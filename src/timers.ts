/** The longest time a timer can wait, in milliseconds. A longer one fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** How long a timer waits for a moment of `performance.now()`, in milliseconds: as long as it can, where that is too far away. */
export function timerUntil(moment: number): number {
  return Math.min(Math.max(0, moment - performance.now()), MAX_TIMER_MS);
}

/** Waits for something, but not for longer; says whether it is over. @throws what it throws meanwhile. */
export async function endsWithin(ms: number, something: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([something.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
