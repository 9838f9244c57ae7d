/**
 * Compares two values of plain data as exactly as JavaScript can: prototypes, own properties and their order, the order
 * of Maps and Sets, -0 and 0, bytes.
 *
 * @returns the path to the first place at which they differ, or undefined when they are the same.
 */
export function firstDifference(found: unknown, expected: unknown, path = "value"): string | undefined {
  if (Object.is(found, expected)) return undefined;
  if (typeof found !== "object" || typeof expected !== "object" || found === null || expected === null) return path;
  if (Object.getPrototypeOf(found) !== Object.getPrototypeOf(expected)) return `${path} (its prototype)`;
  const [parts, expectedParts] = [partsOf(found), partsOf(expected)];
  if (parts.length !== expectedParts.length) return `${path} (its size)`;
  for (const [i, [name, part]] of parts.entries()) {
    const [expectedName, expectedPart] = expectedParts[i] ?? [];
    if (name !== expectedName) return `${path} (its keys)`;
    const difference = firstDifference(part, expectedPart, `${path}[${JSON.stringify(name)}]`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** What an object is made of, each part with a name. */
function partsOf(value: object): readonly (readonly [name: string, part: unknown])[] {
  if (value instanceof Date) return [["time", value.getTime()]];
  if (value instanceof Map) {
    return [...value].flatMap(([key, item], i): [string, unknown][] => [
      [`key ${i}`, key],
      [`item ${i}`, item],
    ]);
  }
  if (value instanceof Set) return [...value].map((item, i) => [`item ${i}`, item]);
  if (value instanceof ArrayBuffer) return [["bytes", hex(new Uint8Array(value))]];
  if (ArrayBuffer.isView(value)) return [["bytes", hex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))]];
  return Object.entries(value);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
