import type { KeysOf, RelationshipsOf } from "datagraph/graph";
import { CopyPlanError } from "./errors.ts";
import type { CopyKeys, CopySchema, CopySettings } from "./options.ts";

/** What is to be copied, type by type. */
export interface Selection {
  /** Types whose nodes are all copied. A node of several of them belongs to the first. */
  readonly nodes: readonly KeysOf[];
  readonly relationships: readonly RelationshipsOf[];
  /** Types that no key is known of. Where nodes have another type, they are copied as of that one. */
  readonly keyless: readonly string[];
  /** All types by which nodes can be found, also those that are not chosen. */
  readonly known: readonly KeysOf[];
}

/**
 * Chooses what to copy.
 *
 * @throws CopyPlanError for a type that is not there, or a relationship whose ends cannot be found.
 */
export function select(schema: CopySchema, { nodes, relationships, keys }: SelectionOptions): Selection {
  const nodeTypes = withKeys(schema.nodes, keys.nodes);
  checkKnown("node", nodes, nodeTypes);
  checkKnown("relationship", relationships, schema.relationships);
  const known = nodeTypes.filter((each) => each.keys.length > 0);
  const chosen = nodes ? nodeTypes.filter(({ type }) => nodes.includes(type)) : nodeTypes;
  const keyless = chosen.filter((each) => each.keys.length === 0).map(({ type }) => type);
  if (nodes && keyless.length > 0) throw withoutKey(keyless);
  const isChosen = (type: string) => nodes === undefined || nodes.includes(type);
  const adjacent = schema.relationships.filter(
    ({ type, from, to }) => (!relationships || relationships.includes(type)) && (isChosen(from) || isChosen(to)),
  );
  const find = (type: string) => known.find((each) => each.type === type);
  return {
    nodes: chosen.filter((each) => each.keys.length > 0),
    relationships: adjacent.map(({ type, keys: own, from, to }) => {
      const [start, end] = [find(from), find(to)];
      if (!start || !end) throw withoutKey([start ? to : from]);
      return { type, keys: keysFor(type, own, keys.relationships), from: start, to: end };
    }),
    keyless,
    known,
  };
}

export type SelectionOptions = Pick<CopySettings, "nodes" | "relationships" | "keys">;

/** What to do about types of nodes that have no key. */
export function withoutKey(types: readonly string[]): CopyPlanError {
  const names = types.map((type) => `"${type}"`).join(", ");
  return new CopyPlanError(
    `It is not known what identifies nodes of type ${names}, so that they cannot be copied. Say which properties do (keys), or choose the types to copy.`,
  );
}

/** What to do about relationships that nothing tells apart. @param found which, and how many. */
export function indistinct(found: readonly string[]): CopyPlanError {
  return new CopyPlanError(
    `There are relationships that nothing tells apart, and that would become one in the copy. ${found.join(" ")} ` +
      "Say which properties tell them apart (keys), or what the property is to be called by which they keep their ids (relationshipId).",
  );
}

/** What to do where relationships have no ids to tell them apart. */
export function withoutIds(property: string): CopyPlanError {
  return new CopyPlanError(
    `The database that is copied has no ids of relationships that last, so that none can be kept as "${property}" (relationshipId). ` +
      "Say which properties tell relationships apart (keys).",
  );
}

function withKeys(types: readonly KeysOf[], keys: CopyKeys["nodes"]): readonly KeysOf[] {
  return types.map(({ type, keys: own }) => ({ type, keys: keysFor(type, own, keys) }));
}

/** Sorted, as shapes have them. */
function keysFor(
  type: string,
  own: readonly string[],
  keys: Readonly<Record<string, readonly string[]>> = {},
): readonly string[] {
  return [...(Object.hasOwn(keys, type) ? (keys[type] ?? own) : own)].sort();
}

function checkKnown(kind: string, chosen: readonly string[] = [], types: readonly { readonly type: string }[]): void {
  const known = [...new Set(types.map(({ type }) => type))];
  const unknown = chosen.find((type) => !known.includes(type));
  if (unknown === undefined) return;
  const names = known.length > 0 ? `There are ${known.sort().join(", ")}.` : "There are none at all.";
  throw new CopyPlanError(`There is no ${kind} type "${unknown}" to copy. ${names}`);
}
