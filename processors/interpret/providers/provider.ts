import type { Float, Temporal } from "../../graph/index.ts";
import type { Normalization } from "../normalise.ts";

/** A value that is written as it is. Lists may hold anything; a map is written as `value({ … })`. */
export type Plain = string | number | bigint | boolean | null | Date | Uint8Array | Float | Temporal | readonly unknown[];

/** Where a value comes from, as plain data: what the functions below give, and what a YAML file says in the same words. */
export type Provider =
  | { readonly path: string }
  | { readonly value: unknown }
  | { readonly variable: string }
  | { readonly regex: { readonly pattern: string; readonly data: From; readonly group?: number | string } }
  | { readonly split: { readonly delimiter: string; readonly data: From } }
  | { readonly cast: { readonly to: CastType; readonly data: From; readonly python?: boolean } }
  | { readonly mapping: { readonly entries?: Mapping; readonly name?: string; readonly key: From } }
  | { readonly format: { readonly text: From; readonly parts: Readonly<Record<string, From>> } }
  | { readonly normalize: { readonly using: Normalization | readonly Normalization[]; readonly data: From } };

/** A provider, or a plain value in its place. */
export type From = Provider | Plain;
export const castTypes = ["int", "float", "decimal", "str", "bool", "bytes"] as const;
export type CastType = (typeof castTypes)[number];
/** Values by key. Keys of a Map are compared by value and type. */
export type Mapping = Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>;

/**
 * What a [JMESPath](https://jmespath.org) expression finds in the document: `path("team.name")`, `path("tags[].id")`. A list found
 * is many values; as a single value it gives its first one. `path("[tags]")` is the list itself. What is missing is null.
 */
export function path(expression: string): Provider {
  return { path: expression };
}

/** The same value for every record. */
export function value(constant: unknown): Provider {
  return { value: constant };
}

/** What a `variables` interpretation has set; null if none has. */
export function variable(name: string): Provider {
  return { variable: name };
}

/**
 * What a regular expression in Python's syntax finds anywhere in a text.
 *
 * @param group number or name (`(?P<name>…)`) of the group that is wanted. Default 0, all of it. No match, or null in place of a text, is null.
 */
export function regex(pattern: string, data: From, group: number | string = 0): Provider {
  return { regex: { pattern, data, group } };
}

/** The parts of a text between the delimiters: many values. */
export function split(delimiter: string, data: From): Provider {
  return { split: { delimiter, data } };
}

/**
 * A value as another type: `cast("int", path("age"))`. Null stays null; what cannot be converted is an error of the record.
 *
 * @param options.python as Python's constructors have it: `bool` of every text but "" is true, `str` of null is "None". Default false.
 */
export function cast(to: CastType, data: From, options: { readonly python?: boolean } = {}): Provider {
  return { cast: { to, data, ...options } };
}

/** What a table holds for a key; null for a key it does not have. Of a name, the table is one of the interpreter's `mappings`. */
export function mapping(entries: Mapping | string, key: From): Provider {
  return { mapping: typeof entries === "string" ? { name: entries, key } : { entries, key } };
}

/** A text made of parts, as by Python's `str.format`: `format("{team}-{id:05d}", { team: path("team"), id: path("id") })`. Null if any part is. */
export function format(text: From, parts: Readonly<Record<string, From>>): Provider {
  return { format: { text, parts } };
}

/** A text after {@link Normalization}s, in their order. */
export function normalize(using: Normalization | readonly Normalization[], data: From): Provider {
  return { normalize: { using, data } };
}
