import type { GraphNode, GraphRelationship, IngestionHook, NodeOperation, RelationshipOperation, TimeToLive } from "./model.ts";

/** What writing has done, as the database counts it. Counts a database cannot give are left out. */
export interface WriteStatistics {
  readonly nodesCreated?: number;
  readonly nodesDeleted?: number;
  readonly relationshipsCreated?: number;
  readonly relationshipsDeleted?: number;
  readonly propertiesSet?: number;
}

/** What every operation of a list shares, so that one statement can write them all. */
export interface NodeShape {
  readonly type: string;
  /** Sorted. */
  readonly keys: readonly string[];
  /** Sorted. */
  readonly additionalTypes: readonly string[];
  readonly rule: NodeOperation["rule"];
  readonly stamp: boolean;
}

export interface RelationshipShape {
  readonly from: NodeShape;
  readonly to: NodeShape;
  readonly type: string;
  /** Sorted. */
  readonly keys: readonly string[];
  readonly rule: RelationshipOperation["rule"];
  readonly stamp: boolean;
}

/** Whose ingestion this is: stamped on what it touches. */
export interface IngestionContext {
  /** The pipeline's name. Without one only `last_ingested_at` is stamped. */
  readonly pipeline?: string;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** Writes to one database. Every method is idempotent, but for relationships with the rule `CREATE`. */
export interface QueryExecutor {
  /** Nodes of one shape; no two of one key. @throws GraphWriteError; nothing of the list counts as written then. */
  upsertNodes(shape: NodeShape, operations: readonly NodeOperation[], context: IngestionContext): Promise<WriteStatistics>;
  /** Relationships of one shape, the nodes of which are there. @throws GraphWriteError. */
  upsertRelationships(
    shape: RelationshipShape,
    operations: readonly RelationshipOperation[],
    context: IngestionContext,
  ): Promise<WriteStatistics>;
  expire(ttl: TimeToLive, context: IngestionContext): Promise<WriteStatistics>;
  runHook(hook: IngestionHook, context: IngestionContext): Promise<void>;
}

export interface RetrievedRelationship {
  readonly from: Pick<GraphNode, "type" | "key">;
  readonly to: Pick<GraphNode, "type" | "key">;
  readonly relationship: GraphRelationship;
}

/** How to tell a node's or relationship's key from its other properties. */
export interface KeysOf {
  readonly type: string;
  readonly keys: readonly string[];
}

export interface RetrieveOptions {
  /** How many at once. Default 1000. */
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

/** Reads a graph back, page by page, in constant memory. */
export interface TypeRetriever {
  nodes(of: KeysOf, options?: RetrieveOptions): AsyncIterable<readonly GraphNode[]>;
  relationships(
    of: KeysOf & { readonly from: KeysOf; readonly to: KeysOf },
    options?: RetrieveOptions,
  ): AsyncIterable<readonly RetrievedRelationship[]>;
  /** What types there are, as the database itself knows them. */
  discover(signal?: AbortSignal): Promise<DiscoveredSchema>;
}

export interface DiscoveredSchema {
  readonly nodes: readonly { readonly type: string; readonly keys: readonly string[]; readonly properties: readonly string[] }[];
  readonly relationships: readonly {
    readonly type: string;
    readonly from: string;
    readonly to: string;
    readonly keys: readonly string[];
    readonly properties: readonly string[];
  }[];
}

/** A database, opened. One per task; closing it twice is fine. */
export interface Connection {
  readonly queries: QueryExecutor;
  readonly types: TypeRetriever;
  close(): Promise<void>;
}

/** A kind of database. Found by its alias; see `registry.ts`. */
export interface Connector<Options = unknown> {
  readonly alias: string;
  /** Checks what a person wrote. @throws ConnectorOptionsError that names the option. */
  parse(options: unknown): Options;
  /** @throws ConnectionError, with the database's own message as its cause. */
  open(options: Options): Promise<Connection>;
}
