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

/** How one end of a relationship is found. It is written before, so that creating it is no question any more. */
export interface EndShape {
  readonly type: string;
  /** Sorted. */
  readonly keys: readonly string[];
  readonly rule: Exclude<NodeOperation["rule"], "EAGER">;
}

/** As {@link NodeShape}, of relationships. */
export interface RelationshipShape {
  readonly from: EndShape;
  readonly to: EndShape;
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

/**
 * Writes to one database. Every method is idempotent, but for relationships with the rule `CREATE`, and retries what its database
 * calls transient. What is written was checked before: see `problemOf` in `validate.ts`.
 */
export interface QueryExecutor {
  /**
   * Nodes of one shape; no two of one key. A type is a label here as there: a node is found by any of its types, and by all
   * properties that the shape's keys name. All that match are updated.
   *
   * @throws GraphWriteError; nothing of the list is written then.
   */
  upsertNodes(shape: NodeShape, operations: readonly NodeOperation[], context: IngestionContext): Promise<WriteStatistics>;
  /**
   * Relationships of one shape; but for `CREATE` no two of one identity. Between ends that are not there (a rule that matches
   * only) nothing is made; between several that match, one for each pair.
   *
   * @throws GraphWriteError; nothing of the list is written then.
   */
  upsertRelationships(
    shape: RelationshipShape,
    operations: readonly RelationshipOperation[],
    context: IngestionContext,
  ): Promise<WriteStatistics>;
  /** Deletes what is due; nodes with their relationships. @throws GraphWriteError. */
  expire(ttl: TimeToLive, context: IngestionContext): Promise<WriteStatistics>;
  /** @throws GraphWriteError of kind `data` when it knows no hook of that name. */
  runHook(hook: IngestionHook, context: IngestionContext): Promise<void>;
}

/** An end of a relationship: how it is found; with `ends: "whole"` all of it. */
export type RetrievedEnd = Pick<GraphNode, "type" | "key"> & Partial<Pick<GraphNode, "properties" | "additionalTypes">>;

export interface RetrievedRelationship {
  readonly from: RetrievedEnd;
  readonly to: RetrievedEnd;
  readonly relationship: GraphRelationship;
}

/** How to tell a node's or relationship's key from its other properties. */
export interface KeysOf {
  readonly type: string;
  readonly keys: readonly string[];
}

/** Relationships of a type between nodes of two types. */
export interface RelationshipsOf extends KeysOf {
  readonly from: KeysOf;
  readonly to: KeysOf;
}

export interface RetrieveOptions {
  /** How many at once. Default 1000. */
  readonly pageSize?: number;
  /** Only one of so many parts, of about one size, counted from 0. As long as nothing is added or removed they are all of it, and each item is in one. Default: all of it. */
  readonly part?: Part;
  readonly signal?: AbortSignal;
}

export interface Part {
  readonly index: number;
  readonly of: number;
}

export interface RetrieveRelationshipsOptions extends RetrieveOptions {
  /** How much of the nodes at both ends comes along. Default `keys`. */
  readonly ends?: "keys" | "whole";
  /** A property of this name, with the database's own id, is part of each one's key. Only where `givesIds`. */
  readonly idAs?: string;
}

/** Nodes of a type, or relationships of one: between two types, where these are named. */
export type CountedType = (
  | { readonly node: string }
  | { readonly relationship: string; readonly from?: string; readonly to?: string }
) & {
  /** Only those whose `last_ingested_at` is not later. */
  readonly ingestedUntil?: Date;
};

/** Reads a graph back, page by page, in constant memory. */
export interface TypeRetriever {
  nodes(of: KeysOf, options?: RetrieveOptions): AsyncIterable<readonly GraphNode[]>;
  relationships(of: RelationshipsOf, options?: RetrieveRelationshipsOptions): AsyncIterable<readonly RetrievedRelationship[]>;
  /** How many nodes of a type there are, or relationships; `undefined` where the database holds nothing that could be counted. */
  count(of: CountedType, signal?: AbortSignal): Promise<number | undefined>;
  /** How many relationships there are beside another one of the same type, ends and key: written by these, each of them would become one with the other. */
  countRepeated(of: RelationshipsOf, signal?: AbortSignal): Promise<number>;
  /** Whether relationships have ids that stay the same for as long as they are there. Default: no. */
  readonly givesIds?: boolean;
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
  /** Whether it takes several writes at once and locks what they touch: rows come sorted then, and lists side by side. */
  readonly concurrent: boolean;
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
