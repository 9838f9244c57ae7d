/** A generator object, sync or async: what a factory with `yield` returns. */
export type GeneratorObject = Generator<unknown, unknown, unknown> | AsyncGenerator<unknown, unknown, unknown>;

/**
 * Whether a factory's result is a generator to be run, not a value that happens to be iterable.
 *
 * Native generators say so in their tag. Those of transpiled code are known by the exact shape that TypeScript's and
 * Babel's helpers give them, because values such as the iterator of `events.on` have all of a generator's methods too.
 */
export function isGeneratorObject(value: unknown): value is GeneratorObject {
  if (typeof value !== "object" || value === null) return false;
  const tag = Object.prototype.toString.call(value);
  if (tag === "[object Generator]" || tag === "[object AsyncGenerator]") return true;
  return hasMethods(value) && (isTypeScriptGenerator(value) || isBabelAsyncGenerator(value));
}

const METHODS = ["next", "return", "throw"] as const;

function hasMethods(value: object): boolean {
  return METHODS.every((name) => typeof Reflect.get(value, name) === "function");
}

/** `__generator` and `__asyncGenerator` make objects with these own properties and no others. */
function isTypeScriptGenerator(value: object): boolean {
  const own = Reflect.ownKeys(value);
  return (
    own.length === 4 &&
    own.every((key) => key === Symbol.iterator || key === Symbol.asyncIterator || METHODS.some((name) => name === key))
  );
}

function isBabelAsyncGenerator(value: object): boolean {
  return (
    value.constructor?.name === "AsyncGenerator" &&
    Symbol.asyncIterator in value &&
    typeof Reflect.get(value, "_invoke") === "function"
  );
}
