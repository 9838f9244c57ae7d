/**
 * Reads values into a list: all of them, or the first `max`, after which it leaves.
 *
 * @example expect(await collect(run.outputs.words, 3)).toEqual(["a", "b", "c"]);
 */
export async function collect<T>(source: AsyncIterable<T> | Iterable<T>, max = Number.POSITIVE_INFINITY): Promise<T[]> {
  const values: T[] = [];
  if (max <= 0) return values;
  for await (const value of source) {
    values.push(value);
    if (values.length >= max) break;
  }
  return values;
}
