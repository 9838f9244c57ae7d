import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { Connection, IngestionContext, KeysOf, RetrievedRelationship, WriteStatistics } from "../connector.ts";
import type { GraphNode, NodeOperation, Properties, RelationshipOperation } from "../model.ts";
import { groupNodes, groupRelationships } from "../shapes.ts";

/** A connector under test. */
export interface ConnectorSuite {
  /** Names it in the tests' output. */
  readonly name: string;
  /** Opens it. All connections see one graph. */
  open(): Promise<Connection>;
  /** Empties the graph. */
  clear(connection: Connection): Promise<void>;
  readonly capabilities?: ConnectorCapabilities;
}

/** What a database does not do, or does in its own way. */
export interface ConnectorCapabilities {
  /** Longest text that a key can hold, in characters, where the database has such a bound. Default: none. */
  readonly longestKey?: number;
  /** Whether `discover` tells keys from other properties also without constraints. Default false. */
  readonly discoversKeys?: boolean;
  /** Whether statistics count what was created and deleted. Default true. */
  readonly counts?: boolean;
}

export const NOW = new Date("2024-05-06T07:08:09.010Z");

/** One connection for the tests of a topic; the graph is empty before each of them. */
export class Kit {
  readonly suite: ConnectorSuite;
  #connection: Connection | undefined;

  /** Call in a `describe`. */
  constructor(suite: ConnectorSuite) {
    this.suite = suite;
    beforeAll(async () => {
      this.#connection = await suite.open();
    });
    beforeEach(() => suite.clear(this.connection));
    afterEach(() => suite.clear(this.connection));
    afterAll(() => this.#connection?.close());
  }

  get connection(): Connection {
    if (!this.#connection) throw new Error("The connection is there while tests run");
    return this.#connection;
  }

  /** Writes nodes, one list per shape. */
  async nodes(operations: readonly NodeOperation[], context: Partial<IngestionContext> = {}): Promise<WriteStatistics> {
    const statistics: WriteStatistics[] = [];
    for (const group of groupNodes(operations)) {
      statistics.push(await this.connection.queries.upsertNodes(group.shape, group.operations, contextOf(context)));
    }
    return total(statistics);
  }

  /** Writes relationships, one list per shape; their ends are not written. */
  async relationships(
    operations: readonly RelationshipOperation[],
    context: Partial<IngestionContext> = {},
  ): Promise<WriteStatistics> {
    const statistics: WriteStatistics[] = [];
    for (const group of groupRelationships(operations)) {
      statistics.push(await this.connection.queries.upsertRelationships(group.shape, group.operations, contextOf(context)));
    }
    return total(statistics);
  }

  /** Writes the ends, then the relationships. */
  async connected(operations: readonly RelationshipOperation[], context: Partial<IngestionContext> = {}): Promise<void> {
    // One end at a time: no two of a list may be one node.
    for (const { from, to } of operations) {
      await this.nodes([from], context);
      await this.nodes([to], context);
    }
    await this.relationships(operations, context);
  }

  /** All nodes of a type, sorted by key; without stamps. */
  async allNodes(type: string, ...keys: string[]): Promise<GraphNode[]> {
    const found = await collect(this.connection.types.nodes({ type, keys }));
    return sorted(found.map((node) => ({ ...node, properties: unstamped(node.properties) })));
  }

  /** All relationships between two types, sorted; without stamps. */
  async allRelationships(of: KeysOf & { readonly from: KeysOf; readonly to: KeysOf }): Promise<RetrievedRelationship[]> {
    const found = await collect(this.connection.types.relationships(of));
    return sorted(
      found.map((each) => ({
        ...each,
        relationship: { ...each.relationship, properties: unstamped(each.relationship.properties) },
      })),
    );
  }
}

export function contextOf(context: Partial<IngestionContext> = {}): IngestionContext {
  return { now: NOW, signal: new AbortController().signal, ...context };
}

/** Writes a node, unless said otherwise with `EAGER` and a stamp. */
export function upsert(
  type: string,
  key: Properties,
  properties: Properties = {},
  options: Partial<Omit<NodeOperation, "node"> & Pick<GraphNode, "additionalTypes">> = {},
): NodeOperation {
  const { rule = "EAGER", stamp = true, additionalTypes = [] } = options;
  return { node: { type, key, properties, additionalTypes }, rule, stamp };
}

/** Writes a relationship, unless said otherwise with `EAGER` and a stamp. */
export function relate(
  from: NodeOperation,
  type: string,
  to: NodeOperation,
  options: Partial<Omit<RelationshipOperation, "from" | "to" | "relationship">> & {
    key?: Properties;
    properties?: Properties;
  } = {},
): RelationshipOperation {
  const { rule = "EAGER", stamp = true, key = {}, properties = {} } = options;
  return { from, to, relationship: { type, key, properties }, rule, stamp };
}

/** What a graph gives for a node that was written with {@link upsert}. */
export function stored(
  type: string,
  key: Properties,
  properties: Properties = {},
  additionalTypes: readonly string[] = [],
): GraphNode {
  return { type, key, properties, additionalTypes };
}

export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

/** In an order that does not depend on the database. */
function sorted<T>(all: readonly T[]): T[] {
  const text = (value: T) => JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each));
  return all
    .map((each) => [text(each), each] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, each]) => each);
}

function total(all: readonly WriteStatistics[]): WriteStatistics {
  const sum: Record<string, number> = {};
  for (const each of all) for (const [name, count] of Object.entries(each)) sum[name] = (sum[name] ?? 0) + (count ?? 0);
  return sum;
}

/** Stamps have tests of their own. */
function unstamped(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !/^(last|was)_ingested_/.test(name)));
}
