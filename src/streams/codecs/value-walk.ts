import { EncodingError } from "../../errors.ts";
import { tooManyItems, type ValueLimits } from "./limits.ts";
import { className, describe, formatPath, type PathStep } from "./value-path.ts";

/**
 * Where a careful walk through a chunk is: it knows the path for its errors, refuses cycles, and holds the limits. The
 * slow ways of the codecs use it, once their fast way has met something that it cannot vouch for.
 */
export class ValueWalk {
  readonly #maxDepth: number;
  readonly #maxItems: number;
  readonly #format: string;
  readonly #path: PathStep[] = [];
  readonly #ancestors: object[] = [];
  #items = 0;

  /** @param format how the codec's errors call what it writes, as in "JSON". */
  constructor(format: string, { maxDepth, maxItems }: Required<ValueLimits>) {
    this.#format = format;
    this.#maxDepth = maxDepth;
    this.#maxItems = maxItems;
  }

  /** Visits what is one step further in the value. */
  step<T>(step: PathStep, visit: () => T): T {
    this.#path.push(step);
    const result = visit();
    this.#path.pop();
    return result;
  }

  /** Visits what a container holds. The list of values itself is not a container. */
  inside<T>(container: object, size: number, visit: () => T): T {
    if (this.#ancestors.includes(container)) {
      this.refuse("a reference back to an object that contains it (a cycle)", "Refer to it by a key of its own instead.");
    }
    if (this.#ancestors.length === this.#maxDepth) {
      this.refuse(
        `more than ${this.#maxDepth} containers inside each other`,
        "Flatten it, or raise the codec's maxDepth in every process.",
      );
    }
    this.count(size);
    this.#ancestors.push(container);
    const result = visit();
    this.#ancestors.pop();
    return result;
  }

  /** Counts values towards the chunk's limit. */
  count(size: number): void {
    this.#items += size;
    if (this.#items > this.#maxItems) throw tooManyItems(this.#maxItems);
  }

  /**
   * Runs a walk. What a value's own code throws on the way (a getter, a proxy) is told with the place it happened at.
   *
   * @throws EncodingError when anything throws.
   */
  run<T>(visit: () => T): T {
    try {
      return visit();
    } catch (cause) {
      if (cause instanceof EncodingError) throw cause;
      // No step was taken back, so the path still leads to where it happened.
      return this.refuse("something that throws when it is read", "Its error is the cause of this one.", { cause });
    }
  }

  /** Refuses a value of which nothing is known but that the format has no place for it. */
  refuseValue(value: unknown): never {
    this.refuse(describe(value), advice(value));
  }

  /** @throws EncodingError always: what was found, where, and what to do. */
  refuse(found: string, whatToDo: string, options?: ErrorOptions): never {
    throw new EncodingError(`${this.#format} cannot hold ${formatPath(this.#path)}: found ${found}. ${whatToDo}`, options);
  }
}

function advice(value: unknown): string {
  if (typeof value === "function" || typeof value === "symbol") return "Values are plain data: leave it out.";
  if (typeof value !== "object" || value === null) return "Convert it first, and back where it is read.";
  switch (className(value)) {
    case "Promise":
      return "Await it first.";
    case "Error":
    case "TypeError":
    case "RangeError":
      return "Write what the reader needs of it, as in { name, message, stack }.";
    case "RegExp":
      return "Write its source and flags.";
    default:
      return "Values are plain data: write a plain object, as in { ...instance }.";
  }
}

/** Whether a value is an array, of this realm or another one, and not of a class derived from Array. */
export function isPlainArray(value: object): value is unknown[] {
  return Array.isArray(value) && className(value) === "Array";
}

/** Whether an object is made of `{}`, `Object.create(null)`, or `{}` of another realm (a `vm` context, a test runner's). */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return (
    typeof prototype === "object" && Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "__lookupGetter__")
  );
}
