import type { DiscoveredSchema } from "../../graph/index.ts";
import { readConstraints, type UniqueConstraint } from "../constraints.ts";
import type { Database } from "../database.ts";

type DiscoveredNode = DiscoveredSchema["nodes"][number];
type DiscoveredRelationship = DiscoveredSchema["relationships"][number];

/*
 * Both queries look at everything once: the database's own procedures, and APOC's, either take samples and miss what is rare, or do not know
 * which types a relationship connects.
 */
const nodeQuery = "MATCH (n) WITH DISTINCT labels(n) AS labels, keys(n) AS names RETURN labels, names";
const relationshipQuery =
  "MATCH (a)-[r]->(b) WITH DISTINCT type(r) AS type, labels(a) AS from, labels(b) AS to, keys(r) AS names RETURN type, from, to, names";

/**
 * What types there are. Keys are those of uniqueness and key constraints. A node's type is the label that has one; of a node without such a label each label
 * is taken for a type.
 */
export async function discover(database: Database, signal?: AbortSignal): Promise<DiscoveredSchema> {
  const { unique } = await readConstraints(database, signal);
  const nodeKeys = keysByType(unique, "node");
  const relationshipKeys = keysByType(unique, "relationship");
  const typesOf = (labels: readonly string[]) => {
    const keyed = labels.filter((label) => nodeKeys.has(label));
    return keyed.length > 0 ? keyed : labels;
  };

  const nodes = new Map<string, { of: Omit<DiscoveredNode, "properties">; properties: Set<string> }>();
  const relationships = new Map<string, { of: Omit<DiscoveredRelationship, "properties">; properties: Set<string> }>();
  const options = { pageSize: 1000, signal };
  for await (const page of database.stream(nodeQuery, {}, options)) {
    for (const { labels, names } of page) {
      for (const type of typesOf(labels as string[])) {
        note(nodes, type, { type, keys: nodeKeys.get(type) ?? [] }, names as string[]);
      }
    }
  }
  for await (const page of database.stream(relationshipQuery, {}, options)) {
    for (const { type, from, to, names } of page as unknown as RelationshipRow[]) {
      for (const [start, end] of pairs(typesOf(from), typesOf(to))) {
        const of = { type, from: start, to: end, keys: relationshipKeys.get(type) ?? [] };
        note(relationships, JSON.stringify([type, start, end]), of, names);
      }
    }
  }
  return { nodes: listed(nodes), relationships: listed(relationships) };
}

interface RelationshipRow {
  readonly type: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly names: readonly string[];
}

type Found<T> = Map<string, { readonly of: T; readonly properties: Set<string> }>;

function note<T>(found: Found<T>, id: string, of: T, names: readonly string[]): void {
  const entry = found.get(id) ?? { of, properties: new Set<string>() };
  found.set(id, entry);
  for (const name of names) entry.properties.add(name);
}

/** In the order of their types, with what is no key. */
function listed<T extends { readonly keys: readonly string[] }>(found: Found<T>): (T & { properties: readonly string[] })[] {
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { of, properties }]) => ({ ...of, properties: [...properties].filter((name) => !of.keys.includes(name)).sort() }));
}

/** Of several constraints on one type the one that is named as the connector names them, else the first. */
function keysByType(constraints: readonly UniqueConstraint[], on: UniqueConstraint["on"]): Map<string, readonly string[]> {
  const preferred = constraints.filter((one) => one.on === on).sort((a, b) => Number(isOurs(b)) - Number(isOurs(a)));
  const keys = new Map<string, readonly string[]>();
  for (const { type, properties } of preferred) if (!keys.has(type)) keys.set(type, [...properties].sort());
  return keys;
}

function isOurs({ name, type }: UniqueConstraint): boolean {
  return name === `${type}_node_key`;
}

function pairs(some: readonly string[], others: readonly string[]): [string, string][] {
  return some.flatMap((one) => others.map((other): [string, string] => [one, other]));
}
