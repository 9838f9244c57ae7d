import type {
  Connection,
  IngestionContext,
  NodeOperation,
  NodeShape,
  Properties,
  RelationshipOperation,
  RelationshipShape,
} from "datagraph/graph";
import { type Neo4jOptions, neo4j } from "datagraph/neo4j";
import driver from "neo4j-driver";
import { onTestFinished } from "vitest";
import type { Neo4jAddress } from "./provide.ts";

/** Opens a connection for one test. */
export async function openNeo4j(address: Neo4jAddress, options: Partial<Neo4jOptions> = {}): Promise<Connection> {
  const connection = await neo4j.open(neo4j.parse({ ...address, ...options }));
  onTestFinished(() => connection.close());
  return connection;
}

/** What the database itself says: rows as the driver gives them, with plain numbers. */
export async function askNeo4j({ uri, username, password }: Neo4jAddress, query: string, parameters = {}): Promise<Row[]> {
  const client = driver.driver(uri, driver.auth.basic(username, password), { disableLosslessIntegers: true });
  try {
    const { records } = await client.executeQuery(query, parameters);
    return records.map((record) => record.toObject());
  } finally {
    await client.close();
  }
}

type Row = Record<string, unknown>;

export function context(changes: Partial<IngestionContext> = {}): IngestionContext {
  return { now: new Date("2026-03-04T05:06:07.089Z"), signal: new AbortController().signal, ...changes };
}

export function node(
  type: string,
  key: Properties,
  properties: Properties = {},
  changes: Partial<NodeOperation> = {},
): NodeOperation {
  return { node: { type, key, properties, additionalTypes: [] }, rule: "EAGER", stamp: true, ...changes };
}

export function relationship(
  from: NodeOperation,
  type: string,
  to: NodeOperation,
  properties: Properties = {},
  changes: Partial<RelationshipOperation> & { key?: Properties } = {},
): RelationshipOperation {
  const { key = {}, ...rest } = changes;
  return { from, to, relationship: { type, key, properties }, rule: "EAGER", stamp: true, ...rest };
}

export function nodeShape({ node: { type, key, additionalTypes }, rule, stamp }: NodeOperation): NodeShape {
  return { type, keys: Object.keys(key).sort(), additionalTypes: [...additionalTypes].sort(), rule, stamp };
}

export function relationshipShape({
  from,
  to,
  relationship: { type, key },
  rule,
  stamp,
}: RelationshipOperation): RelationshipShape {
  return { from: nodeShape(from), to: nodeShape(to), type, keys: Object.keys(key).sort(), rule, stamp };
}

/** Writes nodes that have one shape. */
export function writeNodes({ queries }: Connection, operations: readonly NodeOperation[], ingestion = context()) {
  const [first] = operations;
  if (first === undefined) throw new Error("There is nothing to write");
  return queries.upsertNodes(nodeShape(first), operations, ingestion);
}

/** Writes relationships that have one shape. */
export function writeRelationships({ queries }: Connection, operations: readonly RelationshipOperation[], ingestion = context()) {
  const [first] = operations;
  if (first === undefined) throw new Error("There is nothing to write");
  return queries.upsertRelationships(relationshipShape(first), operations, ingestion);
}

/** All items of paged lists. */
export async function allOf<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
