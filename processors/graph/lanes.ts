import type { NodeGroup, RelationshipGroup } from "./shapes.ts";

/**
 * Splits groups into lanes that share no node, so that writing them side by side locks nothing twice; in a lane they keep their
 * order. Two groups that name a common type may mean a common node.
 *
 * @param labelled the nodes of the batch: additional types make their types mean common nodes, too.
 */
export function lanesOf<G extends NodeGroup | RelationshipGroup>(groups: readonly G[], labelled: readonly NodeGroup[]): G[][] {
  const classes = new TypeClasses();
  for (const { shape } of labelled) classes.join([shape.type, ...shape.additionalTypes]);
  for (const group of groups) classes.join(typesOf(group));
  const lanes = new Map<string, G[]>();
  for (const group of groups) {
    const lane = classes.classOf(typesOf(group)[0] ?? "");
    const members = lanes.get(lane);
    if (members) members.push(group);
    else lanes.set(lane, [group]);
  }
  return [...lanes.values()];
}

/**
 * Splits a group of nodes into parts that can be written side by side, each in the order of the whole: no two of its operations are about one node,
 * as they are merged and a node has one key. A pattern may match any node, so that those stay together.
 *
 * @param most how many parts there may be.
 */
export function partsOf({ shape, operations }: NodeGroup, most: number): NodeGroup[] {
  const count = shape.rule === "FUZZY" ? 1 : Math.max(1, Math.min(most, Math.floor(operations.length / LEAST_IN_PART)));
  const size = Math.ceil(operations.length / count);
  return Array.from({ length: count }, (_, i) => ({ shape, operations: operations.slice(i * size, (i + 1) * size) }));
}

/** Fewer are not worth a transaction of their own. */
const LEAST_IN_PART = 500;

/** The types by which a group finds nodes. */
function typesOf({ shape }: NodeGroup | RelationshipGroup): string[] {
  return "from" in shape ? [shape.from.type, shape.to.type] : [shape.type, ...shape.additionalTypes];
}

/** Which types belong together (a union-find). */
class TypeClasses {
  readonly #parents = new Map<string, string>();

  join([first, ...others]: readonly string[]): void {
    if (first === undefined) return;
    for (const other of others) this.#parents.set(this.classOf(other), this.classOf(first));
  }

  classOf(type: string): string {
    let root = type;
    for (let parent = this.#parents.get(root); parent !== undefined && parent !== root; parent = this.#parents.get(root))
      root = parent;
    return root;
  }
}
