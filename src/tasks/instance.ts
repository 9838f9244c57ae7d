import { DeclarationError } from "../errors.ts";
import type { DependencyFactory } from "../processor/dependency.ts";
import { type GeneratorObject, isGeneratorObject } from "./generator-object.ts";

/** A dependency's value with what must be done when it is no longer needed. */
export interface Instance {
  readonly value: unknown;
  /** Absent when there is nothing to clean up. */
  readonly cleanUp?: () => Promise<void>;
}

/**
 * Calls a factory, whatever its kind, and takes its value.
 *
 * @param label names the dependency in messages.
 * @throws DeclarationError when the factory is a generator that yields nothing.
 */
export async function createInstance(
  factory: DependencyFactory,
  needs: Readonly<Record<string, unknown>>,
  label: string,
): Promise<Instance> {
  // The one place where a factory's types were erased: `depends` made sure that it takes the values of its needs.
  const result = factory(needs as never);
  if (!isGeneratorObject(result)) return { value: await result };
  const first = await result.next();
  if (first.done) {
    throw new DeclarationError(
      `Dependency ${label} is a generator that ended without yielding its value. Yield it once; what follows cleans up.`,
    );
  }
  return { value: first.value, cleanUp: () => finish(result, label) };
}

/** Runs what follows the `yield`: both the code after it and any `finally` around it. */
async function finish(generator: GeneratorObject, label: string): Promise<void> {
  const { done } = await generator.next();
  if (done) return;
  await generator.return(undefined);
  throw new DeclarationError(
    `Dependency ${label} is a generator that yielded twice. Yield the value once; what follows cleans up.`,
  );
}
