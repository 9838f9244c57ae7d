import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { importModule, isTypeScript, type ModuleExports } from "../../flows/pipelines/modules/import-module.ts";
import { UsageError } from "../exit-codes.ts";
import { ModuleLoadError } from "./module-load-error.ts";

export type { ModuleExports };

/**
 * Loads a user's module, JavaScript or TypeScript.
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
  try {
    return await importModule(path);
  } catch (error) {
    throw new ModuleLoadError(specifier, error, isTypeScript(path) ? undefined : await syntaxProblem(path, error));
  }
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
