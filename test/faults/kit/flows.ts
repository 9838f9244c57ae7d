import { Flow, Processor, stream } from "datagraph";
import { NumberedProducer, Verifier } from "datagraph/testing";
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

/** The numbers from 0 on, one every `pauseMs`, until `stop()`. */
export class Counter extends NumberedProducer {
  constructor(pauseMs = 1) {
    super({ pauseMs: Math.max(1, pauseMs) });
  }
}

/** Reads numbers that must follow one another, and tells how far it is. */
export class Follower {
  readonly done: Promise<void>;
  readonly #first: number;
  readonly #verifier = new Verifier();

  constructor(values: AsyncIterable<number>, first: number) {
    this.#first = first;
    this.#verifier.follow("out", values, { numberOf: (value) => value - first });
    this.done = this.#verifier.ended().then(() => this.#verifier.verify({ out: this.#verifier.seen("out") }));
    this.done.catch(() => undefined);
  }

  /** The number that must come next. */
  get next(): number {
    return this.#first + this.#verifier.seen("out");
  }

  /** Settles when a value has arrived that was not there yet. */
  async more(): Promise<void> {
    await Promise.race([this.#verifier.more(), this.done.then(() => Promise.reject(new Error("The stream has ended")))]);
  }
}
