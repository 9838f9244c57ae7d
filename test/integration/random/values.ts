import type { ProcessorSpec } from "./spec.ts";

/** What one value becomes: the values for each output, by its name; deterministic, with fan-out and gaps. */
export function resultsOf({ name, outputs, chunk }: ProcessorSpec, value: number): Readonly<Record<string, readonly number[]>> {
  const processor = Number(name.slice(1));
  const results: Record<string, readonly number[]> = {};
  outputs.forEach((output, j) => {
    if ((value + j) % 4 === 3) return;
    const mixed = (value * 31 + j * 17 + processor * 101 + 1) % 10_007;
    const copies = value % (2 * chunk) === 0 ? chunk : 1;
    results[output] = Array.from({ length: copies }, (_, k) => mixed + k);
  });
  return results;
}

/** The values of a processor without inputs. */
export function sourceValues({ name, chunk, take }: ProcessorSpec): readonly number[] {
  return Array.from({ length: Math.min(take, chunk * 10) }, (_, i) => i + Number(name.slice(1)));
}

export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

export function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}
