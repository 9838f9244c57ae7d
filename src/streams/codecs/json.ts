import { DecodingError, EncodingError } from "../../errors.ts";
import type { Codec } from "./codec.ts";
import { jsonCheck, refuseForJson } from "./json-check.ts";
import { checkLimits, type ValueLimits } from "./limits.ts";

/** Options of {@link jsonCodec}. */
export type JsonOptions = ValueLimits;

/**
 * A codec whose chunks people and other languages can read: a JSON array in UTF-8. It takes about twice the time of
 * the default one.
 *
 * It refuses what JSON would lose or change silently: BigInt, NaN, the infinities, -0, undefined (but for properties,
 * which are left out, as always in JSON), Date, Map, Set, bytes, typed arrays, instances of classes, holes in arrays,
 * functions and symbols. A key named `__proto__` is a key like any other, and no prototype is ever altered.
 *
 * @param options limits of one chunk; every process of a run should use the same.
 * @throws DeclarationError when a limit is out of range.
 */
export function jsonCodec(options: JsonOptions = {}): Codec {
  const limits = checkLimits(options);
  const isJson = jsonCheck(limits);
  // Not the lenient reading: bytes that are no UTF-8 must not become other text.
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return {
    name: "json",
    encode(values) {
      let cause: unknown;
      try {
        if (isJson(values)) return Buffer.from(JSON.stringify(values), "utf8");
      } catch (error) {
        if (error instanceof EncodingError) throw error;
        cause = error;
      }
      refuseForJson(values, limits);
      throw new EncodingError(`These ${values.length} values cannot be encoded as JSON; the error's cause says why.`, { cause });
    },
    decode(bytes) {
      let values: unknown;
      try {
        values = JSON.parse(utf8.decode(bytes));
      } catch (cause) {
        throw new DecodingError("These bytes are not JSON in UTF-8; the error's cause says where.", { cause });
      }
      if (!Array.isArray(values)) throw new DecodingError("This JSON is no chunk: a chunk is a list of values.");
      if (isTooDeep(values, limits.maxDepth + 1)) {
        throw new DecodingError(`This JSON has more than ${limits.maxDepth} containers inside each other, the codec's maxDepth.`);
      }
      return values;
    },
  };
}

function isTooDeep(value: unknown, depthLeft: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depthLeft === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isTooDeep(item, depthLeft - 1)) return true;
    return false;
  }
  return areTooDeep(Object.values(value), depthLeft - 1);
}

function areTooDeep(values: readonly unknown[], depthLeft: number): boolean {
  for (const value of values) if (isTooDeep(value, depthLeft)) return true;
  return false;
}
