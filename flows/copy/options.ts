import { DeclarationError } from "datagraph";
import type { ConnectorChoice, DiscoveredSchema, KeysOf } from "datagraph/graph";

/** What types there are, and how their nodes and relationships are identified. What connectors discover is one. */
export interface CopySchema {
  readonly nodes: readonly KeysOf[];
  readonly relationships: readonly (KeysOf & Pick<DiscoveredSchema["relationships"][number], "from" | "to">)[];
}

/** What to copy, from where to where. */
export interface CopyOptions {
  /** Names the flow's processors, and begins the names of its streams. Default `copy`. */
  readonly name?: string;
  readonly from: ConnectorChoice;
  readonly to: ConnectorChoice;
  /** Types of nodes to copy, with the relationships at them and the nodes at the other ends of these. Default: all. */
  readonly nodes?: readonly string[];
  /** Types of relationships to copy, of those at the nodes. Default: all. */
  readonly relationships?: readonly string[];
  /** What types there are. Others stay behind. Default: those that `from` discovers. */
  readonly schema?: CopySchema;
  /** The names of key parts, by type, for what the schema does not say or says otherwise. */
  readonly keys?: CopyKeys;
  /**
   * A property that relationships without a known key get in the copy: their id in the database they come from. It tells apart those that are several of
   * one type between two nodes, also when they are copied again. Only from databases whose ids last (Neo4j). Default: none, and such relationships
   * fail the copy before anything is written.
   */
  readonly relationshipId?: string;
  /** Copy all nodes before the first relationship. Default false: side by side. */
  readonly preloadNodes?: boolean;
  /** How many nodes or relationships are copied by one call: what is done again when a worker dies. Default 50,000. */
  readonly shardSize?: number;
  /** How many are read, and written, at once. Default 1000. */
  readonly batchSize?: number;
  /** How many shards of nodes, and how many of relationships, are copied side by side. Default 4. */
  readonly concurrency?: number;
  /** Told of each batch that is written by this process. */
  readonly onBatch?: (batch: CopiedBatch) => void;
}

export interface CopyKeys {
  readonly nodes?: Readonly<Record<string, readonly string[]>>;
  readonly relationships?: Readonly<Record<string, readonly string[]>>;
}

export interface CopiedBatch {
  readonly kind: "nodes" | "relationships";
  readonly type: string;
  readonly count: number;
}

/** The same, with every default filled in. */
export type CopySettings = Required<Omit<CopyOptions, Optional>> & Pick<CopyOptions, Optional>;

type Optional = "nodes" | "relationships" | "schema" | "relationshipId" | "onBatch";

/** @throws DeclarationError when a number is out of range. */
export function copySettings(options: CopyOptions): CopySettings {
  const settings = {
    name: "copy",
    keys: {},
    preloadNodes: false,
    shardSize: 50_000,
    batchSize: 1000,
    concurrency: 4,
    ...options,
  };
  for (const option of ["shardSize", "batchSize", "concurrency"] as const) {
    const value = settings[option];
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new DeclarationError(`Copy: ${option} must be a whole number from 1, found ${value}.`);
    }
  }
  if (settings.relationshipId === "") throw new DeclarationError("Copy: relationshipId must be a property's name, found none.");
  return settings;
}
