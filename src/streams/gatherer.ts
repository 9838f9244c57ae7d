import { estimateBytes } from "./size.ts";
import type { StreamWriter } from "./store.ts";

/**
 * Collects values that are made without waiting and hands them to a writer together: one call and one look at the bounds
 * for many values. Nobody could have read them earlier, as long as they are handed over before anything is awaited.
 */
export class Gatherer {
  readonly writer: StreamWriter;
  #values: unknown[] = [];
  #bytes = 0;
  /** How many may be collected before the writer must be looked at. */
  #limit = 0;

  constructor(writer: StreamWriter) {
    this.writer = writer;
  }

  /** Takes a value; `true` when it is time to hand over. */
  add(value: unknown): boolean {
    if (this.#values.length === 0) this.#limit = Math.min(this.writer.credit, MOST_VALUES);
    this.#bytes += estimateBytes(value);
    return this.#values.push(value) >= this.#limit || this.#bytes >= MOST_BYTES;
  }

  /** @throws what refuses a value: those before it are written. */
  handOver(): void {
    if (this.#values.length === 0) return;
    const values = this.#values;
    const bytes = this.#bytes;
    this.#values = [];
    this.#bytes = 0;
    this.writer.writeMany(values, bytes);
  }
}

const MOST_VALUES = 256;
const MOST_BYTES = 64 * 1024;
