import { CommandError } from "../exit-codes.ts";

const MAX_DEPTH = 1000;

/**
 * A value as JSON on one line. What JSON lacks is written as Protocol Buffers' JSON does, with types that do not depend on
 * the value: BigInt as text, bytes as base64, NaN and the infinities as text. Dates are ISO text, a Set is an array, a Map
 * an object (an array of pairs when a key is no text), and what has no value is null.
 *
 * @throws CommandError for a value that is nested too deep, or contains itself.
 */
export function toJsonLine(value: unknown): string {
  return JSON.stringify(isPlain(value, 0) ? value : toJsonable(value, []));
}

/** Whether JSON has everything that is in a value; then it needs no copy. */
function isPlain(value: unknown, depth: number): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth > 100) return false;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || "toJSON" in value) return false;
  for (const key of Object.keys(value)) if (!isPlain((value as Record<string, unknown>)[key], depth + 1)) return false;
  return true;
}

function toJsonable(value: unknown, ancestors: readonly object[]): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return String(value);
    case "string":
    case "boolean":
      return value;
    case "object":
      return value === null ? null : objectToJsonable(value, ancestors);
    default:
      return null;
  }
}

function objectToJsonable(value: object, ancestors: readonly object[]): unknown {
  if (ancestors.includes(value)) throw new CommandError("A value that contains itself cannot be printed as JSON.");
  if (ancestors.length >= MAX_DEPTH)
    throw new CommandError(`A value that is nested more than ${MAX_DEPTH} deep cannot be printed as JSON.`);
  const inside = [...ancestors, value];
  const convert = (item: unknown) => toJsonable(item, inside);
  if (Array.isArray(value)) return Array.from(value, convert);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof DataView) return toBase64(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<number | bigint>, convert);
  if (value instanceof Set) return Array.from(value, convert);
  if (value instanceof Map) return mapToJsonable(value, convert);
  if (value instanceof RegExp) return String(value);
  if ("toJSON" in value && typeof value.toJSON === "function") return convert(value.toJSON());
  return toRecord(value instanceof Error ? errorFields(value) : Object.entries(value), convert);
}

function toBase64(value: Uint8Array | ArrayBuffer | DataView): string {
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
}

function mapToJsonable(map: ReadonlyMap<unknown, unknown>, convert: (item: unknown) => unknown): unknown {
  const entries = [...map];
  if (entries.every((entry): entry is [string, unknown] => typeof entry[0] === "string")) return toRecord(entries, convert);
  return entries.map((pair) => pair.map(convert));
}

/** As JSON does, what has no value is left out of objects. A key named `__proto__` is a key like any other. */
function toRecord(entries: readonly (readonly [string, unknown])[], convert: (item: unknown) => unknown): unknown {
  const kept = entries.filter(([, item]) => !["undefined", "function", "symbol"].includes(typeof item));
  return Object.fromEntries(kept.map(([key, item]) => [key, convert(item)]));
}

function errorFields(error: Error): [string, unknown][] {
  return [["name", error.name], ["message", error.message], ...Object.entries(error)];
}
