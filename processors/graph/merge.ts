import { hookIdentity, keyIdentity, keyNames, operationIdentity } from "./identity.ts";
import type { DesiredIngestion, IngestionHook, NodeOperation, Properties, RelationshipOperation } from "./model.ts";
import { mergeProperties, without } from "./properties.ts";

/**
 * Puts together what several ingestions want, so that each node and relationship is written once. Later properties win over
 * earlier ones, as maps. A node that one wants to create and another only to match is created; one that is met with additional
 * types and without has them.
 */
export class Merger {
  readonly #nodes: NodeOperation[] = [];
  readonly #nodeNumbers = new Map<string, NodeNumbers>();
  readonly #relationships: RelationshipOperation[] = [];
  readonly #relationshipNumbers = new Map<string, RelationshipNumbers>();
  readonly #hooks = new Map<string, IngestionHook>();
  // A record's relationships mostly share an end, which is its node as well.
  #recent: NodeOperation | undefined;
  #recentNumber = 0;

  /** Each once, as `operationIdentity` tells them apart, in the order of their first mention. */
  get nodes(): readonly NodeOperation[] {
    return this.#nodes;
  }

  /** Each once, as `relationshipIdentity` tells them apart; those with the rule `CREATE` all. */
  get relationships(): readonly RelationshipOperation[] {
    return this.#relationships;
  }

  /** Each once, in the order of their first mention. */
  get hooks(): readonly IngestionHook[] {
    return [...this.#hooks.values()];
  }

  add({ nodes, relationships, hooks }: DesiredIngestion): void {
    for (const node of nodes) this.#addNode(node);
    for (const relationship of relationships) this.#addRelationship(relationship);
    for (const hook of hooks) {
      const identity = hookIdentity(hook);
      if (!this.#hooks.has(identity)) this.#hooks.set(identity, hook);
    }
  }

  /** Gives its number. */
  #addNode(operation: NodeOperation): number {
    if (operation === this.#recent) return this.#recentNumber;
    const { type } = operation.node;
    const numbers = this.#nodeNumbers.get(type) ?? new NodeNumbers();
    const number = numbers.of(operation, this.#nodes.length);
    const known = this.#nodes[number];
    if (!known) {
      this.#nodes.push(keyApart(operation));
      this.#nodeNumbers.set(type, numbers);
    } else if (known !== operation) this.#nodes[number] = mergeNodes(known, keyApart(operation));
    this.#recent = operation;
    this.#recentNumber = number;
    return number;
  }

  #addRelationship(operation: RelationshipOperation): void {
    const from = this.#addNode(operation.from);
    const to = this.#addNode(operation.to);
    if (operation.rule === "CREATE") {
      this.#relationships.push(operation);
      return;
    }
    const { type, key } = operation.relationship;
    const numbers = this.#relationshipNumbers.get(type) ?? new RelationshipNumbers();
    const number = numbers.of({ from, to, key }, this.#relationships.length);
    const known = this.#relationships[number];
    if (known) this.#relationships[number] = mergeRelationships(known, operation);
    else {
      this.#relationships.push(relationshipKeyApart(operation));
      this.#relationshipNumbers.set(type, numbers);
    }
  }
}

/*
 * What is merged has numbers: its place in the list. Texts that identify it are put together only where something shorter does not.
 */

/** The numbers of the nodes of one type. */
class NodeNumbers {
  readonly #byText = new Map<string, number>();
  /** The only part of the keys that are a text and found by it alone. */
  #part: string | undefined;
  readonly #byIdentity = new Map<string, number>();

  /** @param next the number that it gets when it has none. */
  of(operation: NodeOperation, next: number): number {
    const part = operation.rule === "FUZZY" ? undefined : onlyPart(operation.node.key);
    const text = part === undefined ? undefined : operation.node.key[part];
    if (typeof text === "string") {
      this.#part ??= part;
      if (this.#part === part) return numberIn(this.#byText, text, next);
    }
    return numberIn(this.#byIdentity, operationIdentity(operation), next);
  }
}

/** The numbers of the relationships of one type. */
class RelationshipNumbers {
  readonly #byEnds = new Map<number, number>();
  readonly #byIdentity = new Map<string, number>();

  /** @param next the number that it gets when it has none. */
  of({ from, to, key }: { readonly from: number; readonly to: number; readonly key: Properties }, next: number): number {
    const names = keyNames(key);
    // Small whole numbers are what maps look up fastest.
    if (names.length === 0 && from < MOST_ENDS && to < MOST_ENDS) return numberIn(this.#byEnds, from * MOST_ENDS + to, next);
    return numberIn(this.#byIdentity, `${from}>${to}>${keyIdentity(key, names)}`, next);
  }
}

function numberIn<Key>(numbers: Map<Key, number>, key: Key, next: number): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, next);
  return next;
}

/** The name of a key's only part. */
function onlyPart(key: Properties): string | undefined {
  let only: string | undefined;
  for (const name in key) {
    if (only !== undefined) return undefined;
    only = name;
  }
  return only === "__proto__" ? undefined : only;
}

const MOST_ENDS = 2 ** 15;

/** Of two operations on one node; not for `FUZZY` with another rule. */
function mergeNodes(earlier: NodeOperation, later: NodeOperation): NodeOperation {
  const properties = mergeProperties(earlier.node.properties, later.node.properties);
  const additionalTypes = mergeTypes(earlier.node.additionalTypes, later.node.additionalTypes);
  const rule = later.rule === "EAGER" ? later.rule : earlier.rule;
  const stamp = earlier.stamp || later.stamp;
  const { node } = earlier;
  const isSame = properties === node.properties && additionalTypes === node.additionalTypes;
  if (isSame && rule === earlier.rule && stamp === earlier.stamp) return earlier;
  return { node: isSame ? node : { ...node, properties, additionalTypes }, rule, stamp };
}

function mergeRelationships(earlier: RelationshipOperation, later: RelationshipOperation): RelationshipOperation {
  const { relationship } = earlier;
  const properties = mergeProperties(relationship.properties, relationshipKeyApart(later).relationship.properties);
  const stamp = earlier.stamp || later.stamp;
  if (properties === relationship.properties && stamp === earlier.stamp) return earlier;
  return { ...earlier, relationship: { ...relationship, properties }, stamp };
}

function mergeTypes(earlier: readonly string[], later: readonly string[]): readonly string[] {
  return later.every((type) => earlier.includes(type)) ? earlier : [...new Set([...earlier, ...later])];
}

/** A property that is called like a part of the key must not change what the node is: the key wins. */
function keyApart(operation: NodeOperation): NodeOperation {
  const { node } = operation;
  const properties = without(node.properties, keyNames(node.key));
  return properties === node.properties ? operation : { ...operation, node: { ...node, properties } };
}

function relationshipKeyApart(operation: RelationshipOperation): RelationshipOperation {
  const { relationship } = operation;
  const properties = without(relationship.properties, keyNames(relationship.key));
  return properties === relationship.properties ? operation : { ...operation, relationship: { ...relationship, properties } };
}
