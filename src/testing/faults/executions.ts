import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** How often handlers were executed. */
export interface Executions {
  readonly total: number;
  /** How many of them were for a number that had been executed before. */
  readonly repeated: number;
}

/**
 * Notes that a handler was executed for a number. Any process of this machine may note to the same file, and what a
 * process has noted stays when it is killed.
 *
 * @param of what tells these numbers from others: a stream's name, say.
 */
export function noteExecution(file: string, number: number, of = ""): void {
  appendFileSync(file, `${number} ${encodeURIComponent(of)}\n`);
}

/** Counts what was noted in a file; a file that is not there holds nothing. */
export async function countExecutions(file: string): Promise<Executions> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  // A process may have been killed before the end of its line.
  const lines = text.split("\n").slice(0, -1);
  return { total: lines.length, repeated: lines.length - new Set(lines).size };
}
