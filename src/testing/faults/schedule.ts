import { seededRandom } from "./random.ts";

/** One fault that is to come, as plain data. */
export interface PlannedFault<Kind extends string = string> {
  readonly kind: Kind;
  /** Milliseconds between the end of the fault before it and this one. */
  readonly afterMs: number;
  /** How long it lasts, in milliseconds, where it lasts. */
  readonly lastsMs: number;
  /** From 0 up to 1: which of several it hits, see {@link pickOne}. */
  readonly pick: number;
}

/** What a schedule is made of. */
export interface FaultPlan<Kind extends string> {
  /** Decides everything. Default: a random one, which the schedule tells. */
  readonly seed?: number;
  /** The kinds of faults to choose from; one that is named twice comes twice as often. */
  readonly kinds: readonly Kind[];
  /** How many faults. */
  readonly count: number;
  /** Least and most milliseconds of peace between two faults. Default 100 to 1,000. */
  readonly pauseMs?: readonly [least: number, most: number];
  /** Least and most milliseconds that a fault lasts. Default 100 to 1,000. */
  readonly lastsMs?: readonly [least: number, most: number];
}

/**
 * Which faults come, when and how, decided beforehand by a seed. Print it: who plans with the same seed gets the same.
 *
 * @example
 * const schedule = planFaults({ seed: 42, kinds: ["kill", "reset"], count: 2 });
 * console.log(`${schedule}`); // seed 42: kill after 604 ms, reset after 221 ms
 */
export class FaultSchedule<Kind extends string = string> {
  readonly seed: number;
  readonly faults: readonly PlannedFault<Kind>[];

  constructor(seed: number, faults: readonly PlannedFault<Kind>[]) {
    this.seed = seed;
    this.faults = faults;
  }

  toString(): string {
    return `seed ${this.seed}: ${this.faults.map(({ kind, afterMs }) => `${kind} after ${afterMs} ms`).join(", ")}`;
  }
}

/** Plans faults at random. @throws RangeError when there is no kind to choose from. */
export function planFaults<const Kind extends string>(plan: FaultPlan<Kind>): FaultSchedule<Kind> {
  const { kinds, count, seed = Math.floor(Math.random() * 2 ** 31), pauseMs = [100, 1_000], lastsMs = [100, 1_000] } = plan;
  if (kinds.length === 0) throw new RangeError("A schedule of faults needs at least one kind to choose from, found none.");
  const random = seededRandom(seed);
  const between = ([least, most]: readonly [number, number]) => Math.round(least + random() * (most - least));
  const faults = Array.from({ length: count }, () => ({
    kind: pickOne(kinds, random()),
    afterMs: between(pauseMs),
    lastsMs: between(lastsMs),
    pick: random(),
  }));
  return new FaultSchedule(seed, faults);
}

/** One of a list that is not empty, by a number from 0 up to 1. */
export function pickOne<T>(list: readonly T[], pick: number): T {
  return list[Math.floor(pick * list.length)] as T;
}
