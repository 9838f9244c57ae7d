import { MultiDirectedGraph } from "graphology";
import { UnstorableError } from "../errors.ts";
import type { Properties } from "../model.ts";
import type { MutableProperties } from "../properties.ts";
import { Collection, type Item, keptProperties } from "./collection.ts";

/** A node of the embedded graph. */
export interface MemoryNode {
  /** Its name in the graph; not part of its data, and another one in another process. */
  readonly id: string;
  /** The type it was made with, then the additional ones. */
  readonly types: readonly string[];
  readonly properties: Properties;
}

/** A relationship of the embedded graph. */
export interface MemoryRelationship {
  readonly id: string;
  readonly type: string;
  readonly from: MemoryNode;
  readonly to: MemoryNode;
  readonly properties: Properties;
}

/** The names of key parts, by type. */
export interface KeysByType {
  readonly nodeKeys: Iterable<readonly [type: string, names: readonly string[]]>;
  readonly relationshipKeys: Iterable<readonly [type: string, names: readonly string[]]>;
}

type StoredNode = Omit<MemoryNode, "types"> & Item & { types: readonly string[] };
type StoredRelationship = MemoryRelationship & Item;

/**
 * A property graph in this process's memory: a graphology graph whose nodes and edges carry types and properties, with indexes
 * over keys. Values keep their kinds: integers, floats, bytes, times.
 */
export class MemoryGraph {
  /**
   * The graph itself, for the algorithms of graphology's world. Attributes are {@link MemoryNode} and {@link MemoryRelationship}.
   * Look at it, and change it only through this class.
   */
  readonly graphology: MultiDirectedGraph<StoredNode, StoredRelationship> = new MultiDirectedGraph();
  readonly #nodes = new Collection<StoredNode>(({ types }) => types);
  readonly #relationships = new Collection<StoredRelationship>(({ type }) => [type], relationshipPrefix);
  #lastId = 0;

  /** How many nodes there are. */
  get order(): number {
    return this.graphology.order;
  }

  /** How many relationships there are. */
  get size(): number {
    return this.graphology.size;
  }

