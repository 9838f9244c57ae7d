import { extname } from "node:path";
import { pathToFileURL } from "node:url";

/** What a module exports, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

const TYPESCRIPT = new Set([".ts", ".mts", ".cts", ".tsx"]);

/** Whether a file is compiled on the way. */
export function isTypeScript(path: string): boolean {
  return TYPESCRIPT.has(extname(path));
}

/**
 * Imports a user's module. JavaScript is loaded by Node itself; TypeScript is compiled on the way by jiti, which hands
 * packages and JavaScript modules to Node. So a module's `import "datagraph"` is the very library that this program uses,
 * and its flows and errors are of the same classes.
 *
 * @param path absolute. @throws whatever the module throws.
 */
export async function importModule(path: string): Promise<ModuleExports> {
  if (!isTypeScript(path)) return (await import(pathToFileURL(path).href)) as ModuleExports;
  // Stacks name the lines of the TypeScript files.
  process.setSourceMapsEnabled(true);
  const { createJiti } = await import("jiti");
  const jiti = createJiti(import.meta.url, { interopDefault: false, sourceMaps: true, tsconfigPaths: true });
  return jiti.import<ModuleExports>(path);
}
