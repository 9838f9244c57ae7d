import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Hands over to the datagraph that is installed where the command was called, when this one is another (a global one, or
 * npx's): a user's modules import theirs, and a flow belongs to the copy of the library that made it.
 *
 * @returns whether it did.
 */
export async function runLocalInstall(folder: string): Promise<boolean> {
  const own = packageFolder(import.meta.url);
  const local = packageFolder(join(folder, "datagraph.js"));
  if (own === undefined || local === undefined || own === local) return false;
  const command = join(local, "dist", "supervisor", "main.js");
  if (!existsSync(command)) return false;
  await import(pathToFileURL(command).href);
  return true;
}

/** Where the package is that `import "datagraph"` finds from a file. */
function packageFolder(from: string): string | undefined {
  try {
    return realpathSync(dirname(createRequire(from).resolve("datagraph/package.json")));
  } catch {
    return undefined;
  }
}
