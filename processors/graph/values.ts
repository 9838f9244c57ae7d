import type { Float, PropertyValue, Scalar, Temporal } from "./model.ts";

/*
 * The numbers of a graph are integers of 64 bits and floats, those of JavaScript are numbers and bigints. Read back, every
 * value has one form: integers are numbers, or bigints where numbers are not exact; floats are numbers, or a Float where the
 * number would be taken for an integer.
 */

/** The form in which a graph gives a value back. `null` is no value: it removes one. */
export function canonical(value: PropertyValue): PropertyValue {
  switch (typeof value) {
    case "number":
      return canonicalNumber(value);
    case "bigint":
      return canonicalInteger(value);
    case "object":
      return value === null ? null : canonicalObject(value);
    default:
      return value;
  }
}

export function isFloat(value: unknown): value is Float {
  return typeof value === "object" && value !== null && "float" in value;
}

export function isTemporal(value: unknown): value is Temporal {
  return typeof value === "object" && value !== null && "temporal" in value;
}

export function isList(value: unknown): value is readonly Scalar[] {
  return Array.isArray(value);
}

/** Whether a number is an integer to a graph: without a fraction, and of 64 bits. */
export function isInteger(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63);
}

function canonicalNumber(value: number): Scalar {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  if (!Number.isInteger(value)) return value;
  return isInteger(value) ? BigInt(value) : { float: value };
}

function canonicalInteger(value: bigint): Scalar {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function canonicalObject(value: Exclude<PropertyValue, null | string | number | bigint | boolean>): PropertyValue {
  // Values are handed over: nobody changes a date or bytes afterwards. A Buffer's bytes may be a part of a larger one's.
  if (value instanceof Date) return value;
  if (value instanceof Uint8Array) return value.constructor === Uint8Array ? value : Uint8Array.from(value);
  if (isList(value)) return canonicalList(value);
  if (isFloat(value)) return canonicalFloat(value.float);
  return { temporal: value.temporal, text: value.text };
}

function canonicalFloat(value: number): Scalar {
  return Number.isInteger(value) ? { float: value } : value;
}

/** A list holds one kind of value: one float makes all its numbers floats. */
function canonicalList(list: readonly Scalar[]): readonly Scalar[] {
  const items = list.map((item) => canonical(item) as Scalar);
  const hasFloat = items.some((item) => isFloat(item) || (typeof item === "number" && !Number.isInteger(item)));
  if (!hasFloat) return items;
  return items.map((item) => (typeof item === "number" || typeof item === "bigint" ? canonicalFloat(Number(item)) : item));
}
