import type { AnyProcessor } from "./processor.ts";

/**
 * The processors that were implemented in this process, by name: what a worker offers unless it is told otherwise.
 * Declarations are values that anyone can import; that an implementation was bound to one is a fact about the process.
 */
const implemented = new Map<string, AnyProcessor>();

export function registerImplemented(processor: AnyProcessor): void {
  implemented.set(processor.declaration.name, processor);
}

export function implementedHere(): readonly AnyProcessor[] {
  return [...implemented.values()];
}
