import type { Progress } from "datagraph";

/** How much of a new reading counts: high enough to follow a change within a second or two, low enough to be read. */
const WEIGHT = 0.3;

/** Values per second by stream, steadied over the readings before. */
export type Rates = ReadonlyMap<string, number>;

/** Rates after another reading. A stream that has ended has none. */
export function steadied(before: Rates, progress: Progress): Rates {
  const rates = new Map<string, number>();
  for (const [name, { state, rate }] of Object.entries(progress.streams)) {
    if (state !== "open" || rate === undefined) continue;
    const last = before.get(name);
    rates.set(name, last === undefined ? rate : last + WEIGHT * (rate - last));
  }
  return rates;
}

/** Values per second over a whole run. */
export function averages(progress: Progress, elapsedMs: number): Rates {
  const seconds = Math.max(elapsedMs, 1) / 1000;
  return new Map(Object.entries(progress.streams).map(([name, { values }]) => [name, values / seconds]));
}
