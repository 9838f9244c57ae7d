import type { EndShape, NodeShape, RelationshipShape } from "./connector.ts";
import { keyNames } from "./identity.ts";
import type { NodeOperation, Properties, RelationshipOperation } from "./model.ts";

/** Operations that one statement can write. */
export interface Group<Shape, Operation> {
  readonly shape: Shape;
  readonly operations: readonly Operation[];
}

export type NodeGroup = Group<NodeShape, NodeOperation>;
export type RelationshipGroup = Group<RelationshipShape, RelationshipOperation>;

function nodeShape({ node, rule, stamp }: NodeOperation): NodeShape {
  return {
    type: node.type,
    keys: keyNames(node.key),
    additionalTypes: additionalTypes(node.type, node.additionalTypes),
    rule,
    stamp,
  };
}

function relationshipShape({ from, to, relationship, rule, stamp }: RelationshipOperation): RelationshipShape {
  return { from: endShape(from), to: endShape(to), type: relationship.type, keys: keyNames(relationship.key), rule, stamp };
}

/** Groups node operations by shape, in the order in which shapes are first met. */
export function groupNodes(operations: Iterable<NodeOperation>): NodeGroup[] {
  return group(operations, NODES);
}

/** Groups relationship operations by shape, in the order in which shapes are first met. */
export function groupRelationships(operations: Iterable<RelationshipOperation>): RelationshipGroup[] {
  return group(operations, RELATIONSHIPS);
}

/** Sorted, each once, and without the type itself. */
function additionalTypes(type: string, types: readonly string[]): readonly string[] {
  return types.length === 0 ? types : [...new Set(types)].filter((each) => each !== type).sort();
}

function endShape({ node, rule }: NodeOperation): EndShape {
  return { type: node.type, keys: keyNames(node.key), rule: rule === "FUZZY" ? "FUZZY" : "MATCH_ONLY" };
}

/** Asks the groups of one type, mostly one or two, which of them an operation belongs to. */
function group<Shape, Operation>(
  operations: Iterable<Operation>,
  { typeOf, shapeOf, has }: Grouping<Shape, Operation>,
): Group<Shape, Operation>[] {
  const groups: GrowingGroup<Shape, Operation>[] = [];
  const byType = new Map<string, GrowingGroup<Shape, Operation>[]>();
  for (const operation of operations) {
    const type = typeOf(operation);
    const ofType = byType.get(type) ?? [];
    const known = ofType.find(({ shape }) => has(shape, operation));
    if (known) {
      known.operations.push(operation);
      continue;
    }
    const next = { shape: shapeOf(operation), operations: [operation] };
    byType.set(type, [...ofType, next]);
    groups.push(next);
  }
  return groups;
}

interface Grouping<Shape, Operation> {
  readonly typeOf: (operation: Operation) => string;
  readonly shapeOf: (operation: Operation) => Shape;
  /** Whether an operation of the same type has this shape. */
  readonly has: (shape: Shape, operation: Operation) => boolean;
}

interface GrowingGroup<Shape, Operation> {
  readonly shape: Shape;
  readonly operations: Operation[];
}

const NODES: Grouping<NodeShape, NodeOperation> = {
  typeOf: ({ node }) => node.type,
  shapeOf: nodeShape,
  has: (shape, { node, rule, stamp }) =>
    shape.rule === rule &&
    shape.stamp === stamp &&
    hasKeys(node.key, shape.keys) &&
    (node.additionalTypes.length === 0
      ? shape.additionalTypes.length === 0
      : isSame(additionalTypes(node.type, node.additionalTypes), shape.additionalTypes)),
};

const RELATIONSHIPS: Grouping<RelationshipShape, RelationshipOperation> = {
  typeOf: ({ relationship }) => relationship.type,
  shapeOf: relationshipShape,
  has: (shape, { from, to, relationship, rule, stamp }) =>
    shape.rule === rule &&
    shape.stamp === stamp &&
    hasKeys(relationship.key, shape.keys) &&
    isEnd(shape.from, from) &&
    isEnd(shape.to, to),
};

function isEnd(shape: EndShape, { node, rule }: NodeOperation): boolean {
  return shape.type === node.type && (shape.rule === "FUZZY") === (rule === "FUZZY") && hasKeys(node.key, shape.keys);
}

/** Whether a key has exactly these parts, in whatever order. */
function hasKeys(key: Properties, names: readonly string[]): boolean {
  let count = 0;
  for (const name in key) {
    if (!names.includes(name)) return false;
    count++;
  }
  return count === names.length;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((each, i) => each === others[i]);
}
