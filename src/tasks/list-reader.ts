import type { StreamReader } from "../streams/store.ts";

/** Gives the values of a list that was taken from another reader, as if the stream completed with them. */
export class ListReader implements StreamReader {
  #left: readonly unknown[];
  readonly #source: StreamReader;

  constructor(values: readonly unknown[], source: StreamReader) {
    this.#left = values;
    this.#source = source;
  }

  take(max: number): readonly unknown[] | undefined {
    if (this.#left.length === 0) return undefined;
    const taken = this.#left.slice(0, max);
    this.#left = this.#left.slice(max);
    return taken;
  }

  async wait(): Promise<boolean> {
    return this.#left.length > 0;
  }

  get revoked(): boolean {
    return this.#source.revoked;
  }

  /** The reader it comes from goes on, unless something is wrong. */
  close(reason?: unknown): void {
    this.#left = [];
    if (reason !== undefined) this.#source.close(reason);
  }
}
