import type { Connection, IngestionContext, WriteStatistics } from "./connector.ts";
import { GraphWriteError } from "./errors.ts";
import { hookIdentity, operationIdentity, relationshipIdentity } from "./identity.ts";
import { lanesOf, partsOf } from "./lanes.ts";
import { Merger } from "./merge.ts";
import type { DesiredIngestion, IngestionHook, NodeOperation, RelationshipOperation } from "./model.ts";
import { Refusals } from "./refusals.ts";
import { groupNodes, groupRelationships, type NodeGroup, type RelationshipGroup } from "./shapes.ts";
import { StatisticsSum } from "./statistics.ts";
import { problemOf } from "./validate.ts";

export interface BatchSettings {
  readonly connection: Connection;
  readonly context: IngestionContext;
  /** How many lists are written side by side, where the database takes several. */
  readonly flushLanes: number;
}

/** What became of a list of ingestions. */
export interface BatchResult {
  /** Nodes that the database has taken, each once. */
  readonly nodes: number;
  /** Relationships that the database has taken; each once, but for those that are always created. */
  readonly relationships: number;
  readonly statistics: WriteStatistics;
  /** By position in the list. */
  readonly refused: ReadonlyMap<number, Error>;
}

/**
 * Writes a list of ingestions: what they share once, nodes before relationships. An ingestion that cannot be stored is refused,
 * and the others are written.
 *
 * @throws GraphWriteError of kind `database` when the database refuses; a part may be written then.
 */
export async function writeBatch(ingestions: readonly DesiredIngestion[], settings: BatchSettings): Promise<BatchResult> {
  const batch = new BatchWrite(ingestions, settings);
  await batch.write();
  return batch.result;
}

const NODE_PHASES: readonly NodeOperation["rule"][] = ["EAGER", "MATCH_ONLY", "FUZZY"];
const RELATIONSHIP_PHASES: readonly RelationshipOperation["rule"][] = ["EAGER", "CREATE"];

class BatchWrite {
  readonly #settings: BatchSettings;
  readonly #refusals: Refusals;
  readonly #statistics = new StatisticsSum();
  readonly #written = { nodes: 0, relationships: 0 };
  #merger = new Merger();

  constructor(ingestions: readonly DesiredIngestion[], settings: BatchSettings) {
    this.#settings = settings;
    this.#refusals = new Refusals(ingestions);
    this.#refusals.check(problemOf);
  }

  get result(): BatchResult {
    return {
      ...this.#written,
      statistics: this.#statistics.total,
      refused: this.#refusals.refused,
    };
  }

