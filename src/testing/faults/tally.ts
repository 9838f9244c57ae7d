/** What was wrong with a stream of numbers; each list holds the first of them. */
export interface TallyReport {
  /** Different numbers that have come. */
  readonly seen: number;
  readonly lost: readonly number[];
  /** Numbers that came again, as often as they did. */
  readonly doubled: readonly number[];
  /** Numbers that came after a greater one. */
  readonly disordered: readonly number[];
}

/**
 * Counts the numbers from 0 on as they come. Its memory does not grow while they come as they should, so that it can
 * watch a stream for hours.
 */
export class Tally {
  /** The lowest number that has not come. */
  #next = 0;
  /** Numbers above it that have. */
  readonly #ahead = new Set<number>();
  #highest = -1;
  readonly #doubled: number[] = [];
  readonly #disordered: number[] = [];

  /** How many different numbers have come. */
  get seen(): number {
    return this.#next + this.#ahead.size;
  }

  /** @throws RangeError for what is not a whole number from 0 on. */
  add(number: number): void {
    if (!Number.isInteger(number) || number < 0) throw new RangeError(`Expected a whole number from 0 on, found ${number}.`);
    if (number < this.#next || this.#ahead.has(number)) {
      note(this.#doubled, number);
      return;
    }
    if (number < this.#highest) note(this.#disordered, number);
    this.#highest = Math.max(this.#highest, number);
    this.#ahead.add(number);
    while (this.#ahead.delete(this.#next)) this.#next++;
  }

  /** What is wrong, if `count` numbers should have come: those below it. */
  report(count: number): TallyReport {
    const lost: number[] = [];
    for (let number = this.#next; number < count; number++) if (!this.#ahead.has(number)) note(lost, number);
    return { seen: this.seen, lost, doubled: this.#doubled, disordered: this.#disordered };
  }
}

/** The first of many say what happened. */
function note(list: number[], number: number): void {
  if (list.length < MOST_NOTED) list.push(number);
}

const MOST_NOTED = 1_000;
