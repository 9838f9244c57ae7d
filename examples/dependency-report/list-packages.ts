import { join } from "node:path";
import { Processor } from "datagraph";
import { z } from "zod";
import { disk } from "./disk.ts";
import { Package } from "./streams.ts";

/** Lists the packages of each project folder, as its package-lock.json has them. */
export const listPackages = new Processor({
  name: "list packages",
  inputs: { projects: z.string() },
  outputs: { packages: Package },
}).implement({ disk }, async function* ({ projects, disk }) {
  for await (const folder of projects) {
    const text = await disk.text(join(folder, "package-lock.json"));
    if (text === undefined) throw new Error(`there is no package-lock.json in ${folder}. Run npm install there first.`);
    const entries = new Map(Object.entries(packagesOf(text, folder)));
    for (const [path, entry] of entries) {
      // The project itself has an empty path; a link leads to a package that is listed under its own path.
      if (path === "" || entry.link) continue;
      const needed = Object.keys({ ...entry.dependencies, ...entry.optionalDependencies });
      yield {
        packages: {
          id: idOf(path, entry),
          name: nameOf(path, entry),
          version: entry.version ?? null,
          project: folder,
          path,
          folder: join(folder, path),
          optional: entry.optional ?? entry.devOptional ?? false,
          licence: entry.license,
          needs: needed.flatMap((name) => {
            const found = whereFound(name, path, entries);
            const entry = entries.get(found);
            return entry ? [idOf(found, entry)] : [];
          }),
        },
      };
    }
  }
});

type Entry = z.infer<typeof Lockfile>["packages"][string];

function nameOf(path: string, { name }: Entry): string {
  return name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

function idOf(path: string, entry: Entry): string {
  const name = nameOf(path, entry);
  return entry.version === undefined ? name : `${name}@${entry.version}`;
}

/** Where Node finds a package by name, looking from a package's folder upwards. */
function whereFound(name: string, from: string, all: ReadonlyMap<string, unknown>): string {
  for (let path = from; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/")))) {
    const inside = `${path}/node_modules/${name}`;
    if (all.has(inside)) return inside;
  }
  return `node_modules/${name}`;
}

const Versions = z.record(z.string(), z.string());
const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      version: z.string().optional(),
      license: z.string().optional().catch(undefined),
      link: z.boolean().optional(),
      optional: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      dependencies: Versions.optional(),
      optionalDependencies: Versions.optional(),
    }),
  ),
});

function packagesOf(text: string, folder: string): z.infer<typeof Lockfile>["packages"] {
  try {
    return Lockfile.parse(JSON.parse(text)).packages;
  } catch (cause) {
    throw new Error(`the package-lock.json in ${folder} is not one of npm 7 or newer`, { cause });
  }
}
