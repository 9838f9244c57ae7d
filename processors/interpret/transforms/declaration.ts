import type { Cases } from "../interpretations/declaration.ts";
import type { Normalization } from "../normalise.ts";
import type { From, Provider } from "../providers/provider.ts";

export interface FieldPossibilities {
  readonly value: From;
  readonly possibilities: readonly From[];
  /** Of the value and of its possibilities. Default none. */
  readonly normalization?: readonly Normalization[];
}

/** What becomes of records on their way, as plain data: what the functions below give. */
export type Transformation =
  | { readonly type: "project"; readonly projection: Provider; readonly additionalValues?: Readonly<Record<string, From>> }
  | { readonly type: "expandJson"; readonly path: string | readonly string[] }
  | { readonly type: "keepMatching" | "dropMatching"; readonly fields: readonly FieldPossibilities[] }
  | {
      readonly type: "matchRegex";
      readonly value: From;
      readonly regex: string;
      readonly include: boolean;
      readonly normalization?: readonly Normalization[];
    }
  | {
      readonly type: "switch";
      readonly switchOn: From;
      readonly cases: Cases<OneOrMoreTransformations>;
      readonly default?: OneOrMoreTransformations;
      readonly normalization?: readonly Normalization[];
    };

export type OneOrMoreTransformations = Transformation | readonly Transformation[];

/**
 * One record for each value that the projection finds, with values of the outer record added to it.
 *
 * @param additionalValues win over what the inner record has under the same name. With them, inner records have to be maps.
 */
export function project(projection: Provider, additionalValues: Readonly<Record<string, From>> = {}): Transformation {
  return { type: "project", projection, additionalValues };
}

/** Replaces the JSON text at a place in the record by what it holds. Where nothing or null is, the record stays as it is. */
export function expandJson(path: string | readonly string[]): Transformation {
  return { type: "expandJson", path };
}

/** Keeps records of which every field has one of its possible values. */
export function keepMatching(...fields: readonly FieldPossibilities[]): Transformation {
  return { type: "keepMatching", fields };
}

/** Drops the records that `keepMatching` would keep. */
export function dropMatching(...fields: readonly FieldPossibilities[]): Transformation {
  return { type: "dropMatching", fields };
}

/**
 * Keeps (`include: true`) or drops the records whose value begins with what a regular expression in Python's syntax describes.
 * What is no text does not match.
 */
export function matchRegex(
  value: From,
  regex: string,
  options: { readonly include: boolean; readonly normalization?: readonly Normalization[] },
): Transformation {
  return { type: "matchRegex", value, regex, ...options };
}

/** Other transformations, depending on a value. Without a case and a default the record passes. */
export function switchTransform(
  switchOn: From,
  cases: Cases<OneOrMoreTransformations>,
  options: { readonly default?: OneOrMoreTransformations; readonly normalization?: readonly Normalization[] } = {},
): Transformation {
  return { type: "switch", switchOn, cases, ...options };
}
