import { valueIdentity } from "../identity.ts";
import type { Properties, PropertyValue } from "../model.ts";
import { getValue } from "../properties.ts";
import type { MemoryGraph, MemoryNode, MemoryRelationship } from "./memory-graph.ts";

/** Which nodes: of a type, with these values, for which this holds. */
export interface NodeFilter {
  readonly type?: string;
  /** Equal as Cypher's `=` has it: 1 is 1.0, and not "1". */
  readonly where?: Properties | ((node: MemoryNode) => boolean);
}

export type Direction = "in" | "out" | "both";

/**
 * Looks for nodes.
 *
 * @example
 * for (const company of match(graph, { type: "Person", where: { name: "Ada" } }).out("WORKS_AT")) console.log(company.properties);
 */
export function match(graph: MemoryGraph, filter: NodeFilter = {}): NodeQuery {
  return new NodeQuery(graph, () => candidates(graph, filter)).where(filter.where ?? {});
}

/** A walk over a graph that runs when it is iterated; each time anew. */
export class NodeQuery implements Iterable<MemoryNode> {
  readonly #graph: MemoryGraph;
  readonly #nodes: () => Iterable<MemoryNode>;

  constructor(graph: MemoryGraph, nodes: () => Iterable<MemoryNode>) {
    this.#graph = graph;
    this.#nodes = nodes;
  }

  [Symbol.iterator](): Iterator<MemoryNode> {
    return this.#nodes()[Symbol.iterator]();
  }

  toArray(): MemoryNode[] {
    return [...this];
  }

  first(): MemoryNode | undefined {
    for (const node of this) return node;
    return undefined;
  }

  count(): number {
    let count = 0;
    for (const _ of this) count++;
    return count;
  }

  /** Only those with these values, or for which this holds. */
  where(where: Properties | ((node: MemoryNode) => boolean)): NodeQuery {
    const holds = typeof where === "function" ? where : equals(where);
    return this.#next(function* (nodes) {
      for (const node of nodes) if (holds(node)) yield node;
    });
  }

  /** Only those of a type. */
  ofType(type: string): NodeQuery {
    return this.where(({ types }) => types.includes(type));
  }

  /** Where their relationships (of a type) lead to, each node once. */
  out(type?: string): NodeQuery {
    return this.#neighbours("out", type);
  }

  /** Where relationships (of a type) to them come from, each node once. */
  in(type?: string): NodeQuery {
    return this.#neighbours("in", type);
  }

  /** Both ways, each node once. */
  both(type?: string): NodeQuery {
    return this.#neighbours("both", type);
  }

  /** All that can be reached over relationships (of a type) in one or more steps, each node once. */
  reachable(direction: Direction = "out", type?: string): NodeQuery {
    const graph = this.#graph;
    return this.#next(function* (nodes) {
      const reached = new Set<MemoryNode>();
      const open = [...nodes];
      for (let node = open.pop(); node; node = open.pop()) {
        for (const next of neighbours(graph, node, direction, type)) {
          if (reached.has(next)) continue;
          reached.add(next);
          open.push(next);
          yield next;
        }
      }
    });
  }

  /** Their relationships (of a type), each once. */
  *relationships(direction: Direction = "both", type?: string): Generator<MemoryRelationship> {
    const seen = new Set<MemoryRelationship>();
    for (const node of this) {
      for (const relationship of relationshipsOf(this.#graph, node, direction, type)) {
        if (seen.has(relationship)) continue;
        seen.add(relationship);
        yield relationship;
      }
    }
  }

  #neighbours(direction: Direction, type: string | undefined): NodeQuery {
    const graph = this.#graph;
    return this.#next(function* (nodes) {
      const seen = new Set<MemoryNode>();
      for (const node of nodes) {
        for (const neighbour of neighbours(graph, node, direction, type)) {
          if (seen.has(neighbour)) continue;
          seen.add(neighbour);
          yield neighbour;
        }
      }
    });
  }

  #next(step: (nodes: Iterable<MemoryNode>) => Iterable<MemoryNode>): NodeQuery {
    return new NodeQuery(this.#graph, () => step(this));
  }
}

/** All nodes that may match: of the type; of the key, if all of it is asked for. */
function candidates(graph: MemoryGraph, { type, where }: NodeFilter): Iterable<MemoryNode> {
  if (type === undefined || typeof where !== "object") return graph.nodes(type);
  const keys = graph.nodeKeys.get(type) ?? [];
  const isWholeKey = keys.length > 0 && keys.every((name) => Object.hasOwn(where, name));
  return isWholeKey ? graph.findNodes(type, keys, where) : graph.nodes(type);
}

function equals(where: Properties): (node: MemoryNode) => boolean {
  const wanted = Object.keys(where).map((name) => [name, identityOf(where, name)] as const);
  return ({ properties }) => wanted.every(([name, identity]) => identityOf(properties, name) === identity);
}

function identityOf(properties: Properties, name: string): string {
  return valueIdentity(getValue(properties, name) ?? ABSENT);
}

function* neighbours(graph: MemoryGraph, node: MemoryNode, direction: Direction, type?: string): Generator<MemoryNode> {
  for (const { from, to } of relationshipsOf(graph, node, direction, type)) {
    if (direction === "in") yield from;
    else if (direction === "out") yield to;
    else yield from === node ? to : from;
  }
}

function* relationshipsOf(
  graph: MemoryGraph,
  node: MemoryNode,
  direction: Direction,
  type: string | undefined,
): Generator<MemoryRelationship> {
  const { graphology } = graph;
  const entries =
    direction === "both"
      ? graphology.edgeEntries(node.id)
      : direction === "in"
        ? graphology.inEdgeEntries(node.id)
        : graphology.outEdgeEntries(node.id);
  for (const { attributes } of entries) if (type === undefined || attributes.type === type) yield attributes;
}

const ABSENT: PropertyValue = null;