  /** All types of nodes, additional ones too. */
  get nodeTypes(): readonly string[] {
    return [...this.#nodes.types];
  }

  get relationshipTypes(): readonly string[] {
    return [...this.#relationships.types];
  }

  /** Nodes of a type, or all of them. The graph may change meanwhile. */
  *nodes(type?: string): Generator<MemoryNode> {
    if (type !== undefined) yield* this.#nodes.ofType(type);
    else for (const { attributes } of this.graphology.nodeEntries()) yield attributes;
  }

  /** Relationships of a type, or all of them. */
  *relationships(type?: string): Generator<MemoryRelationship> {
    if (type !== undefined) yield* this.#relationships.ofType(type);
    else for (const { attributes } of this.graphology.edgeEntries()) yield attributes;
  }

  /** Nodes of a type that have all of these values, by an index. */
  findNodes(type: string, names: readonly string[], key: Properties): readonly MemoryNode[] {
    return this.#nodes.find(type, names, key);
  }

  /** Relationships of a type between two nodes that have all of these values, by an index; without any, by what the nodes are connected with. */
  findRelationships(
    from: MemoryNode,
    type: string,
    to: MemoryNode,
    names: readonly string[],
    key: Properties,
  ): readonly MemoryRelationship[] {
    if (names.length === 0) return this.#between(from, type, to);
    return this.#relationships.find(type, names, key, relationshipPrefix({ from, to }));
  }

  /** An index over nothing but the ends would take more than the relationships. */
  #between(from: MemoryNode, type: string, to: MemoryNode): readonly MemoryRelationship[] {
    const found: MemoryRelationship[] = [];
    this.graphology.forEachOutEdge(from.id, to.id, (_, relationship) => {
      if (relationship.type === type) found.push(relationship);
    });
    return found;
  }

  /** The names of the key parts with which nodes of each type were made. */
  get nodeKeys(): ReadonlyMap<string, readonly string[]> {
    return this.#nodes.keys;
  }

  /** The names of the key parts with which relationships of each type were made. */
  get relationshipKeys(): ReadonlyMap<string, readonly string[]> {
    return this.#relationships.keys;
  }

  /** Says how nodes and relationships are identified, where that is not known. */
  setKeys({ nodeKeys, relationshipKeys }: KeysByType): void {
    for (const [type, names] of nodeKeys) this.#nodes.setKeys(type, names);
    for (const [type, names] of relationshipKeys) this.#relationships.setKeys(type, names);
  }

  /**
   * @param types each once; do not change the list afterwards.
   * @param properties or several of them: later ones win.
   * @param keys which of the properties are the node's key. It is not looked for: two nodes may have one key.
   */
  addNode(types: readonly string[], properties: Properties | readonly Properties[], keys?: readonly string[]): MemoryNode {
    const [type] = types;
    if (type === undefined) throw new UnstorableError("A node", "no type", "Give it one.");
    // Types are shared by the nodes that are made with them, and replaced when one gets more.
    const node: StoredNode = { id: `n${this.#lastId++}`, types, properties: kept(properties) };
    this.graphology.addNode(node.id, node);
    this.#nodes.add(node);
    if (keys) this.#nodes.setKeys(type, keys);
    return node;
  }

  /** @param keys which of the properties tell it from others of its type between the same nodes. */
  addRelationship(
    from: MemoryNode,
    type: string,
    to: MemoryNode,
    properties: Properties | readonly Properties[],
    keys?: readonly string[],
  ): MemoryRelationship {
    const relationship: StoredRelationship = { id: `r${this.#lastId++}`, type, from, to, properties: kept(properties) };
    this.graphology.addDirectedEdgeWithKey(relationship.id, from.id, to.id, relationship);
    this.#relationships.add(relationship);
    if (keys) this.#relationships.setKeys(type, keys);
    return relationship;
  }

  /** Sets what is named, removes what is null, leaves the rest; adds types. Gives how many values were set. */
  updateNode(node: MemoryNode, properties: Properties, additionalTypes: readonly string[] = []): number {
    const own = stored(node);
    const changes = this.#nodes.update(own, properties);
    for (const type of additionalTypes) {
      if (own.types.includes(type)) continue;
      own.types = [...own.types, type];
      this.#nodes.addToType(own, type);
    }
    return changes;
  }

  /** Sets what is named, removes what is null, leaves the rest. Gives how many values were set. */
  updateRelationship(relationship: MemoryRelationship, properties: Properties): number {
    return this.#relationships.update(relationship, properties);
  }

  /** Removes a node with its relationships. Gives how many these were. */
  removeNode(node: MemoryNode): number {
    const relationships = this.graphology.mapEdges(node.id, (_, attributes) => attributes);
    for (const each of relationships) this.removeRelationship(each);
    this.#nodes.remove(stored(node));
    this.graphology.dropNode(node.id);
    return relationships.length;
  }

  removeRelationship(relationship: MemoryRelationship): void {
    this.#relationships.remove(relationship);
    this.graphology.dropEdge(relationship.id);
  }

  clear(): void {
    for (const node of [...this.nodes()]) this.removeNode(node);
  }
}

/** What is given out is what is kept, and only looks as if it could not be changed. The collection knows what is its own. */
function stored(node: MemoryNode): StoredNode {
  return node as StoredNode;
}

function kept(properties: Properties | readonly Properties[]): MutableProperties {
  return isLists(properties) ? keptProperties(...properties) : keptProperties(properties);
}

function isLists(properties: Properties | readonly Properties[]): properties is readonly Properties[] {
  return Array.isArray(properties);
}

function relationshipPrefix({ from, to }: Pick<MemoryRelationship, "from" | "to">): string {
  return `${from.id}>${to.id}`;
}
