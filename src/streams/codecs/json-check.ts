import { tooManyItems, type ValueLimits } from "./limits.ts";
import { describe } from "./value-path.ts";
import { isPlainArray, isPlainObject, ValueWalk } from "./value-walk.ts";

/**
 * Makes the quick check of whether JSON keeps all values of a chunk. It answers only yes or no; {@link refuseForJson}
 * finds out the rest.
 */
export function jsonCheck({ maxDepth, maxItems }: Required<ValueLimits>): (values: readonly unknown[]) => boolean {
  let itemsLeft = 0;

  function count(items: number): void {
    itemsLeft -= items;
    if (itemsLeft < 0) throw tooManyItems(maxItems);
  }

  function isJson(value: unknown, depthLeft: number): boolean {
    switch (typeof value) {
      case "string":
      case "boolean":
        return true;
      case "number":
        return Number.isFinite(value) && (value !== 0 || 1 / value > 0);
      case "object":
        return value === null || isJsonContainer(value, depthLeft);
      default:
        return false;
    }
  }

  function isJsonContainer(value: object, depthLeft: number): boolean {
    if (depthLeft === 0) return false;
    if (Array.isArray(value)) return Object.getPrototypeOf(value) === Array.prototype && isJsonList(value, depthLeft - 1);
    return isPlainObject(value) && isJsonRecord(value, depthLeft - 1);
  }

  function isJsonList(list: readonly unknown[], depthLeft: number): boolean {
    count(list.length);
    for (let i = 0; i < list.length; i++) if (!isJson(list[i], depthLeft)) return false;
    return true;
  }

  function isJsonRecord(record: Readonly<Record<string, unknown>>, depthLeft: number): boolean {
    let keys = 0;
    for (const key in record) {
      const value = record[key];
      if (value !== undefined && !isJson(value, depthLeft)) return false;
      keys++;
    }
    count(keys + 1);
    return true;
  }

  return (values) => {
    itemsLeft = maxItems;
    return isJsonList(values, maxDepth);
  };
}

/**
 * Looks for what JSON would lose or change in a chunk.
 *
 * @throws EncodingError that says where and what it is.
 */
export function refuseForJson(values: readonly unknown[], limits: Required<ValueLimits>): void {
  const walk = new ValueWalk("JSON", limits);
  walk.run(() => {
    walk.count(values.length);
    refuseInList(walk, values);
  });
}

function refuseIn(walk: ValueWalk, value: unknown): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value) || Object.is(value, -0)) refuseConvertible(walk, value);
      return;
    case "object":
      if (value !== null) refuseInObject(walk, value);
      return;
    case "bigint":
    case "undefined":
      refuseConvertible(walk, value);
      break;
    default:
      walk.refuseValue(value);
  }
}

function refuseInObject(walk: ValueWalk, value: object): void {
  if (isPlainArray(value)) walk.inside(value, value.length, () => refuseInList(walk, value));
  else if (isPlainObject(value)) refuseInRecord(walk, value);
  else if (isKeptByDefaultCodec(value)) refuseConvertible(walk, value);
  else walk.refuseValue(value);
}

function refuseInList(walk: ValueWalk, list: readonly unknown[]): void {
  for (let i = 0; i < list.length; i++) {
    walk.step(i, () => {
      if (!(i in list)) walk.refuse("a hole in an array", "Fill it, with null.");
      refuseIn(walk, list[i]);
    });
  }
}

function refuseInRecord(walk: ValueWalk, record: Readonly<Record<string, unknown>>): void {
  const keys = Object.keys(record);
  walk.inside(record, keys.length + 1, () => {
    for (const key of keys) {
      walk.step(key, () => {
        const value = record[key];
        if (value !== undefined) refuseIn(walk, value);
      });
    }
  });
}

function refuseConvertible(walk: ValueWalk, value: unknown): never {
  return walk.refuse(describe(value), "Convert it to something that JSON has, or use the default codec, which keeps it.");
}

function isKeptByDefaultCodec(value: object): boolean {
  return (
    value instanceof Date ||
    value instanceof Map ||
    value instanceof Set ||
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value)
  );
}
