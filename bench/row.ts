/** What one measurement works with. */
export interface Work {
  /** How many values go in. */
  readonly n: number;
  /** A Redis server to use; what is measured removes its keys. */
  readonly redis: string;
  /** A Neo4j server to use, with its credentials; for rows that need one. */
  readonly neo4j?: string;
}

export interface Measurement {
  /** How many values came out. */
  readonly values: number;
  /** What is compared: values per second, or milliseconds. */
  readonly score: number;
  /** Whatever else is worth printing, by name with its unit: `{ "rss MB": 31 }`. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** How many values go in: for figures to rely on, for a quick look, and for a test that only sees whether it works. */
export interface Amounts {
  readonly full: number;
  readonly quick: number;
  readonly tiny: number;
}

/** One way to do a row's work. It runs in a process of its own, once to warm up and once measured. */
export interface Contender {
  readonly n: Amounts;
  /** Values of the run that warms up; default a tenth of the measured run's. */
  readonly warmUp?: number;
  measure(work: Work): Promise<Measurement>;
}

/** One line of the table: what this library does, and what it is compared with. */
export interface Row {
  /** As in `redis/generators`; `--only` looks for it. */
  readonly name: string;
  readonly title: string;
  readonly unit: "values/s" | "runs/s" | "ms";
  /** What else than a Redis has to be there. */
  readonly needs?: "neo4j";
  readonly ours: Contender;
  /** Rows with the very same reference are measured together: the reference once per round, then each of them. */
  readonly reference?: Contender;
  /** What our score divided by the reference's must be. */
  readonly ratio?: { readonly atLeast: number } | { readonly atMost: number };
  /** What figures may be at most. */
  readonly limits?: Readonly<Record<string, number>>;
  /** How often it is measured at most, where that takes long and varies little. */
  readonly maxRounds?: number;
}

/** The score of so many values in the time since `start` (of `performance.now()`). */
export function perSecond(values: number, start: number): number {
  return values / ((performance.now() - start) / 1000);
}
