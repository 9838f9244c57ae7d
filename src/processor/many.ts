/** Several values for one output, in order; made by {@link many}. */
export class Many<T> {
  readonly values: readonly T[];

  constructor(values: readonly T[]) {
    this.values = values;
  }
}

/**
 * Emits several values of an output at once: `yield { words: many(line.split(" ")) }`.
 *
 * The list is handed over, not copied: do not change it afterwards.
 */
export function many<T>(values: readonly T[]): Many<T> {
  return new Many(values);
}
