import type { Connection } from "datagraph/graph";
import { IncompleteCopyError } from "./errors.ts";
import type { CopiedShard } from "./shards.ts";

/** What was copied of one type: of relationships between two types. `ms` is what all shards took together. */
export type CopiedType = CopiedShard;

/** Adds up what shards have done, in the order in which types were met. */
export function sumByType(shards: readonly CopiedShard[]): readonly CopiedType[] {
  const byType = new Map<string, CopiedShard>();
  for (const shard of shards) {
    const { kind, type, from = "", to = "" } = shard;
    const id = JSON.stringify([kind, type, from, to]);
    const known = byType.get(id);
    byType.set(id, known ? sum(known, shard) : shard);
  }
  return [...byType.values()];
}

function sum(some: CopiedShard, more: CopiedShard): CopiedShard {
  const total: Record<string, unknown> = { ...some };
  for (const [name, value] of Object.entries(more)) {
    if (typeof value === "number") total[name] = Number(total[name] ?? 0) + value;
  }
  return total as unknown as CopiedShard;
}

/**
 * Sees whether there is at least as much of each type as was read of it.
 *
 * @throws IncompleteCopyError
 */
export async function verify(copied: readonly CopiedType[], { types }: Connection, signal: AbortSignal): Promise<void> {
  const missing: string[] = [];
  for (const { kind, type, from = "", to = "", read } of copied) {
    const of = kind === "nodes" ? { node: type } : { relationship: type, from, to };
    const found = await types.count(of, signal);
    if (found === undefined || found >= read) continue;
    missing.push(
      kind === "nodes"
        ? `Of ${read} nodes of type "${type}" ${found} are there: do some have one key?`
        : `Of ${read} relationships of type "${type}" from "${from}" to "${to}" ${found} are there: ` +
            "where there are several between two nodes, say which properties tell them apart (keys).",
    );
  }
  if (missing.length > 0) throw new IncompleteCopyError(missing);
}
