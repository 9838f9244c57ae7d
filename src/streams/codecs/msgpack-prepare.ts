/// <reference lib="es2024.string" />
import type { ValueLimits } from "./limits.ts";
import { isLeaf, isUnsafeKey, MOST_RECORD_KEYS } from "./msgpack-direct.ts";
import { escapeEntries, escapeNegativeZero, escapeString } from "./msgpack-escape.ts";
import { mapStep } from "./value-path.ts";
import { isPlainArray, isPlainObject, ValueWalk } from "./value-walk.ts";

/**
 * Copies a chunk that msgpackr would not keep as it is, with an escape in place of all that it would alter.
 *
 * @throws EncodingError when a value cannot be represented at all; it says where and what it is.
 */
export function prepareForMsgpack(values: readonly unknown[], limits: Required<ValueLimits>): unknown[] {
  const walk = new ValueWalk("MessagePack", limits);
  return walk.run(() => {
    walk.count(values.length);
    return prepareItems(walk, values);
  });
}

function prepare(walk: ValueWalk, value: unknown): unknown {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? value : escapeString(value);
    case "number":
      return Object.is(value, -0) ? escapeNegativeZero() : value;
    case "boolean":
    case "bigint":
    case "undefined":
      return value;
    case "object":
      return value === null ? null : prepareObject(walk, value);
    default:
      return walk.refuseValue(value);
  }
}

function prepareObject(walk: ValueWalk, value: object): unknown {
  if (isPlainArray(value)) return walk.inside(value, value.length, () => prepareItems(walk, value));
  if (value instanceof Map && isExactly(value, Map)) return walk.inside(value, 2 * value.size, () => prepareMap(walk, value));
  if (value instanceof Set && isExactly(value, Set)) return walk.inside(value, value.size, () => prepareSet(walk, value));
  if (isLeaf(value)) return value;
  if (isPlainObject(value)) return prepareRecord(walk, value);
  return walk.refuseValue(value);
}

function prepareItems(walk: ValueWalk, items: readonly unknown[]): unknown[] {
  const prepared: unknown[] = [];
  for (let i = 0; i < items.length; i++) {
    walk.step(i, () => {
      const item = items[i];
      if (item === undefined && !(i in items)) walk.refuse("a hole in an array", "Fill it, with undefined or null.");
      prepared.push(prepare(walk, item));
    });
  }
  return prepared;
}

function prepareMap(walk: ValueWalk, map: ReadonlyMap<unknown, unknown>): Map<unknown, unknown> {
  const prepared = new Map<unknown, unknown>();
  let index = 0;
  for (const [key, value] of map) {
    const preparedKey = walk.step({ text: `.keys()[${index}]` }, () => prepare(walk, key));
    prepared.set(
      preparedKey,
      walk.step(mapStep(key, index), () => prepare(walk, value)),
    );
    index++;
  }
  return prepared;
}

function prepareSet(walk: ValueWalk, set: ReadonlySet<unknown>): Set<unknown> {
  const prepared = new Set<unknown>();
  for (const item of set) prepared.add(walk.step({ text: `.values()[${prepared.size}]` }, () => prepare(walk, item)));
  return prepared;
}

function prepareRecord(walk: ValueWalk, record: Readonly<Record<string, unknown>>): unknown {
  const keys = Object.keys(record);
  return walk.inside(record, keys.length + 1, () => {
    const prepared = keys.map((key) => [key, walk.step(key, () => prepare(walk, record[key]))] as const);
    const asRecord = keys.length <= MOST_RECORD_KEYS && keys.every((key) => !isUnsafeKey(key) && key.isWellFormed());
    if (asRecord) return Object.fromEntries(prepared);
    return escapeEntries(prepared.flatMap(([key, value]) => [prepare(walk, key), value]));
  });
}

function isExactly(value: object, builtIn: MapConstructor | SetConstructor): boolean {
  return value.constructor === builtIn && Object.getPrototypeOf(value) === builtIn.prototype;
}
