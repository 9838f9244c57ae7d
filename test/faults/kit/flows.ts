import { Flow, Processor, stream } from "datagraph";
import type { StreamEnd } from "../../../src/streams/store.ts";

export const COMPLETED: StreamEnd = { state: "completed" };

/** Numbers, increased by one in each of two processors: a generator and one of single values. */
export function counting() {
  const first = new Processor({ name: "first", inputs: { n: stream<number>() }, outputs: { m: stream<number>() } });
  first.implement(async function* ({ n }) {
    for await (const value of n) yield { m: value + 1 };
  });
  const second = new Processor({ name: "second", inputs: { m: stream<number>() }, outputs: { out: stream<number>() } });
  second.implementEach({ concurrency: 4 }, async (value) => ({ out: value + 1 }));
  return Flow.fromProcessors(first, second).resolve();
}

/** What goes in, comes out. */
export function echo<T>(name = "echo") {
  const processor = new Processor({ name, inputs: { value: stream<T>() }, outputs: { echoed: stream<T>() } });
  // With a type that is still open here the check of what is emitted cannot be made.
  const handler = (value: T) => ({ echoed: value });
  processor.implementEach({}, handler as never);
  return Flow.fromProcessors(processor).resolve();
}

/** The numbers from 0 on, as fast or slowly as they are asked for, until `stop()`. */
export class Counter implements AsyncIterable<number> {
  readonly #pauseMs: number;
  #given = 0;
  #stopped = false;

  constructor(pauseMs = 1) {
    this.#pauseMs = pauseMs;
  }

  get given(): number {
    return this.#given;
  }

  stop(): void {
    this.#stopped = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    while (!this.#stopped) {
      yield this.#given++;
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    }
  }
}

/** Reads numbers that must follow one another, and tells how far it is. */
export class Follower {
  next: number;
  readonly done: Promise<void>;
  readonly #waiting = new Set<() => void>();

  constructor(values: AsyncIterable<number>, first: number) {
    this.next = first;
    this.done = this.#read(values);
    this.done.catch(() => undefined);
  }

  /** Settles when a value has arrived that was not there yet. */
  async more(): Promise<void> {
    const arrived = new Promise<void>((resolve) => this.#waiting.add(resolve));
    await Promise.race([arrived, this.done.then(() => Promise.reject(new Error("The stream has ended")))]);
  }

  async #read(values: AsyncIterable<number>): Promise<void> {
    for await (const value of values) {
      if (value !== this.next) throw new Error(`Expected ${this.next}, found ${value}: values were lost or doubled`);
      this.next++;
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    }
  }
}
