import {
  type GraphNode,
  type NodeOperation,
  type NodeShape,
  type Properties,
  type RelationshipOperation,
  type RelationshipShape,
  valueIdentity,
} from "../../graph/index.ts";
import { getValue } from "../../graph/properties.ts";
import type { ToDriver } from "../values/to-driver.ts";

/** Values of keys, then those of properties or a map of them, as the statements in `cypher/statements.ts` read them. */
export type Row = readonly unknown[];

/**
 * Rows in the order of their keys: writers that touch the same nodes lock them in the same order, and do not wait for each other in a circle.
 * A property cannot change what is part of the key.
 *
 * @param names of the properties that all operations have; absent where they differ.
 */
export function nodeRows(
  operations: readonly NodeOperation[],
  { keys }: NodeShape,
  names: readonly string[] | undefined,
  values: ToDriver,
): Row[] {
  const rows = operations.map(({ node }) => ({
    order: order(node, keys),
    row: [...keyValues(node, keys, values), ...propertyValues(node, keys, names, values)],
  }));
  return inOrder(rows);
}

/** The same for relationships, by the keys of their ends. */
export function relationshipRows(
  operations: readonly RelationshipOperation[],
  shape: RelationshipShape,
  names: readonly string[] | undefined,
  values: ToDriver,
): Row[] {
  const { from: start, to: end, keys } = shape;
  const rows = operations.map(({ from, to, relationship }) => ({
    order: `${order(from.node, start.keys)}>${order(to.node, end.keys)}`,
    row: [
      ...keyValues(from.node, start.keys, values),
      ...keyValues(to.node, end.keys, values),
      ...keyValues(relationship, keys, values),
      ...propertyValues(relationship, keys, names, values),
    ],
  }));
  return inOrder(rows);
}

/** The names of the properties that all of them have, in whatever order; nothing where one has others. @param keys are left out. */
export function commonNames(all: readonly Properties[], keys: readonly string[]): readonly string[] | undefined {
  const [first = {}] = all;
  const names = Object.keys(first);
  const isSame = (properties: Properties) => {
    let count = 0;
    for (const name in properties) {
      if (!Object.hasOwn(first, name)) return false;
      count++;
    }
    return count === names.length;
  };
  // What no property can be called is told of where maps are made.
  return names.includes("") || !all.every(isSame) ? undefined : names.filter((name) => !keys.includes(name)).sort();
}

function propertyValues(
  { properties }: Pick<GraphNode, "properties">,
  keys: readonly string[],
  names: readonly string[] | undefined,
  values: ToDriver,
): unknown[] {
  if (!names) return [values.properties(properties, keys)];
  return names.map((name) => values.value(getValue(properties, name) ?? null, name));
}

function keyValues({ key }: Pick<GraphNode, "key">, keys: readonly string[], values: ToDriver): unknown[] {
  return keys.map((name) => values.value(getValue(key, name) ?? null, name));
}

/** Any order will do, as long as it is everybody's. */
function order({ key }: GraphNode, keys: readonly string[]): string {
  return keys.map((name) => valueIdentity(getValue(key, name))).join("|");
}

function inOrder(rows: { readonly order: string; readonly row: Row }[]): Row[] {
  return rows.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0)).map(({ row }) => row);
}
