import type { EndShape, NodeShape, RelationshipShape } from "./connector.ts";
import { keyNames } from "./identity.ts";
import type { NodeOperation, RelationshipOperation } from "./model.ts";

/** Operations that one statement can write. */
export interface Group<Shape, Operation> {
  readonly shape: Shape;
  readonly operations: readonly Operation[];
}

export type NodeGroup = Group<NodeShape, NodeOperation>;
export type RelationshipGroup = Group<RelationshipShape, RelationshipOperation>;

export function nodeShape({ node, rule, stamp }: NodeOperation): NodeShape {
  return {
    type: node.type,
    keys: keyNames(node.key),
    additionalTypes: additionalTypes(node.type, node.additionalTypes),
    rule,
    stamp,
  };
}

export function relationshipShape({ from, to, relationship, rule, stamp }: RelationshipOperation): RelationshipShape {
  return { from: endShape(from), to: endShape(to), type: relationship.type, keys: keyNames(relationship.key), rule, stamp };
}

/** Groups node operations by shape, in the order in which shapes are first met. */
export function groupNodes(operations: Iterable<NodeOperation>): NodeGroup[] {
  return group(operations, nodeSignature, nodeShape);
}

/** Groups relationship operations by shape, in the order in which shapes are first met. */
export function groupRelationships(operations: Iterable<RelationshipOperation>): RelationshipGroup[] {
  return group(operations, relationshipSignature, relationshipShape);
}

/** Sorted, each once, and without the type itself. */
function additionalTypes(type: string, types: readonly string[]): readonly string[] {
  return types.length === 0 ? types : [...new Set(types)].filter((each) => each !== type).sort();
}

function endShape({ node, rule }: NodeOperation): EndShape {
  return { type: node.type, keys: keyNames(node.key), rule: rule === "FUZZY" ? "FUZZY" : "MATCH_ONLY" };
}

function group<Shape, Operation>(
  operations: Iterable<Operation>,
  signature: (operation: Operation) => string,
  shape: (operation: Operation) => Shape,
): Group<Shape, Operation>[] {
  const groups = new Map<string, { shape: Shape; operations: Operation[] }>();
  for (const operation of operations) {
    const key = signature(operation);
    const known = groups.get(key);
    if (known) known.operations.push(operation);
    else groups.set(key, { shape: shape(operation), operations: [operation] });
  }
  return [...groups.values()];
}

/** Equal exactly for operations of equal shape. */
function nodeSignature({ node, rule, stamp }: NodeOperation): string {
  const types = node.additionalTypes.length === 0 ? "" : texts(additionalTypes(node.type, node.additionalTypes));
  return `${rule}${stamp}${text(node.type)}${texts(keyNames(node.key))};${types}`;
}

function relationshipSignature({ from, to, relationship, rule, stamp }: RelationshipOperation): string {
  return `${rule}${stamp}${text(relationship.type)}${texts(keyNames(relationship.key))};${endSignature(from)};${endSignature(to)}`;
}

function endSignature({ node, rule }: NodeOperation): string {
  return `${rule === "FUZZY" ? "~" : "="}${text(node.type)}${texts(keyNames(node.key))}`;
}

function texts(all: readonly string[]): string {
  let joined = "";
  for (const each of all) joined += text(each);
  return joined;
}

function text(name: string): string {
  return `${name.length}:${name}`;
}
