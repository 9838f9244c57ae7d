import type { DiscoveredSchema, KeysOf, RetrievedRelationship, RetrieveOptions, TypeRetriever } from "../connector.ts";
import type { GraphNode, Properties } from "../model.ts";
import { getValue, type MutableProperties, setValue } from "../properties.ts";
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
    { type, keys, from, to }: KeysOf & { readonly from: KeysOf; readonly to: KeysOf },
    options?: RetrieveOptions,
  ): AsyncIterable<readonly RetrievedRelationship[]> {
    const convert = (relationship: MemoryRelationship): RetrievedRelationship | undefined => {
      if (!relationship.from.types.includes(from.type) || !relationship.to.types.includes(to.type)) return undefined;
      const [key, properties] = splitKey(relationship.properties, keys);
      return {
        from: { type: from.type, key: splitKey(relationship.from.properties, from.keys)[0] },
        to: { type: to.type, key: splitKey(relationship.to.properties, to.keys)[0] },
        relationship: { type, key, properties },
      };
    };
    return pages(this.#graph.relationships(type), convert, options);
  }

  async discover(signal?: AbortSignal): Promise<DiscoveredSchema> {
    signal?.throwIfAborted();
    return { nodes: discoverNodes(this.#graph), relationships: discoverRelationships(this.#graph) };
  }
}

async function* pages<Item, Result>(
  items: Iterable<Item>,
  convert: (item: Item) => Result | undefined,
  { pageSize = 1000, signal }: RetrieveOptions = {},
): AsyncGenerator<readonly Result[]> {
  let page: Result[] = [];
  for (const item of items) {
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
