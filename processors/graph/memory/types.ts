import type {
  CountedType,
  DiscoveredSchema,
  KeysOf,
  Part,
  RelationshipsOf,
  RetrievedEnd,
  RetrievedRelationship,
  RetrieveOptions,
  RetrieveRelationshipsOptions,
  TypeRetriever,
} from "../connector.ts";
import { keyIdentity } from "../identity.ts";
import type { GraphNode, Properties } from "../model.ts";
import { getValue, type MutableProperties, setValue } from "../properties.ts";
import { isIngestedUntil } from "../stamps.ts";
import type { MemoryGraph, MemoryNode, MemoryRelationship } from "./memory-graph.ts";

/** Reads a graph in memory. What is added while it reads may come or not; what is there at the start and stays does. */
export class MemoryTypes implements TypeRetriever {
  readonly #graph: MemoryGraph;

  constructor(graph: MemoryGraph) {
    this.#graph = graph;
  }

  nodes({ type, keys }: KeysOf, options?: RetrieveOptions): AsyncIterable<readonly GraphNode[]> {
    return pages(this.#graph.nodes(type), (node) => toGraphNode(node, type, keys), options);
  }

  relationships(
    { type, keys, from, to }: RelationshipsOf,
    options: RetrieveRelationshipsOptions = {},
  ): AsyncIterable<readonly RetrievedRelationship[]> {
    const toEnd = options.ends === "whole" ? toGraphNode : toFoundNode;
    const convert = (relationship: MemoryRelationship): RetrievedRelationship | undefined => {
      if (!isBetween(relationship, from.type, to.type)) return undefined;
      const [key, properties] = splitKey(relationship.properties, keys);
      return {
        from: toEnd(relationship.from, from.type, from.keys),
        to: toEnd(relationship.to, to.type, to.keys),
        relationship: { type, key, properties },
      };
    };
    return pages(this.#graph.relationships(type), convert, options);
  }

  async count(of: CountedType): Promise<number> {
    const { ingestedUntil } = of;
    const isOld = ({ properties }: { readonly properties: Properties }) =>
      ingestedUntil === undefined || isIngestedUntil(properties, ingestedUntil);
    if ("node" in of) return countOf(this.#graph.nodes(of.node), isOld);
    return countOf(this.#graph.relationships(of.relationship), (each) => isBetween(each, of.from, of.to) && isOld(each));
  }

  async countRepeated({ type, keys, from, to }: RelationshipsOf): Promise<number> {
    const found = new Set<string>();
    const isRepeated = (each: MemoryRelationship) => {
      if (!isBetween(each, from.type, to.type)) return false;
      const before = found.size;
      return found.add(`${each.from.id}>${each.to.id}${keyIdentity(each.properties, keys)}`).size === before;
    };
    return countOf(this.#graph.relationships(type), isRepeated);
  }

  async discover(signal?: AbortSignal): Promise<DiscoveredSchema> {
    signal?.throwIfAborted();
    return { nodes: discoverNodes(this.#graph), relationships: discoverRelationships(this.#graph) };
  }
}

async function* pages<Item extends { readonly id: string }, Result>(
  items: Iterable<Item>,
  convert: (item: Item) => Result | undefined,
  { pageSize = 1000, part, signal }: RetrieveOptions = {},
): AsyncGenerator<readonly Result[]> {
  let page: Result[] = [];
  for (const item of items) {
    if (part && !isIn(item, part)) continue;
    const result = convert(item);
    if (result === undefined) continue;
    if (page.push(result) < pageSize) continue;
    signal?.throwIfAborted();
    yield page;
    page = [];
  }
  signal?.throwIfAborted();
  if (page.length > 0) yield page;
}

/** Ids are a letter and a number. */
function isIn({ id }: { readonly id: string }, { index, of }: Part): boolean {
  return Number(id.slice(1)) % of === index;
}

function isBetween({ from, to }: MemoryRelationship, start?: string, end?: string): boolean {
  return (start === undefined || from.types.includes(start)) && (end === undefined || to.types.includes(end));
}

function countOf<Item>(items: Iterable<Item>, counts: (item: Item) => boolean): number {
  let count = 0;
  for (const item of items) if (counts(item)) count++;
  return count;
}

function toFoundNode({ properties }: MemoryNode, type: string, keys: readonly string[]): RetrievedEnd {
  return { type, key: splitKey(properties, keys)[0] };
}

function toGraphNode({ types, properties }: MemoryNode, type: string, keys: readonly string[]): GraphNode {
  const [key, others] = splitKey(properties, keys);
  return { type, key, properties: others, additionalTypes: types.filter((each) => each !== type).sort() };
}

function splitKey(properties: Properties, names: readonly string[]): [key: Properties, others: Properties] {
  const key: MutableProperties = {};
  const others: MutableProperties = {};
  for (const name of names) setValue(key, name, getValue(properties, name) ?? null);
  for (const name in properties) if (!names.includes(name)) setValue(others, name, properties[name] ?? null);
  return [key, others];
}

function discoverNodes(graph: MemoryGraph): DiscoveredSchema["nodes"] {
  return graph.nodeTypes.map((type) => {
    const names = namesOf(graph.nodes(type));
    return { type, ...keysApart(graph.nodeKeys.get(type), names) };
  });
}

function discoverRelationships(graph: MemoryGraph): DiscoveredSchema["relationships"] {
  return graph.relationshipTypes.flatMap((type) => {
    const byEnds = new Map<string, { from: string; to: string; relationships: MemoryRelationship[] }>();
    for (const relationship of graph.relationships(type)) {
      const [from = "", to = ""] = [relationship.from.types[0], relationship.to.types[0]];
      const ends = JSON.stringify([from, to]);
      const known = byEnds.get(ends);
      if (known) known.relationships.push(relationship);
      else byEnds.set(ends, { from, to, relationships: [relationship] });
    }
    return [...byEnds.values()].map(({ from, to, relationships }) => ({
      type,
      from,
      to,
      ...keysApart(graph.relationshipKeys.get(type), namesOf(relationships)),
    }));
  });
}

function keysApart(keys: readonly string[] = [], names: ReadonlySet<string>) {
  return { keys, properties: [...names].filter((name) => !keys.includes(name)).sort() };
}

function namesOf(items: Iterable<{ readonly properties: Properties }>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { properties } of items) for (const name in properties) names.add(name);
  return names;
}
