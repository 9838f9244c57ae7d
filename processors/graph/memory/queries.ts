import type { EndShape, IngestionContext, NodeShape, QueryExecutor, RelationshipShape, WriteStatistics } from "../connector.ts";
import { GraphWriteError } from "../errors.ts";
import type { IngestionHook, NodeOperation, Properties, RelationshipOperation, TimeToLive } from "../model.ts";
import { dueUntil, isIngestedUntil, stampsOf } from "../stamps.ts";
import { type Expression, expressionsOf, matchesAll } from "./expressions.ts";
import type { MemoryGraph, MemoryNode } from "./memory-graph.ts";

/** What a hook of the embedded graph does. Throwing refuses what asked for it. */
export type MemoryHook = (graph: MemoryGraph, parameters: Properties) => void | Promise<void>;

/** Writes to a graph in memory. Each list is written at once: nobody sees a part of it. */
export class MemoryQueries implements QueryExecutor {
  readonly #graph: MemoryGraph;
  readonly #hooks: Readonly<Record<string, MemoryHook>>;

  constructor(graph: MemoryGraph, hooks: Readonly<Record<string, MemoryHook>> = {}) {
    this.#graph = graph;
    this.#hooks = hooks;
  }

  async upsertNodes(shape: NodeShape, operations: readonly NodeOperation[], context: IngestionContext): Promise<WriteStatistics> {
    return upsertNodes(this.#graph, shape, operations, stampsOf(context, shape.stamp));
  }

  async upsertRelationships(
    shape: RelationshipShape,
    operations: readonly RelationshipOperation[],
    context: IngestionContext,
  ): Promise<WriteStatistics> {
    return upsertRelationships(this.#graph, shape, operations, stampsOf(context, shape.stamp));
  }

  async expire(ttl: TimeToLive, { now }: IngestionContext): Promise<WriteStatistics> {
    return expire(this.#graph, ttl, now);
  }

  async runHook({ name, parameters }: IngestionHook): Promise<void> {
    const hook = Object.hasOwn(this.#hooks, name) ? this.#hooks[name] : undefined;
    if (!hook) {
      const known = Object.keys(this.#hooks).join(", ") || "none";
      throw new GraphWriteError("data", `The embedded graph has no ingestion hook "${name}"; those it was given: ${known}.`);
    }
    await hook(this.#graph, parameters);
  }
}

function upsertNodes(
  graph: MemoryGraph,
  shape: NodeShape,
  operations: readonly NodeOperation[],
  stamps: Properties,
): WriteStatistics {
  const find = finderOf(graph, shape, operations, itself);
  const types = [shape.type, ...shape.additionalTypes];
  let nodesCreated = 0;
  let propertiesSet = 0;
  for (let i = 0; i < operations.length; i++) {
    const { node } = operations[i] as NodeOperation;
    const found = find(node.key);
    for (const each of found) {
      propertiesSet += graph.updateNode(each, node.properties, shape.additionalTypes);
      propertiesSet += graph.updateNode(each, stamps);
    }
    if (found.length > 0 || shape.rule !== "EAGER") continue;
    const { properties } = graph.addNode(types, [node.key, node.properties, stamps], shape.keys);
    nodesCreated++;
    propertiesSet += countOf(properties);
  }
  return { nodesCreated, propertiesSet };
}

function upsertRelationships(
  graph: MemoryGraph,
  shape: RelationshipShape,
  operations: readonly RelationshipOperation[],
  stamps: Properties,
): WriteStatistics {
  const findFrom = finderOf(graph, shape.from, operations, from);
  const findTo = finderOf(graph, shape.to, operations, to);
  let relationshipsCreated = 0;
  let propertiesSet = 0;
  for (const { from, to, relationship } of operations) {
    const { type, key, properties } = relationship;
    const ends = findTo(to.node.key);
    for (const start of findFrom(from.node.key)) {
      for (const end of ends) {
        const found = shape.rule === "CREATE" ? [] : graph.findRelationships(start, type, end, shape.keys, key);
        for (const each of found) {
          propertiesSet += graph.updateRelationship(each, properties);
          propertiesSet += graph.updateRelationship(each, stamps);
        }
        if (found.length > 0) continue;
        const created = graph.addRelationship(start, type, end, [key, properties, stamps], shape.keys);
        relationshipsCreated++;
        propertiesSet += countOf(created.properties);
      }
    }
  }
  return { relationshipsCreated, propertiesSet };
}

/** Finds all nodes of a shape by key: one look into an index, but for `FUZZY`, which looks at all nodes of the type. */
function finderOf<Operation>(
  graph: MemoryGraph,
  { type, keys, rule }: NodeShape | EndShape,
  operations: readonly Operation[],
  nodeOf: (operation: Operation) => NodeOperation,
): (key: Properties) => readonly MemoryNode[] {
  if (rule !== "FUZZY") return (key) => graph.findNodes(type, keys, key);
  // All expressions are read before anything is written.
  const expressions = new Map<Properties, readonly Expression[]>();
  for (const operation of operations) {
    const { key } = nodeOf(operation).node;
    expressions.set(key, expressionsOf(key));
  }
  return (key) => {
    const wanted = expressions.get(key) ?? [];
    return [...graph.nodes(type)].filter(({ properties }) => matchesAll(properties, wanted));
  };
}

function expire(graph: MemoryGraph, ttl: TimeToLive, now: Date): WriteStatistics {
  const { on, type, customQuery } = ttl;
  if (customQuery !== undefined) {
    throw new GraphWriteError(
      "data",
      "The embedded graph has no query language, so it cannot run a custom query that finds what expires.",
    );
  }
  const earliest = dueUntil(ttl, now);
  const isDue = ({ properties }: { readonly properties: Properties }) => isIngestedUntil(properties, earliest);
  if (on === "relationship") {
    const due = [...graph.relationships(type)].filter(isDue);
    for (const each of due) graph.removeRelationship(each);
    return { relationshipsDeleted: due.length };
  }
  const due = [...graph.nodes(type)].filter(isDue);
  const relationshipsDeleted = due.reduce((sum, node) => sum + graph.removeNode(node), 0);
  return { nodesDeleted: due.length, relationshipsDeleted };
}

function countOf(properties: Properties): number {
  let count = 0;
  for (const _ in properties) count++;
  return count;
}

function itself(operation: NodeOperation): NodeOperation {
  return operation;
}

function from(operation: RelationshipOperation): NodeOperation {
  return operation.from;
}

function to(operation: RelationshipOperation): NodeOperation {
  return operation.to;
}
