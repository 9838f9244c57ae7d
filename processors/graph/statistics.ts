import type { WriteStatistics } from "./connector.ts";

/** Adds up what a database counts. What it never counts stays absent. */
export class StatisticsSum {
  readonly #sum: Partial<Record<keyof WriteStatistics, number>> = {};

  get total(): WriteStatistics {
    return { ...this.#sum };
  }

  add(statistics: WriteStatistics): void {
    for (const name of NAMES) {
      const count = statistics[name];
      if (count !== undefined) this.#sum[name] = (this.#sum[name] ?? 0) + count;
    }
  }
}

const NAMES = [
  "nodesCreated",
  "nodesDeleted",
  "relationshipsCreated",
  "relationshipsDeleted",
  "propertiesSet",
] as const satisfies readonly (keyof WriteStatistics)[];
