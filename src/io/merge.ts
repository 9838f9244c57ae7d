import { ClosingGenerator } from "./closing.ts";
import type { InputReader } from "./io.ts";

/** A value with the name of the stream it came from. */
export interface Tagged<Name extends string, T> {
  readonly source: Name;
  readonly value: T;
}

interface Source {
  readonly name: string;
  readonly reader: InputReader;
}

/** Gives the values of several streams as they arrive: what is there of each in turn, then waits for any. */
export function merge(sources: readonly Source[]): AsyncGenerator<Tagged<string, unknown>, void, undefined> {
  return new ClosingGenerator(mergeValues(sources), () => {
    for (const { reader } of sources) reader.close();
  });
}

async function* mergeValues(sources: readonly Source[]): AsyncGenerator<Tagged<string, unknown>, void, undefined> {
  const arrivals = new Arrivals();
  try {
    for (const source of sources) arrivals.expect(source);
    for (let source = await arrivals.next(); source; source = await arrivals.next()) {
      const values = source.reader.take(VALUES_PER_TURN) ?? [];
      let given = 0;
      source.reader.heldBy?.(() => values.length - given);
      for (const value of values) {
        if (sources.some(({ reader }) => reader.revoked)) break;
        given++;
        yield { source: source.name, value };
      }
      // Asking again only now lets the others have their turn first.
      arrivals.expect(source);
    }
  } finally {
    for (const { reader } of sources) reader.close();
  }
}

/** Sources in the order in which they have something. (A race over their promises would grow with every value.) */
class Arrivals {
  readonly #ready: Source[] = [];
  #expected = 0;
  #failed: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  expect(source: Source): void {
    this.#expected++;
    source.reader.wait().then(
      (more) => {
        this.#expected--;
        if (more) this.#ready.push(source);
        this.#wake?.();
      },
      (error: unknown) => {
        this.#failed ??= { error };
        this.#wake?.();
      },
    );
  }

  /** The next source with values; `undefined` once all have completed. */
  async next(): Promise<Source | undefined> {
    for (;;) {
      // A failure comes first: streams that always have something would keep it from being told.
      if (this.#failed) throw this.#failed.error;
      const source = this.#ready.shift();
      if (source) return source;
      if (this.#expected === 0) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const VALUES_PER_TURN = 256;
