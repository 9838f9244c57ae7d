import { hookIdentity, keyNames, operationIdentity, relationshipIdentity } from "./identity.ts";
import type { DesiredIngestion, IngestionHook, NodeOperation, RelationshipOperation } from "./model.ts";
import { mergeProperties, without } from "./properties.ts";

/** Operations with what identifies each of them. */
export type Identified<Operation> = ReadonlyMap<string, Operation>;

/**
 * Puts together what several ingestions want, so that each node and relationship is written once. Later properties win over
 * earlier ones, as maps. A node that one wants to create and another only to match is created; one that is met with additional
 * types and without has them.
 */
export class Merger {
  readonly #nodes = new Map<string, NodeOperation>();
  readonly #relationships = new Map<string, RelationshipOperation>();
  readonly #hooks = new Map<string, IngestionHook>();
  #creations = 0;
  // A record's relationships mostly share an end, which is its node as well.
  #recent: NodeOperation | undefined;
  #recentIdentity = "";

  /** By {@link operationIdentity}. */
  get nodes(): Identified<NodeOperation> {
    return this.#nodes;
  }

  /** By {@link relationshipIdentity}; those with the rule `CREATE` are all kept, each on its own. */
  get relationships(): Identified<RelationshipOperation> {
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

  /** Gives its identity. */
  #addNode(operation: NodeOperation): string {
    if (operation === this.#recent) return this.#recentIdentity;
    const identity = operationIdentity(operation);
    const known = this.#nodes.get(identity);
    if (!known) this.#nodes.set(identity, keyApart(operation));
    else if (known !== operation) this.#nodes.set(identity, mergeNodes(known, keyApart(operation)));
    this.#recent = operation;
    this.#recentIdentity = identity;
    return identity;
  }

  #addRelationship(operation: RelationshipOperation): void {
    const from = this.#addNode(operation.from);
    const to = this.#addNode(operation.to);
    if (operation.rule === "CREATE") {
      this.#relationships.set(`+${this.#creations++}`, operation);
      return;
    }
    const identity = relationshipIdentity(from, operation, to);
    const known = this.#relationships.get(identity);
    this.#relationships.set(identity, known ? mergeRelationships(known, operation) : relationshipKeyApart(operation));
  }
}

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
