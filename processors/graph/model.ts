/**
 * What interpreters make, writers write and connectors store. All of it is plain data: it travels through streams as it is.
 *
 * Sources: the property graph model of openCypher 9; the vocabulary of ingestion (creation rules, shapes) is nodestream's.
 */

/**
 * What a property can hold. A `number` without a fraction and a `bigint` are integers, a {@link Float} is a float also where it has
 * no fraction; `null` removes a property. Lists hold one kind of scalar and no null.
 */
export type PropertyValue = null | Scalar | readonly Scalar[];
export type Scalar = boolean | number | bigint | string | Uint8Array | Date | Float | Temporal;

/** A whole number that is a float all the same: `1.0`. Fractions need no wrapping. */
export interface Float {
  readonly float: number;
}

/** A moment or a day of which only a part is known. `text` is ISO 8601; an instant is a `Date`. */
export interface Temporal {
  readonly temporal: "date" | "localDateTime" | "zonedDateTime" | "localTime" | "zonedTime" | "duration";
  readonly text: string;
}

export type Properties = Readonly<Record<string, PropertyValue>>;

/** `MATCH_ONLY` and `FUZZY` never create; `FUZZY` takes each key part for a regular expression over the whole value, and touches every match. */
export type NodeCreationRule = "EAGER" | "MATCH_ONLY" | "FUZZY";
/** `EAGER` makes one relationship per type, key and pair of nodes; `CREATE` makes a new one each time. */
export type RelationshipCreationRule = "EAGER" | "CREATE";

export interface GraphNode {
  readonly type: string;
  /** Identifies the node among those of its type. Not empty, no null. */
  readonly key: Properties;
  readonly properties: Properties;
  /** More labels, beside the type. */
  readonly additionalTypes: readonly string[];
}

export interface GraphRelationship {
  readonly type: string;
  /** Tells relationships of one type between the same two nodes apart. Often empty. */
  readonly key: Properties;
  readonly properties: Properties;
}

export interface NodeOperation {
  readonly node: GraphNode;
  readonly rule: NodeCreationRule;
  /** Whether `last_ingested_at` is stamped on it. */
  readonly stamp: boolean;
}

export interface RelationshipOperation {
  readonly from: NodeOperation;
  readonly to: NodeOperation;
  readonly relationship: GraphRelationship;
  readonly rule: RelationshipCreationRule;
  /** Whether `last_ingested_at` is stamped on it. */
  readonly stamp: boolean;
}

/** Something a connector is asked to do before or after it writes what an ingestion wants. Connectors run the hooks they know by name. */
export interface IngestionHook {
  readonly when: "before" | "after";
  readonly name: string;
  readonly parameters: Properties;
}

/** What one record (or one pass over it) wants of the graph. Writing it twice has the effect of writing it once, but for `CREATE`. */
export interface DesiredIngestion {
  /** Each relationship's ends are nodes to write as well; they need no mention here. */
  readonly nodes: readonly NodeOperation[];
  readonly relationships: readonly RelationshipOperation[];
  readonly hooks: readonly IngestionHook[];
}

/** Deletes what has not been ingested for long. What was never stamped stays. */
export interface TimeToLive {
  readonly on: "node" | "relationship";
  readonly type: string;
  /** Older than this, by `last_ingested_at`. */
  readonly expiryHours: number;
  /** How many are deleted at once. Default 100. */
  readonly batchSize?: number;
  /** Instead of the connector's own query: its dialect, given `$earliest_allowed_time`, returning `id`. */
  readonly customQuery?: string;
}
