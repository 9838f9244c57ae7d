import { SupervisorStateError } from "../../errors.ts";
import { MAX_TIMER_MS } from "../../timers.ts";
import type { Codec } from "../codecs/codec.ts";
import type { DeadLetterLimits } from "../dead-letters.ts";
import { assertSameRun } from "../run-record.ts";
import type { RunRecord, RunStore, RunSummary, StreamStore } from "../store.ts";
import { MemoryDeadLetters } from "./memory-dead-letters.ts";
import { MemoryRun } from "./memory-run.ts";

/** @see MemoryStore */
export interface MemoryStoreOptions {
  /** Sends every value through this codec, so that tests find what a store of bytes would refuse or change. */
  readonly codec?: Codec;
  /** With a codec: values that encode to more bytes are refused. Default 1 MiB. */
  readonly maxValueBytes?: number;
  /** How many dead letters are kept, and for how long. */
  readonly deadLetters?: DeadLetterLimits;
}

/**
 * Runs and streams in this process's memory: the embedded default. Values pass by reference; nothing is serialised.
 * An ended run is forgotten after its `keepMs`.
 */
export class MemoryStore implements StreamStore {
  readonly kind = "memory";
  readonly deadLetters: MemoryDeadLetters;
  readonly #runs = new Map<string, MemoryRun>();
  readonly #expiries = new Map<string, NodeJS.Timeout>();
  readonly #options: MemoryStoreOptions;
  #closed = false;

  constructor(options: MemoryStoreOptions = {}) {
    this.#options = options;
    this.deadLetters = new MemoryDeadLetters(options);
  }

  async create(record: RunRecord): Promise<{ run: RunStore; created: boolean }> {
    if (this.#closed) throw new SupervisorStateError("The memory store is closed.");
    const known = this.#runs.get(record.id);
    if (known) {
      assertSameRun(known.record, record);
      return { run: known, created: false };
    }
    const run = new MemoryRun(record, this.#options, this.deadLetters, () => {
      this.#expire(record);
    });
    this.#runs.set(record.id, run);
    return { run, created: true };
  }

  async open(id: string): Promise<RunStore | undefined> {
    return this.#runs.get(id);
  }

  async list(): Promise<readonly RunSummary[]> {
    const now = Date.now();
    return [...this.#runs.values()]
      .map(({ record: { id }, createdAt, state }) => ({ id, createdAt, ageMs: Math.max(0, now - createdAt), state }))
      .sort((a, b) => b.createdAt - a.createdAt);
  }

  async remove(id: string): Promise<boolean> {
    if (!this.#expiries.has(id)) return false;
    clearTimeout(this.#expiries.get(id));
    this.#expiries.delete(id);
    return this.#runs.delete(id);
  }

  /** Nobody else can have gone silent: a run in memory ends with its process. */
  async recover(): Promise<readonly RunStore[]> {
    return [];
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#expiries.values()) clearTimeout(timer);
    for (const run of this.#runs.values()) run.close();
    this.deadLetters.close();
    this.#runs.clear();
    this.#expiries.clear();
  }

  #expire({ id, keepMs }: Pick<RunRecord, "id" | "keepMs">): void {
    // A timer cannot wait for longer: it would fire at once.
    const waitMs = Math.min(keepMs, MAX_TIMER_MS);
    const timer = setTimeout(() => {
      if (keepMs > waitMs) {
        this.#expire({ id, keepMs: keepMs - waitMs });
        return;
      }
      this.#runs.delete(id);
      this.#expiries.delete(id);
    }, waitMs);
    this.#expiries.set(id, timer.unref());
  }
}
