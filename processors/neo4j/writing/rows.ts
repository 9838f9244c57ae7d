import {
  type GraphNode,
  type NodeOperation,
  type NodeShape,
  type RelationshipOperation,
  type RelationshipShape,
  valueIdentity,
} from "../../graph/index.ts";
import { getValue } from "../../graph/properties.ts";
import type { ToDriver } from "../values/to-driver.ts";

/** Values of keys, then a map of properties, as the statements in `cypher/statements.ts` read them. */
export type Row = readonly unknown[];

/**
 * Rows in the order of their keys: writers that touch the same nodes lock them in the same order, and do not wait for each other in a circle.
 * A property cannot change what is part of the key.
 */
export function nodeRows(operations: readonly NodeOperation[], { keys }: NodeShape, values: ToDriver): Row[] {
  const rows = operations.map(({ node }) => ({
    order: order(node, keys),
    row: [...keyValues(node, keys, values), values.properties(node.properties, keys)],
  }));
  return inOrder(rows);
}

/** The same for relationships, by the keys of their ends. */
export function relationshipRows(
  operations: readonly RelationshipOperation[],
  shape: RelationshipShape,
  values: ToDriver,
): Row[] {
  const { from: start, to: end, keys } = shape;
  const rows = operations.map(({ from, to, relationship }) => ({
    order: `${order(from.node, start.keys)}>${order(to.node, end.keys)}`,
    row: [
      ...keyValues(from.node, start.keys, values),
      ...keyValues(to.node, end.keys, values),
      ...keyValues(relationship, keys, values),
      values.properties(relationship.properties, keys),
    ],
  }));
  return inOrder(rows);
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
