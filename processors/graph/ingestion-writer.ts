import type { TaskContext } from "datagraph";
import type { Connection, WriteStatistics } from "./connector.ts";
import { RefusedIngestionError } from "./errors.ts";
import type { DesiredIngestion } from "./model.ts";
import { StatisticsSum } from "./statistics.ts";
import { writeBatch } from "./write-batch.ts";

/** One batch that was written, and acknowledged after it. */
export interface WrittenBatch extends WriteStatistics {
  /** Ingestions that came in. */
  readonly records: number;
  /** How many of them were refused. */
  readonly refused: number;
  /** Nodes that were written, each once. What was refused is not among them. */
  readonly nodes: number;
  /** Relationships that were written; each once, but for those that are always created. */
  readonly relationships: number;
  readonly ms: number;
}

/** How lists of ingestions are written. */
export interface WriteSettings {
  readonly connection: Connection;
  readonly pipeline: string | undefined;
  readonly flushLanes: number;
  /** Whether ingestions are written together; else each by itself, in order. */
  readonly debounce: boolean;
  /** What becomes of the ones that cannot be stored: they are told of, or throw. `alone`: they throw, each in a list of its own. */
  readonly onRefused: "emit" | "fail" | "alone";
  readonly now: () => Date;
}

/** What became of a list. */
export interface WriteOutcome {
  readonly written: WrittenBatch;
  /** Why some ingestions were refused, by their position. */
  readonly refused: ReadonlyMap<number, Error>;
}

/** Writes lists of ingestions for one task. */
export class IngestionWriter {
  readonly #settings: WriteSettings;
  #parts: Parts | undefined;

  constructor(settings: WriteSettings) {
    this.#settings = settings;
  }

  /**
   * @returns nothing for a part of a list that was told of with another part of it.
   * @throws RefusedIngestionError where what is refused is to throw; GraphWriteError when the database refuses.
   */
  async write(ingestions: readonly DesiredIngestion[], { signal }: TaskContext): Promise<WriteOutcome | undefined> {
    if (this.#parts?.areNext(ingestions)) return this.#parts.take(ingestions.length);
    this.#parts = undefined;
    const { onRefused } = this.#settings;
    const outcome = await this.#writeList(ingestions, signal);
    const [reason] = outcome.refused.values();
    if (reason === undefined || onRefused === "emit") return outcome;
    if (onRefused === "alone" && ingestions.length > 1) this.#parts = new Parts(ingestions, outcome);
    throw new RefusedIngestionError(reason);
  }

  async #writeList(ingestions: readonly DesiredIngestion[], signal: AbortSignal): Promise<WriteOutcome> {
    const { connection, pipeline, flushLanes, debounce, onRefused, now } = this.#settings;
    const start = performance.now();
    const statistics = new StatisticsSum();
    const refused = new Map<number, Error>();
    let nodes = 0;
    let relationships = 0;
    const size = debounce ? ingestions.length : 1;
    for (let first = 0; first < ingestions.length; first += size) {
      const context = { now: now(), signal, ...(pipeline !== undefined && { pipeline }) };
      const result = await writeBatch(ingestions.slice(first, first + size), { connection, context, flushLanes });
      nodes += result.nodes;
      relationships += result.relationships;
      statistics.add(result.statistics);
      for (const [index, reason] of result.refused) refused.set(first + index, reason);
      if (onRefused === "fail" && refused.size > 0) break;
    }
    const ms = performance.now() - start;
    const counts = { records: ingestions.length, refused: refused.size, nodes, relationships, ms };
    return { written: { ...counts, ...statistics.total }, refused };
  }
}

/**
 * A list that was written, but for what was refused. Who sets values aside halves a list that has failed until each culprit is alone: the
 * parts come in order, and are told what is known already, so that nothing is written twice.
 */
class Parts {
  readonly #ingestions: readonly DesiredIngestion[];
  readonly #refused: ReadonlyMap<number, Error>;
  #written: WrittenBatch | undefined;
  /** Where the part begins that comes next. */
  #next = 0;

  constructor(ingestions: readonly DesiredIngestion[], { written, refused }: WriteOutcome) {
    this.#ingestions = ingestions;
    this.#written = written;
    this.#refused = refused;
  }

  areNext(ingestions: readonly DesiredIngestion[]): boolean {
    return this.#next < this.#ingestions.length && ingestions.every((each, i) => each === this.#ingestions[this.#next + i]);
  }

  /** The first part without a culprit tells of the whole list. @throws RefusedIngestionError for a part with one. */
  take(length: number): WriteOutcome | undefined {
    const culprit = this.#culpritIn(length);
    if (culprit === undefined || length === 1) this.#next += length;
    if (culprit !== undefined) throw new RefusedIngestionError(culprit);
    const written = this.#written;
    this.#written = undefined;
    return written && { written, refused: NONE };
  }

  #culpritIn(length: number): Error | undefined {
    for (const [index, reason] of this.#refused) {
      if (index >= this.#next && index < this.#next + length) return reason;
    }
    return undefined;
  }
}

const NONE: ReadonlyMap<number, Error> = new Map();
