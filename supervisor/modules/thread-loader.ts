/** Loads modules in the threads of isolated handlers as the main thread loads them: TypeScript too, and without a word on stdout. */
import { consoleToStderr } from "../reports/console-to-stderr.ts";
import { loadModule } from "./load-module.ts";

consoleToStderr((text) => process.stderr.write(text), false);

/** @see ThreadOptions */
export function load(url: string): Promise<unknown> {
  return loadModule(url, process.cwd());
}
