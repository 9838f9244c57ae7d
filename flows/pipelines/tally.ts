import type { Progress } from "datagraph";
import type { RefusedIngestion, WriteStatistics, WrittenBatch } from "datagraph/graph";
import type { RefusedRecord } from "datagraph/sources";
import { StatisticsSum } from "../../processors/graph/statistics.ts";
import type { PipelinePlan } from "./plan.ts";

/** What was done at one target. */
export interface TargetSummary extends WriteStatistics {
  readonly target: string;
  readonly batches: number;
  /** Ingestions that came in. */
  readonly ingestions: number;
  /** Ingestions that cannot be stored. */
  readonly refused: number;
  /** Nodes and relationships that were written, each once per batch. */
  readonly nodes: number;
  readonly relationships: number;
}

/** What a run of a pipeline has done so far. */
export interface PipelineSummary {
  /** What its sources gave. */
  readonly records: number;
  /** What its sources could not read. */
  readonly unreadable: number;
  /** What was set aside. */
  readonly deadLetters: number;
  readonly targets: readonly TargetSummary[];
}

/** What is added up of one target. */
class TargetSums {
  readonly #statistics = new StatisticsSum();
  #batches = 0;
  #ingestions = 0;
  #refused = 0;
  #nodes = 0;
  #relationships = 0;

  addStatistics(statistics: WriteStatistics): void {
    this.#statistics.add(statistics);
  }

  addBatch(batch: WrittenBatch): void {
    this.addStatistics(batch);
    this.#batches += 1;
    this.#ingestions += batch.records;
    this.#refused += batch.refused;
    this.#nodes += batch.nodes;
    this.#relationships += batch.relationships;
  }

  summary(target: string): TargetSummary {
    const counts = { batches: this.#batches, ingestions: this.#ingestions, refused: this.#refused };
    return { target, ...counts, nodes: this.#nodes, relationships: this.#relationships, ...this.#statistics.total };
  }
}

/** Adds up what a run of a pipeline says in its outputs. */
export class PipelineTally {
  readonly #plan: PipelinePlan;
  readonly #targets: ReadonlyMap<string, TargetSums>;
  #unreadable = 0;

  constructor(plan: PipelinePlan) {
    this.#plan = plan;
    this.#targets = new Map(plan.writes.map(({ target }) => [target, new TargetSums()]));
  }

  /**
   * Counts values of an output.
   *
   * @returns what is wrong with those that were refused, in words.
   */
  take(stream: string, values: readonly unknown[]): readonly string[] {
    if (this.#plan.unreadable.includes(stream)) {
      this.#unreadable += values.length;
      return (values as readonly RefusedRecord[]).map(({ problem }) => problem);
    }
    const write = this.#plan.writes.find(({ written, refused, expired }) => [written, refused, expired].includes(stream));
    const sums = write && this.#targets.get(write.target);
    if (!sums) return [];
    if (stream === write.refused)
      return (values as readonly RefusedIngestion[]).map(({ reason }) => `${write.target}: ${reason}`);
    if (stream === write.written) for (const batch of values as readonly WrittenBatch[]) sums.addBatch(batch);
    else for (const expired of values as readonly WriteStatistics[]) sums.addStatistics(expired);
    return [];
  }

  /** @param progress of the run: it knows what went into streams that nobody here reads. */
  summary({ streams, tasks }: Progress): PipelineSummary {
    return {
      records: sum(this.#plan.records.map((name) => streams[name]?.values)),
      unreadable: this.#unreadable,
      deadLetters: sum(Object.values(tasks).map(({ deadLetters }) => deadLetters)),
      targets: [...this.#targets].map(([target, sums]) => sums.summary(target)),
    };
  }
}

function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, one) => total + (one ?? 0), 0);
}
