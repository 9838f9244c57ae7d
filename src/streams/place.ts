import type { ListBounds } from "./store.ts";

/** How far an output is that follows an input: noted together with the output's values, so that the two agree. */
export interface Place {
  /** So many values of the input are done: all that came of them is in the output. */
  readonly position: number;
  /** So many values of the output came of those. */
  readonly values: number;
  /** What the output holds beyond, came of the input's values up to here, taken as one list. */
  readonly until: number;
}

/** An output that an earlier attempt has written to: its place, and how many values it holds. */
export interface WrittenOutput extends Place {
  readonly stored: number;
}

/** Where nothing is done yet. */
export const BEGINNING: Place = { position: 0, values: 0, until: 0 };

/** Where a task must begin to read so that each of its outputs gets what it lacks. */
export function lowestPosition(places: readonly Place[]): number {
  return places.reduce((lowest, { position }) => Math.min(lowest, position), Number.POSITIVE_INFINITY);
}

/**
 * Where a list that begins at `position` must end. A list of which a part is written must be the same again, and none may
 * lie across the place of an output: that has a part of what comes of it already.
 */
export function listBounds(outputs: readonly WrittenOutput[], position: number): ListBounds | undefined {
  const begun = outputs.find(
    (output) => output.position === position && output.stored > output.values && output.until > position,
  );
  if (begun) return { until: begun.until, exact: true };
  const ahead = outputs.filter((output) => output.position > position);
  return ahead.length > 0 ? { until: lowestPosition(ahead), exact: false } : undefined;
}

/** Up to here an earlier attempt has come in one output or the other; with a value of which a part may be written. */
export function furthestPosition(outputs: readonly WrittenOutput[]): number {
  return outputs.reduce(
    (furthest, { position, stored, values }) => Math.max(furthest, stored > values ? position + 1 : position),
    0,
  );
}
