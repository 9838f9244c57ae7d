import { type NormaliserName, normaliser, normalisers } from "../graph/normalise.ts";
import type { Declared } from "./declared.ts";

/** What can be done to texts on their way into the graph. */
export type Normalization = NormaliserName;

export const normalizations = Object.keys(normalisers) as readonly Normalization[];

export type Normalize = (value: unknown) => unknown;

/** Applies these in their order, to texts; other values, lists too, stay as they are. `undefined` where there is nothing to do. */
export function normalizer(names: readonly Normalization[]): Normalize | undefined {
  return names.length === 0 ? undefined : normaliser(names);
}

/** A list of names, or `otherwise` where nothing is declared. */
export function declaredNormalization(declared: Declared, otherwise: readonly Normalization[]): readonly Normalization[] {
  if (!declared.isThere) return otherwise;
  return declared.items(`a list of ${normalizations.join(", ")}`).map((item) => item.oneOf(normalizations));
}
