import type {
  GraphNode,
  IngestionHook,
  NodeOperation,
  Properties,
  PropertyValue,
  RelationshipOperation,
  Scalar,
} from "./model.ts";
import { getValue } from "./properties.ts";

/*
 * Identities are texts that are equal exactly when a database takes two things for one. They follow Cypher's `=`, by which
 * MERGE decides: 1, 1n and 1.0 are one number and -0 is 0, but 1, "1" and true are three values. Lengths before texts keep
 * them free of collisions, whatever names and values contain.
 */

/** Identifies a node by type and key, in whatever order the key's parts are written. */
export function nodeIdentity({ type, key }: Pick<GraphNode, "type" | "key">): string {
  return `${type.length}:${type}${keyIdentity(key, keyNames(key))}`;
}

/** Identifies what an operation is about: a node, or for `FUZZY` all nodes that match its expressions. */
export function operationIdentity({ node, rule }: NodeOperation): string {
  return rule === "FUZZY" ? `~${nodeIdentity(node)}` : nodeIdentity(node);
}

/** Identifies a relationship by its ends (their {@link operationIdentity}), type and key. */
export function relationshipIdentity(from: string, { relationship }: RelationshipOperation, to: string): string {
  const { type, key } = relationship;
  return `${from.length}:${from}>${to.length}:${to}>${type.length}:${type}${keyIdentity(key, keyNames(key))}`;
}

/** Identifies what a hook does. */
export function hookIdentity({ when, name, parameters }: IngestionHook): string {
  return `${when}${name.length}:${name}${keyIdentity(parameters, keyNames(parameters))}`;
}

/** Identifies the values under some names. */
export function keyIdentity(values: Properties, names: readonly string[]): string {
  let identity = "";
  for (const name of names) identity += `|${name.length}:${name}=${valueIdentity(getValue(values, name))}`;
  return identity;
}

/** Equal for equal values. NaN equals nothing, so it has no place in keys. */
export function valueIdentity(value: PropertyValue | undefined): string {
  switch (typeof value) {
    case "string":
      return `s${value.length}:${value}`;
    case "number":
      return numberIdentity(value);
    case "bigint":
      return `i${value}`;
    case "boolean":
      return value ? "t" : "f";
    default:
      return value === null || value === undefined ? "n" : objectIdentity(value);
  }
}

/** The names of a key's parts, sorted. */
export function keyNames(key: Properties): readonly string[] {
  const names = Object.keys(key);
  return names.length > 1 ? names.sort() : names;
}

function objectIdentity(value: Exclude<PropertyValue, null | string | number | bigint | boolean>): string {
  if (value instanceof Date) return `D${value.getTime()}`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")}`;
  if (isList(value)) return `[${value.map(valueIdentity).join(",")}]`;
  if ("float" in value) return numberIdentity(value.float);
  return `T${value.temporal}:${value.text.length}:${value.text}`;
}

function numberIdentity(value: number): string {
  if (Number.isSafeInteger(value)) return `i${value}`;
  return Number.isInteger(value) && Math.abs(value) < LARGEST_INTEGER ? `i${BigInt(value)}` : `d${value}`;
}

function isList(value: object): value is readonly Scalar[] {
  return Array.isArray(value);
}

/** No integer of a database is as large, so that a float beyond it equals none. */
const LARGEST_INTEGER = 2 ** 64;
