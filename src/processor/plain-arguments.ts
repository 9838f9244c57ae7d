import type { Dependencies } from "./dependency.ts";
import type { PlainOptions, StreamHandler } from "./implementation.ts";

/** What `implement` takes: a handler, and in front of it options, dependencies, or both. */
export type PlainArguments =
  | readonly [handler: StreamHandler]
  | readonly [optionsOrDependencies: PlainOptions | Dependencies, handler: StreamHandler]
  | readonly [options: PlainOptions, dependencies: Dependencies, handler: StreamHandler];

interface Plain {
  readonly options: PlainOptions;
  readonly needs: Dependencies;
  readonly handler: StreamHandler;
}

/** Tells options from dependencies. */
export function plainArguments(given: PlainArguments): Plain {
  if (given.length === 1) return { options: {}, needs: {}, handler: given[0] };
  if (given.length === 3) return { options: given[0], needs: given[1], handler: given[2] };
  const [first, handler] = given;
  return areDependencies(first) ? { options: {}, needs: first, handler } : { options: first, needs: {}, handler };
}

/** Only what `depends` has made is a dependency: one of them may have the name of an option. */
function areDependencies(given: PlainOptions | Dependencies): given is Dependencies {
  return Object.values(given).every(isDependency);
}

function isDependency(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "dependency";
}
