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
    for (const [path, entry] of Object.entries(packagesOf(text, folder))) {
      // The project itself has an empty path; a link leads to a package that is listed under its own path.
      if (path === "" || entry.link) continue;
      const name = entry.name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
      yield {
        packages: {
          id: entry.version === undefined ? name : `${name}@${entry.version}`,
          path,
          folder: join(folder, path),
          optional: entry.optional ?? entry.devOptional ?? false,
          licence: entry.license,
          needs: Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }),
        },
      };
    }
  }
});

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
