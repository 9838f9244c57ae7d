import { HandlerError } from "../errors.ts";
import type { Key } from "../processor/implementation.ts";
import { checksumOf } from "../streams/checksum.ts";
import { UndecodableValue } from "../streams/undecodable.ts";
import type { Check } from "./check.ts";

/** A value's key, as its processor says. @throws HandlerError for what cannot be one; what `key` throws. */
export type KeyOf = (value: unknown) => Key;

export function keyOf(processor: string, key: (value: never) => Key): KeyOf {
  return (value) => {
    const found: unknown = key(value as never);
    if (isKey(found)) return found;
    throw new HandlerError(
      `The key of a value of processor "${processor}" is ${found === null ? "null" : `of type ${typeof found}`}; expected text, a number or true or false.`,
    );
  };
}

/**
 * A number for a value's key, the same in every process. A value that has none, because it cannot be decoded, is not what its schema says,
 * or its key fails, gets one of its own: it is handled like all others, and that shows what is wrong with it.
 */
export function hashOf(keyOf: KeyOf, check: Check | undefined): (value: unknown, index: number) => number {
  return (value, index) => {
    if (value instanceof UndecodableValue) return index;
    try {
      return spread(checksumOf(keyOf(check ? check(value) : value), 0));
    } catch {
      return index;
    }
  };
}

/** Every bit of the result depends on all bits of a number (the last step of A. Appleby's MurmurHash3). */
function spread(sum: number): number {
  let mixed = sum ^ (sum >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function isKey(key: unknown): key is Key {
  return typeof key === "string" || typeof key === "number" || typeof key === "bigint" || typeof key === "boolean";
}
