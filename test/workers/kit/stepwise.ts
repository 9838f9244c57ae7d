import type { FlowRun } from "datagraph";
import { expect } from "vitest";
import { doublesOf, listedOf } from "../programs/flows.mjs";
import type { Program } from "./program.ts";

/** The processors of the flow `stepwise`. */
export const STEPS = ["doubles", "lists", "sink"] as const;

/** All that came out of a run of the flow `stepwise`. */
export class Outcome {
  readonly double: string[] = [];
  readonly round: number[] = [];
  readonly listed: string[] = [];
  readonly size: number[] = [];
  readonly done: Promise<unknown>;

  constructor(run: FlowRun<{ readonly [K in "double" | "round" | "listed" | "size"]: AsyncIterable<string | number> }>) {
    const read = async (values: AsyncIterable<unknown>, into: unknown[]) => {
      for await (const value of values) into.push(value);
    };
    const { double, round, listed, size } = run.outputs;
    this.done = Promise.all([
      read(double, this.double),
      read(round, this.round),
      read(listed, this.listed),
      read(size, this.size),
    ]);
    this.done.catch(() => undefined);
  }

  /** Asserts that every value of the numbers below `count` came, once and in its place. */
  expectOf(count: number, context: string): void {
    const numbers = Array.from({ length: count }, (_, n) => n);
    const doubles = numbers.flatMap(doublesOf);
    expect(this.double, context).toEqual(doubles);
    expect(this.round, context).toEqual(numbers.filter((n) => n % 10 === 0));
    expect(this.listed, context).toEqual(doubles.flatMap(listedOf));
    expect(
      this.size.reduce((sum, size) => sum + size, 0),
      context,
    ).toBe(doubles.length);
  }
}

/** How many values the handlers of a processor were called with, all attempts together. */
export function handledBy(workers: readonly Program[], processor: string): number {
  return workers.flatMap((worker) => worker.all("handled", { processor })).reduce((sum, said) => sum + Number(said.values), 0);
}
