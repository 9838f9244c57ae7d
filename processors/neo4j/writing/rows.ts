import type { GraphNode, NodeOperation, Properties, RelationshipOperation } from "../../graph/index.ts";
import type { DriverMap, ToDriver } from "../values/to-driver.ts";

/** A node's row, as the statements in `cypher/statements.ts` read it. */
export interface NodeRow {
  readonly key: DriverMap;
  readonly properties: DriverMap;
}

export interface RelationshipRow extends NodeRow {
  readonly from: DriverMap;
  readonly to: DriverMap;
}

/**
 * Rows in the order of their keys: writers that touch the same nodes lock them in the same order, and do not wait for each other in a circle.
 *
 * @param keys names of the key, which other properties cannot change.
 */
export function nodeRows(operations: readonly NodeOperation[], keys: readonly string[], values: ToDriver): NodeRow[] {
  const omit = new Set(keys);
  return sorted(operations, ({ node }) => sortKey(node.key)).map(({ node }) => ({
    key: values.properties(node.key),
    properties: values.properties(node.properties, omit),
  }));
}

/** The same for relationships, by the keys of their ends. */
export function relationshipRows(
  operations: readonly RelationshipOperation[],
  keys: readonly string[],
  values: ToDriver,
): RelationshipRow[] {
  const omit = new Set(keys);
  const ends = endKeys(values);
  return sorted(operations, ({ from, to }) => `${sortKey(from.node.key)}\0${sortKey(to.node.key)}`).map(
    ({ from, to, relationship }) => ({
      from: ends(from.node),
      to: ends(to.node),
      key: values.properties(relationship.key),
      properties: values.properties(relationship.properties, omit),
    }),
  );
}

/** One node is often at the end of many relationships. */
function endKeys(values: ToDriver): (node: GraphNode) => DriverMap {
  const known = new Map<GraphNode, DriverMap>();
  return (node) => {
    const key = known.get(node) ?? values.properties(node.key);
    known.set(node, key);
    return key;
  };
}

function sorted<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item);
}

/** Any order will do, as long as it is everybody's: by names, then by the values' texts. */
function sortKey(key: Properties): string {
  const names = Object.keys(key);
  const [only] = names;
  if (names.length === 1 && only !== undefined) return String(key[only]);
  return names
    .sort()
    .map((name) => String(key[name]))
    .join("\0");
}
