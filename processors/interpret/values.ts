import type { Float, PropertyValue, Scalar, Temporal } from "../graph/index.ts";
import { Problem } from "./errors.ts";

/** A map of a record: an object that is none of the scalars that are objects. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isScalarObject(value);
}

export function isFloat(value: unknown): value is Float {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "float")) return false;
  return "float" in value && typeof value.float === "number" && Object.keys(value).length === 1;
}

const TEMPORALS: readonly unknown[] = ["date", "localDateTime", "zonedDateTime", "localTime", "zonedTime", "duration"];

export function isTemporal(value: unknown): value is Temporal {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "temporal") || !Object.hasOwn(value, "text"))
    return false;
  if (!("temporal" in value && "text" in value)) return false;
  return typeof value.text === "string" && TEMPORALS.includes(value.temporal) && Object.keys(value).length === 2;
}

function isScalarObject(value: object): boolean {
  return value instanceof Date || value instanceof Uint8Array || isFloat(value) || isTemporal(value);
}

/** Sets a property, also one that has the name of the prototype. */
export function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  else target[name] = value;
}

/** All of the second over the first, as a new map. */
export function merged<T>(first: Readonly<Record<string, T>>, second: Readonly<Record<string, T>>): Record<string, T> {
  // Spreading copies own properties as they are, `__proto__` too.
  return { ...first, ...second };
}

/** A number as it is to be calculated with; undefined for what is no number. */
export function numeric(value: unknown): number | bigint | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  return isFloat(value) ? value.float : undefined;
}

/**
 * What two scalars have in common exactly when they are the same value of the same type: numbers by value whatever their kind,
 * never a number and a text or a truth value. Fit as a key of a Map. Lists and maps by their content.
 */
export function identity(value: unknown): unknown {
  if (typeof value === "string") return `"${value}`;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (isFloat(value)) return value.float;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("base64")}`;
  if (Array.isArray(value)) return `[${value.map((item) => identityText(item)).join()}`;
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${identityText(inner)}`);
  return `{${entries.sort().join()}`;
}

function identityText(value: unknown): string {
  const known = identity(value);
  return typeof known === "string" ? JSON.stringify(known) : String(known);
}

/** What kind of value this is, in words; never its content, which may be secret. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (value === "") return "an empty text";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (isFloat(value) || typeof value === "number" || typeof value === "bigint") return "a number";
  if (value instanceof Date || isTemporal(value)) return "a date or time";
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value === "object") return "a map";
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}

const [LEAST, MOST] = [-(2n ** 63n), 2n ** 63n - 1n];

/**
 * A value as a property holds it. Lists that mix integers and floats become floats.
 *
 * @throws Problem when a graph cannot hold it.
 */
export function toProperty(value: unknown, declaration: string): PropertyValue {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (value === null || value === undefined) return null;
  return Array.isArray(value) ? toList(value, declaration) : toScalar(value, declaration);
}

function toScalar(value: unknown, declaration: string): Scalar {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value === "bigint") {
    if (value >= LEAST && value <= MOST) return value;
    throw new Problem(declaration, "an integer of a property has at most 64 bits, found a larger one");
  }
  if (value instanceof Date) {
    if (!Number.isNaN(value.getTime())) return value;
    throw new Problem(declaration, "expected a date, found an invalid one");
  }
  if (value instanceof Uint8Array || isFloat(value) || isTemporal(value)) return value;
  throw new Problem(declaration, `a property holds a scalar or a list of scalars, found ${describeValue(value)}`);
}

function toList(values: readonly unknown[], declaration: string): Scalar[] {
  const scalars = values.map((value) => {
    if (value === null || value === undefined) throw new Problem(declaration, "a list in a property holds no null, found one");
    if (Array.isArray(value)) throw new Problem(declaration, "a list in a property holds scalars, found a list in it");
    return toScalar(value, declaration);
  });
  const kinds = new Set(scalars.map(kindOf));
  if (kinds.size <= 1) return scalars;
  if ([...kinds].every((kind) => kind === "integer" || kind === "float")) return scalars.map((one) => asFloat(one, declaration));
  throw new Problem(declaration, `a list in a property holds values of one kind, found ${[...kinds].join(" and ")}`);
}

function kindOf(value: Scalar): string {
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "float";
  if (typeof value !== "object") return value === true || value === false ? "truth values" : "text";
  if (value instanceof Date) return "instants";
  if (value instanceof Uint8Array) return "bytes";
  return isFloat(value) ? "float" : value.temporal;
}

function asFloat(value: Scalar, declaration: string): Scalar {
  const number = numeric(value);
  if (typeof number === "bigint" && BigInt(Number(number)) !== number) {
    throw new Problem(
      declaration,
      "a list in a property holds values of one kind, found floats and an integer that no float equals",
    );
  }
  return toFloat(Number(number));
}

/** A number as a float: wrapped where it is whole. */
export function toFloat(value: number): number | Float {
  return Number.isInteger(value) || !Number.isFinite(value) ? { float: value } : value;
}
