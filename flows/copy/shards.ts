import type { TaskContext } from "datagraph";
import {
  type Connection,
  type DesiredIngestion,
  type GraphNode,
  type NodeOperation,
  RefusedIngestionError,
  type RetrievedRelationship,
  type WriteStatistics,
  writeBatch,
} from "datagraph/graph";
import type { CopySettings } from "./options.ts";
import { Ownership } from "./ownership.ts";
import type { NodeShard, RelationshipShard } from "./plan.ts";

/** What a shard has done. */
export interface CopiedShard extends WriteStatistics {
  readonly kind: "nodes" | "relationships";
  readonly type: string;
  /** Of relationships: the types of their ends. */
  readonly from?: string;
  readonly to?: string;
  /** How many were found. */
  readonly read: number;
  /** How many of them were written here; others are of a shard of another type, too. */
  readonly written: number;
  readonly ms: number;
}

/** Copies shards from one database to another, batch by batch: at most one batch is in memory. */
export class ShardCopier {
  readonly #from: Connection;
  readonly #to: Connection;
  readonly #settings: CopySettings;

  constructor(from: Connection, to: Connection, settings: CopySettings) {
    this.#from = from;
    this.#to = to;
    this.#settings = settings;
  }

  async copyNodes({ of, part, owners }: NodeShard, { signal }: TaskContext): Promise<CopiedShard> {
    const ownership = new Ownership(owners);
    const options = { pageSize: this.#settings.batchSize, part, signal };
    const pages = this.#from.types.nodes(of, options);
    const ingestionsOf = (page: readonly GraphNode[]) =>
      page.filter((node) => ownership.owns(of.type, node)).map((node) => ({ ...NOTHING, nodes: [eager(node)] }));
    return this.#copy({ kind: "nodes", type: of.type }, pages, ingestionsOf, signal);
  }

  async copyRelationships(shard: RelationshipShard, { signal }: TaskContext): Promise<CopiedShard> {
    const { of, part, endsAreThere, idAs } = shard;
    const ends = endsAreThere ? "keys" : "whole";
    const options = { pageSize: this.#settings.batchSize, part, ends, signal, ...(idAs !== undefined && { idAs }) } as const;
    const pages = this.#from.types.relationships(of, options);
    const what = { kind: "relationships", type: of.type, from: of.from.type, to: of.to.type } as const;
    return this.#copy(what, pages, relationshipIngestions(shard), signal);
  }

  async #copy<Item>(
    what: Pick<CopiedShard, "kind" | "type" | "from" | "to">,
    pages: AsyncIterable<readonly Item[]>,
    ingestionsOf: (page: readonly Item[]) => readonly DesiredIngestion[],
    signal: AbortSignal,
  ): Promise<CopiedShard> {
    const start = performance.now();
    const statistics: Record<string, number> = {};
    let [read, written] = [0, 0];
    for await (const page of pages) {
      const ingestions = ingestionsOf(page);
      add(statistics, await this.#write(ingestions, signal));
      read += page.length;
      written += ingestions.length;
      this.#settings.onBatch?.({ kind: what.kind, type: what.type, count: ingestions.length });
    }
    return { ...what, read, written, ...statistics, ms: performance.now() - start };
  }

  async #write(ingestions: readonly DesiredIngestion[], signal: AbortSignal): Promise<WriteStatistics> {
    // Nothing is stamped: what was is a property like any other.
    const context = { now: new Date(), signal };
    const { statistics, refused } = await writeBatch(ingestions, { connection: this.#to, context, flushLanes: 1 });
    for (const reason of refused.values()) throw new RefusedIngestionError(reason);
    return statistics;
  }
}

/** What to write of relationships: those that no shard of another pair of types writes. */
function relationshipIngestions({ of, owners, pairs, endsAreThere }: RelationshipShard) {
  const ownership = new Ownership(owners);
  const isElsewhere = ({ from, to }: RetrievedRelationship): boolean => {
    const [start, end] = [ownership.ownerOf(from), ownership.ownerOf(to)];
    const isHere = start === of.from.type && end === of.to.type;
    return !isHere && pairs.some(([a, b]) => a === start && b === end);
  };
  const end = (node: RetrievedRelationship["from"]): NodeOperation => ({
    ...eager(ownership.owned(node)),
    rule: endsAreThere ? "MATCH_ONLY" : "EAGER",
  });
  return (page: readonly RetrievedRelationship[]): readonly DesiredIngestion[] =>
    page
      .filter((each) => endsAreThere || !isElsewhere(each))
      .map(({ from, to, relationship }) => {
        const operation = { from: end(from), to: end(to), relationship, rule: "EAGER", stamp: false } as const;
        return { ...NOTHING, relationships: [operation] };
      });
}

function eager(node: GraphNode): NodeOperation {
  return { node, rule: "EAGER", stamp: false };
}

function add(sum: Record<string, number>, statistics: WriteStatistics): void {
  for (const [name, count] of Object.entries(statistics)) sum[name] = (sum[name] ?? 0) + Number(count);
}

const NOTHING: DesiredIngestion = { nodes: [], relationships: [], hooks: [] };
