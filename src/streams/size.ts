/**
 * A cheap estimate of what a value takes in memory, in bytes, for bounds. It looks at most at a few dozen places of a
 * value and scales lists up, so its cost does not grow with the value.
 */
export function estimateBytes(value: unknown, depth = 0): number {
  switch (typeof value) {
    case "string":
      return 16 + value.length;
    case "object":
      return value === null ? 8 : objectBytes(value, depth);
    case "bigint":
      return 24;
    default:
      return 8;
  }
}

/** The same of several values. */
export function totalBytes(values: readonly unknown[]): number {
  let bytes = 0;
  for (let i = 0; i < values.length; i++) bytes += estimateBytes(values[i]);
  return bytes;
}

const MAX_DEPTH = 3;
const SAMPLE = 8;

function objectBytes(value: object, depth: number): number {
  try {
    return measuredBytes(value, depth);
  } catch {
    // A getter or a proxy that throws is its reader's problem, or the codec's; here only the size matters.
    return 64;
  }
}

function measuredBytes(value: object, depth: number): number {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 64 + value.byteLength;
  if (depth >= MAX_DEPTH) return 64;
  if (Array.isArray(value)) return 32 + sampled(value, value.length, depth);
  if (value instanceof Map || value instanceof Set) return 64 + value.size * 48;
  return 32 + fieldBytes(value, depth);
}

function sampled(items: readonly unknown[], count: number, depth: number): number {
  const looked = Math.min(count, SAMPLE);
  let bytes = 0;
  for (let i = 0; i < looked; i++) bytes += 8 + estimateBytes(items[i], depth + 1);
  return looked === 0 ? 0 : (bytes * count) / looked;
}

function fieldBytes(value: object, depth: number): number {
  let bytes = 0;
  let fields = 0;
  for (const key in value) {
    bytes += fields < SAMPLE ? 8 + estimateBytes((value as Record<string, unknown>)[key], depth + 1) : 16;
    fields++;
  }
  return bytes;
}
