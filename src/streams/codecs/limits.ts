import { DeclarationError, EncodingError } from "../../errors.ts";

/** How many containers a value may hold inside each other unless the codec's options say otherwise. */
const DEFAULT_MAX_DEPTH = 256;
/** More than this could exhaust the stack of whoever walks the value. */
const HIGHEST_MAX_DEPTH = 512;
/** How many values one chunk may hold, counted at all levels, unless the codec's options say otherwise. */
const DEFAULT_MAX_ITEMS = 2 ** 22;

/** What bounds a chunk that is encoded or decoded. */
export interface ValueLimits {
  /** How many arrays, objects, Maps and Sets may be inside each other within one value; 1 to 512. Default 256. */
  readonly maxDepth?: number;
  /**
   * How many values a chunk may hold, counted at all levels and as often as they appear, so that a small value that
   * refers to itself many times over cannot grow without bound while it is encoded. Default 2^22 (about 4 million).
   */
  readonly maxItems?: number;
}

/**
 * Fills in the defaults.
 *
 * @throws DeclarationError when a limit is out of range.
 */
export function checkLimits(limits: ValueLimits): Required<ValueLimits> {
  const { maxDepth = DEFAULT_MAX_DEPTH, maxItems = DEFAULT_MAX_ITEMS } = limits;
  if (!Number.isInteger(maxDepth) || maxDepth < 1 || maxDepth > HIGHEST_MAX_DEPTH) {
    throw new DeclarationError(
      `A codec's maxDepth must be a whole number from 1 to ${HIGHEST_MAX_DEPTH}, not ${String(maxDepth)}.`,
    );
  }
  if (!Number.isSafeInteger(maxItems) || maxItems < 1) {
    throw new DeclarationError(`A codec's maxItems must be a whole number above 0, not ${String(maxItems)}.`);
  }
  return { maxDepth, maxItems };
}

/** What a chunk gets that passes `maxItems`. */
export function tooManyItems(maxItems: number): EncodingError {
  return new EncodingError(
    `A chunk cannot hold more than ${maxItems} values, counted at all levels, and what is referred to twice counts twice. ` +
      "Write smaller values, or raise the codec's maxItems.",
  );
}
