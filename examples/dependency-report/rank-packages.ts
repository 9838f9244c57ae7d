import { Processor } from "datagraph";
import { Package, Rank } from "./streams.ts";

/**
 * Ranks packages by how many others need them, the most needed first. Who needs what is known only when the last package
 * is: so it waits, while all that can go on goes on.
 */
export const rankPackages = new Processor({
  name: "rank packages",
  wait: true,
  inputs: { packages: Package },
  outputs: { ranking: Rank },
}).implement(async function* ({ packages }) {
  const all = new Map((await packages.toArray()).map((found) => [found.path, found]));
  const neededBy = new Map<string, string[]>([...all.keys()].map((path) => [path, []]));
  for (const { path, needs } of all.values()) {
    for (const name of needs) neededBy.get(whereFound(name, path, all))?.push(path);
  }
  const ranks = [...all.values()].map(({ id, path }) => ({
    id,
    direct: neededBy.get(path)?.length ?? 0,
    total: reachable(path, neededBy).size,
  }));
  ranks.sort((a, b) => b.total - a.total || b.direct - a.direct || a.id.localeCompare(b.id, "en"));
  for (const rank of ranks) yield { ranking: rank };
});

/** Where Node finds a package by name, looking from a package's folder upwards. */
function whereFound(name: string, from: string, all: ReadonlyMap<string, Package>): string {
  for (let path = from; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/")))) {
    const inside = `${path}/node_modules/${name}`;
    if (all.has(inside)) return inside;
  }
  return `node_modules/${name}`;
}

/** Everything that needs a package, directly or through others. */
function reachable(path: string, neededBy: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set(neededBy.get(path));
  for (const each of found) for (const other of neededBy.get(each) ?? []) found.add(other);
  return found;
}
