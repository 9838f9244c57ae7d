import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { createJiti } from "jiti";
import { UsageError } from "../exit-codes.ts";
import { ModuleLoadError } from "./module-load-error.ts";

/** What a module exports, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

const TYPESCRIPT = new Set([".ts", ".mts", ".cts", ".tsx"]);

/**
 * Loads a user's module. JavaScript is loaded by Node itself; TypeScript is compiled on the way by jiti, which hands
 * packages and JavaScript modules to Node. So a module's `import "datagraph"` is the very library that this command uses,
 * and its flows and errors are of the same classes.
 *
 * @throws UsageError when there is no such file; ModuleLoadError when it throws while loading.
 */
export async function loadModule(specifier: string, folder: string): Promise<ModuleExports> {
  const path = specifier.startsWith("file:") ? fileURLToPath(specifier) : resolve(folder, specifier);
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw new UsageError(`There is no module ${path}. Expected the path of a JavaScript or TypeScript file that exports a flow.`);
  if (found.isDirectory())
    throw new UsageError(`${path} is a folder. Expected the path of a JavaScript or TypeScript file that exports a flow.`);
  const isTypeScript = TYPESCRIPT.has(extname(path));
  try {
    return await (isTypeScript ? loadTypeScript(path) : loadJavaScript(path));
  } catch (error) {
    throw new ModuleLoadError(specifier, error, isTypeScript ? undefined : await syntaxProblem(path, error));
  }
}

async function loadJavaScript(path: string): Promise<ModuleExports> {
  return (await import(pathToFileURL(path).href)) as ModuleExports;
}

async function loadTypeScript(path: string): Promise<ModuleExports> {
  // Stacks name the lines of the TypeScript files.
  process.setSourceMapsEnabled(true);
  const jiti = createJiti(import.meta.url, { interopDefault: false, sourceMaps: true, tsconfigPaths: true });
  return jiti.import<ModuleExports>(path);
}

/** Node's syntax errors say where only when Node itself prints them: a check of the file gets that. */
async function syntaxProblem(path: string, error: unknown): Promise<string | undefined> {
  if (!(error instanceof SyntaxError)) return undefined;
  const check = promisify(execFile)(process.execPath, ["--check", path]);
  const printed = await check.then(
    () => "",
    ({ stderr }: { readonly stderr: string }) => stderr,
  );
  const line = printed.startsWith(path) ? /^:(\d+)/.exec(printed.slice(path.length))?.[1] : undefined;
  return line === undefined ? undefined : `${error.name}: ${error.message} (${path}:${line})`;
}
