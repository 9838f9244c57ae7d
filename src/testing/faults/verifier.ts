import { Tally, type TallyReport } from "./tally.ts";

/** How to read a stream's values. */
export interface FollowOptions<T> {
  /** The number that a value was made of. Default: the value, which then is a number. */
  readonly numberOf?: (value: T) => number;
  /** Whether the numbers must come in order. Default true. */
  readonly ordered?: boolean;
}

interface Followed {
  readonly tally: Tally;
  readonly ordered: boolean;
  readonly done: Promise<void>;
}

/**
 * Reads streams of numbers on its own account, knowing nothing of how they are made, and says whether each number has
 * come exactly once, and in order.
 *
 * @example
 * const producer = new NumberedProducer({ count: 10_000 });
 * const run = await supervisor.startFlow(flow, { n: producer });
 * const verifier = new Verifier();
 * verifier.follow("square", run.outputs.square, { numberOf: Math.sqrt });
 * await verifier.ended();
 * verifier.verify({ square: producer.given });
 */
export class Verifier {
  readonly #streams = new Map<string, Followed>();
  readonly #waiting = new Set<() => void>();

  /** Starts to read a stream; `name` is what it is called from now on. */
  follow(name: string, values: AsyncIterable<number>, options?: FollowOptions<number>): void;
  follow<T>(
    name: string,
    values: AsyncIterable<T>,
    options: FollowOptions<T> & Required<Pick<FollowOptions<T>, "numberOf">>,
  ): void;
  follow<T>(name: string, values: AsyncIterable<T>, { numberOf = Number, ordered = true }: FollowOptions<T> = {}): void {
    if (this.#streams.has(name)) throw new Error(`Stream "${name}" is followed already.`);
    const tally = new Tally();
    const done = this.#read(values, numberOf, tally);
    // Whoever waits for it is told; until then it is no unhandled rejection.
    done.catch(() => undefined);
    this.#streams.set(name, { tally, ordered, done });
  }

  /** How many different numbers have come of a stream so far. */
  seen(name: string): number {
    return this.#followed(name).tally.seen;
  }

  /** Settles when another value has come, of any stream, or a stream has ended. */
  more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Settles when all streams have ended. @throws what one of them failed with. */
  async ended(): Promise<void> {
    await Promise.all([...this.#streams.values()].map(({ done }) => done));
  }

  /** What has come of a stream of which `count` numbers should have. */
  report(name: string, count: number): TallyReport {
    return this.#followed(name).tally.report(count);
  }

  /**
   * Checks what has come of streams.
   *
   * @param counts how many numbers should have, by stream.
   * @throws Error that says which numbers were lost, doubled or out of order in which stream.
   */
  verify(counts: Readonly<Record<string, number>>): void {
    const problems = Object.entries(counts).flatMap(([name, count]) => this.#problems(name, count));
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }

  #problems(name: string, count: number): string[] {
    const { tally, ordered } = this.#followed(name);
    const { seen, lost, doubled, disordered } = tally.report(count);
    const kinds = { lost, doubled, ...(ordered && { "out of order": disordered }) };
    const problems = Object.entries(kinds).flatMap(([kind, numbers]) => {
      const shown = numbers.slice(0, MOST_SHOWN).join(", ");
      return numbers.length === 0 ? [] : [`Stream "${name}": ${numbers.length} of ${count} ${kind}: ${shown}`];
    });
    // None was lost, but there are more: numbers that were never given.
    if (lost.length === 0 && seen > count) problems.push(`Stream "${name}": ${seen} numbers came, ${count} were given`);
    return problems;
  }

  async #read<T>(values: AsyncIterable<T>, numberOf: (value: T) => number, tally: Tally): Promise<void> {
    try {
      for await (const value of values) {
        tally.add(numberOf(value));
        this.#wakeAll();
      }
    } finally {
      this.#wakeAll();
    }
  }

  #followed(name: string): Followed {
    const followed = this.#streams.get(name);
    if (!followed) throw new Error(`Stream "${name}" is not followed.`);
    return followed;
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

const MOST_SHOWN = 20;
