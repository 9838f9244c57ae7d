import {
  type Connection,
  groupNodes,
  groupRelationships,
  type IngestionContext,
  type NodeOperation,
  type Properties,
  type RelationshipOperation,
} from "datagraph/graph";
import { connector, type Neo4jOptions } from "datagraph/neo4j";
import driver from "neo4j-driver";
import { onTestFinished } from "vitest";
import type { Neo4jAddress } from "./provide.ts";

/** Opens a connection for one test. */
export async function openNeo4j(address: Neo4jAddress, options: Partial<Neo4jOptions> = {}): Promise<Connection> {
  const connection = await connector.open(connector.parse({ ...address, ...options }));
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

/** Writes nodes that have one shape. */
export function writeNodes({ queries }: Connection, operations: readonly NodeOperation[], ingestion = context()) {
  return queries.upsertNodes(onlyOne(groupNodes(operations)).shape, operations, ingestion);
}

/** Writes relationships that have one shape. */
export function writeRelationships({ queries }: Connection, operations: readonly RelationshipOperation[], ingestion = context()) {
  return queries.upsertRelationships(onlyOne(groupRelationships(operations)).shape, operations, ingestion);
}

function onlyOne<T>([group, ...others]: readonly T[]): T {
  if (group === undefined || others.length > 0) throw new Error("Expected operations of one shape");
  return group;
}

/** All items of paged lists. */
export async function allOf<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
