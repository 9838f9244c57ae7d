/// <reference lib="es2024.string" />
import { tooManyItems, type ValueLimits } from "./limits.ts";

/** More keys than this make msgpackr's records slower than a list of keys and values. */
export const MOST_RECORD_KEYS = 512;

/**
 * Keys of objects that msgpackr does not keep: it renames the first one, and confuses the second one with a field of
 * its own table of record shapes.
 */
export function isUnsafeKey(key: string): boolean {
  return key === "__proto__" || key === "__keys__";
}

/** Built-ins that msgpackr keeps exactly; a Map and a Set only if what they hold can be kept too. */
const LEAF_CLASSES: ReadonlySet<unknown> = new Set([
  Date,
  ArrayBuffer,
  DataView,
  Buffer,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]);

/** Whether a value is of a built-in class that is encoded whole. It must be exactly that class, not one derived from it. */
export function isLeaf(value: object): boolean {
  const maker = value.constructor;
  return LEAF_CLASSES.has(maker) && Object.getPrototypeOf(value) === maker.prototype;
}

function isRecord(_value: object, prototype: unknown): _value is Record<string, unknown> {
  return prototype === Object.prototype || prototype === null;
}

/**
 * The check that every chunk passes before msgpackr gets it: whether msgpackr keeps all of its values exactly as
 * they are. It is the price of each value that is written, so it does as little as it can: it answers only yes or no, and
 * leaves it to `prepareForMsgpack` to find out what is wrong and what can be done about it.
 */
export class DirectCheck {
  readonly #maxDepth: number;
  readonly #maxItems: number;
  // Neighbours mostly have the same keys, and to compare a key with the one checked last in its place is cheap.
  readonly #recentKeys = new Array<string>(256).fill("");
  #itemsLeft = 0;

  constructor({ maxDepth, maxItems }: Required<ValueLimits>) {
    this.#maxDepth = maxDepth;
    this.#maxItems = maxItems;
  }

  /** @throws EncodingError when the values are too many; what the values' own code throws passes through. */
  passes(values: readonly unknown[]): boolean {
    this.#itemsLeft = this.#maxItems;
    return this.#isDirectList(values, this.#maxDepth);
  }

  #count(items: number): void {
    this.#itemsLeft -= items;
    if (this.#itemsLeft < 0) throw tooManyItems(this.#maxItems);
  }

  #isDirect(value: unknown, depthLeft: number): boolean {
    switch (typeof value) {
      case "string":
        return value.isWellFormed();
      case "number":
        return value !== 0 || 1 / value > 0;
      case "object":
        return value === null || this.#isDirectObject(value, depthLeft);
      case "boolean":
      case "bigint":
      case "undefined":
        return true;
      default:
        return false;
    }
  }

  #isDirectObject(value: object, depthLeft: number): boolean {
    if (depthLeft === 0) return false;
    if (Array.isArray(value)) return this.#isDirectList(value, depthLeft - 1);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (isRecord(value, prototype)) return this.#isDirectRecord(value, depthLeft - 1);
    if (prototype === Map.prototype) return this.#isDirectMap(value, depthLeft - 1);
    if (prototype === Set.prototype) return this.#isDirectSet(value, depthLeft - 1);
    return isLeaf(value);
  }

  #isDirectList(list: readonly unknown[], depthLeft: number): boolean {
    const { constructor: maker }: object = list;
    if (maker !== Array) return false;
    this.#count(list.length);
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (item === undefined ? !(i in list) : !this.#isDirect(item, depthLeft)) return false;
    }
    return true;
  }

  #isDirectRecord(record: Readonly<Record<string, unknown>>, depthLeft: number): boolean {
    let keys = 0;
    for (const key in record) {
      const slot = (depthLeft * 16 + keys) & 255;
      if (key !== this.#recentKeys[slot]) {
        if (isUnsafeKey(key) || !key.isWellFormed()) return false;
        this.#recentKeys[slot] = key;
      }
      if (!this.#isDirect(record[key], depthLeft)) return false;
      keys++;
    }
    this.#count(keys + 1);
    return keys <= MOST_RECORD_KEYS;
  }

  #isDirectMap(map: object, depthLeft: number): boolean {
    if (!(map instanceof Map) || map.constructor !== Map) return false;
    this.#count(2 * map.size);
    for (const [key, value] of map) if (!this.#isDirect(key, depthLeft) || !this.#isDirect(value, depthLeft)) return false;
    return true;
  }

  #isDirectSet(set: object, depthLeft: number): boolean {
    if (!(set instanceof Set) || set.constructor !== Set) return false;
    this.#count(set.size);
    for (const item of set) if (!this.#isDirect(item, depthLeft)) return false;
    return true;
  }
}
