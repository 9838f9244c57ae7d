import type { Connection, CountedType, KeysOf, Part, RelationshipsOf } from "datagraph/graph";
import type { CopySettings } from "./options.ts";
import { indistinct, select, withoutIds, withoutKey } from "./selection.ts";

/** A part of what is to be copied: what one call does, and does again when it was interrupted. */
export interface NodeShard {
  readonly of: KeysOf;
  readonly part: Part;
  /** All types by which nodes are found, in the order in which they claim them. */
  readonly owners: readonly KeysOf[];
}

export interface RelationshipShard {
  readonly of: RelationshipsOf;
  readonly part: Part;
  readonly owners: readonly KeysOf[];
  /** Between which types relationships of this type are copied, this pair included. */
  readonly pairs: readonly (readonly [from: string, to: string])[];
  /** A property that is to have their ids, and to be their key. */
  readonly idAs?: string;
  /** Whether the nodes at both ends are all there, so that they are only looked for. */
  readonly endsAreThere: boolean;
}

export interface CopyPlan {
  readonly nodes: readonly NodeShard[];
  readonly relationships: readonly RelationshipShard[];
}

/**
 * Divides what is to be copied into shards.
 *
 * @throws CopyPlanError where something could only be left behind.
 */
export async function planCopy({ types }: Connection, settings: CopySettings, signal: AbortSignal): Promise<CopyPlan> {
  const selection = select(settings.schema ?? (await types.discover(signal)), settings);
  const { nodes, relationships, keyless, known: owners } = selection;
  await checkKeyless({ types }, keyless, owners, signal);
  const isCopied = ({ type }: KeysOf) => nodes.some((each) => each.type === type);
  const plan: { nodes: NodeShard[]; relationships: RelationshipShard[] } = { nodes: [], relationships: [] };
  const partsOf = async (of: CountedType) => parts((await types.count(of, signal)) ?? 0, settings.shardSize);
  for (const of of nodes) {
    for (const part of await partsOf({ node: of.type })) plan.nodes.push({ of, part, owners });
  }
  const repeated: string[] = [];
  for (const of of relationships) {
    const idAs = of.keys.length === 0 ? settings.relationshipId : undefined;
    if (idAs === undefined) repeated.push(...(await repeatedOf({ types }, of, signal)));
    else if (!types.givesIds) throw withoutIds(idAs);
    const pairs = relationships.filter(({ type }) => type === of.type).map(({ from, to }) => [from.type, to.type] as const);
    const endsAreThere = settings.preloadNodes && isCopied(of.from) && isCopied(of.to);
    for (const part of await partsOf({ relationship: of.type, from: of.from.type, to: of.to.type }))
      plan.relationships.push({ of, part, owners, pairs, endsAreThere, ...(idAs !== undefined && { idAs }) });
  }
  if (repeated.length > 0) throw indistinct(repeated);
  return plan;
}

/** What is said of relationships that would become one. */
async function repeatedOf({ types }: Pick<Connection, "types">, of: RelationshipsOf, signal: AbortSignal): Promise<string[]> {
  const count = await types.countRepeated(of, signal);
  const key = of.keys.length > 0 ? ` and key (${of.keys.join(", ")})` : "";
  return count === 0
    ? []
    : [`${count} of "${of.type}" from "${of.from.type}" to "${of.to.type}" have the ends${key} of another one.`];
}

/** At least one: something may have been added since it was counted. */
function parts(count: number, shardSize: number): readonly Part[] {
  const of = Math.max(1, Math.ceil(count / shardSize));
  return Array.from({ length: of }, (_, index) => ({ index, of }));
}

/** Types without a key are no loss while all of their nodes have another type, which has one. */
async function checkKeyless(
  { types }: Pick<Connection, "types">,
  keyless: readonly string[],
  owners: readonly KeysOf[],
  signal: AbortSignal,
): Promise<void> {
  const left: string[] = [];
  for (const type of keyless) {
    for await (const page of types.nodes({ type, keys: [] }, { signal })) {
      const isLeft = page.some(({ additionalTypes }) => !owners.some((owner) => additionalTypes.includes(owner.type)));
      if (!isLeft) continue;
      left.push(type);
      break;
    }
  }
  if (left.length > 0) throw withoutKey(left);
}