  async write(): Promise<void> {
    this.#merge();
    const refusedBefore = this.#refusals.refused.size;
    await this.#runHooks("before");
    // What asked for a hook that is refused is not written at all.
    if (this.#refusals.refused.size > refusedBefore) this.#merge();
    const nodes = groupNodes(this.#ordered(this.#merger.nodes, operationIdentity));
    const relationships = groupRelationships(this.#ordered(this.#merger.relationships, identityOf));
    for (const phase of NODE_PHASES) {
      await this.#inLanes(groupsOf(nodes, phase), nodes, (group, lanes) => {
        const parts = partsOf(group, Math.floor(this.#lanes / lanes));
        return allDone(parts.map((part) => this.#writeNodes(part)));
      });
    }
    for (const phase of RELATIONSHIP_PHASES) {
      await this.#inLanes(groupsOf(relationships, phase), nodes, (group) => this.#writeRelationships(group));
    }
    await this.#runHooks("after");
  }

  #merge(): void {
    this.#merger = new Merger();
    for (const ingestion of this.#refusals.accepted()) this.#merger.add(ingestion);
  }

  /** Where writers lock what they touch, all of them lock in the same order. */
  #ordered<T>(operations: readonly T[], identityOf: (operation: T) => string): readonly T[] {
    if (!this.#settings.connection.concurrent) return operations;
    const identified = operations.map((operation) => [identityOf(operation), operation] as const);
    return identified.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, operation]) => operation);
  }

  /** How many lists are written side by side. */
  get #lanes(): number {
    const { connection, flushLanes } = this.#settings;
    return connection.concurrent ? flushLanes : 1;
  }

  /** @param write gets a group, and how many of them are written side by side. */
  async #inLanes<G extends NodeGroup | RelationshipGroup>(
    groups: readonly G[],
    nodes: readonly NodeGroup[],
    write: (group: G, lanes: number) => Promise<void>,
  ): Promise<void> {
    const lanes = this.#lanes > 1 ? lanesOf(groups, nodes) : [groups];
    const next = lanes.values();
    const count = Math.min(this.#lanes, lanes.length);
    const worker = async () => {
      for (const lane of next) for (const group of lane) await write(group, count);
    };
    await allDone(Array.from({ length: count }, worker));
  }

  async #writeNodes({ shape, operations }: NodeGroup): Promise<void> {
    const { connection, context } = this.#settings;
    await this.#write(operations, {
      kind: "nodes",
      send: (some) => connection.queries.upsertNodes(shape, some, context),
      contributions: (operation) => this.#refusals.nodesOf(operationIdentity(operation)),
    });
  }

  async #writeRelationships({ shape, operations }: RelationshipGroup): Promise<void> {
    const { connection, context } = this.#settings;
    await this.#write(operations, {
      kind: "relationships",
      send: (some) => connection.queries.upsertRelationships(shape, some, context),
      contributions: (operation) =>
        operation.rule === "CREATE"
          ? this.#refusals.relationshipsThat((each) => each === operation)
          : this.#refusals.relationshipsThat((each) => identityOf(each) === identityOf(operation)),
    });
  }

  /** Writes a list. When something in it cannot be stored, halves it until that is alone. */
  async #write<Operation>(operations: readonly Operation[], how: Writing<Operation>): Promise<void> {
    this.#settings.context.signal.throwIfAborted();
    try {
      this.#statistics.add(await how.send(operations));
      this.#written[how.kind] += operations.length;
    } catch (error) {
      if (!(error instanceof GraphWriteError && error.kind === "data")) throw error;
      const [only] = operations;
      if (operations.length === 1 && only !== undefined) return this.#writeApart(only, error, how);
      const half = Math.ceil(operations.length / 2);
      await this.#write(operations.slice(0, half), how);
      await this.#write(operations.slice(half), how);
    }
  }

  /** Of the ingestions behind one operation that was refused, refuses those whose own part is. */
  async #writeApart<Operation>(operation: Operation, error: GraphWriteError, how: Writing<Operation>): Promise<void> {
    const contributions = how.contributions(operation);
    const [first] = contributions;
    if (!first) throw error;
    if (contributions.length === 1) return this.#refusals.refuse(first.index, error);
    let isWritten = false;
    for (const { index, operation: part } of contributions) {
      try {
        this.#statistics.add(await how.send([part]));
        isWritten = true;
      } catch (partError) {
        if (!(partError instanceof GraphWriteError && partError.kind === "data")) throw partError;
        this.#refusals.refuse(index, partError);
      }
    }
    if (isWritten) this.#written[how.kind] += 1;
  }

  async #runHooks(when: IngestionHook["when"]): Promise<void> {
    const { connection, context } = this.#settings;
    for (const hook of this.#merger.hooks) {
      if (hook.when !== when) continue;
      context.signal.throwIfAborted();
      try {
        await connection.queries.runHook(hook, context);
      } catch (error) {
        if (!(error instanceof GraphWriteError && error.kind === "data")) throw error;
        for (const index of this.#refusals.withHook(hookIdentity(hook))) this.#refusals.refuse(index, error);
      }
    }
  }
}

/** How operations of one shape are written, and which ingestions one of them is for. */
interface Writing<Operation> {
  readonly kind: "nodes" | "relationships";
  readonly send: (operations: readonly Operation[]) => Promise<WriteStatistics>;
  readonly contributions: (operation: Operation) => readonly { readonly index: number; readonly operation: Operation }[];
}

/** All have ended when one has failed: nothing is written behind the back of whoever is told. @throws what the first of them has thrown. */
async function allDone(writes: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(writes)) if (end.status === "rejected") throw end.reason;
}

function groupsOf<G extends NodeGroup | RelationshipGroup>(groups: readonly G[], rule: G["shape"]["rule"]): readonly G[] {
  return groups.filter(({ shape }) => shape.rule === rule);
}

function identityOf(operation: RelationshipOperation): string {
  return relationshipIdentity(operationIdentity(operation.from), operation, operationIdentity(operation.to));
}
