import { opendir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { depends } from "datagraph";

/** Reads files, a bounded number at once however many processors ask: a process may open only so many. */
export class Disk {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** The text of a file, or `undefined` when there is none. */
  text(path: string): Promise<string | undefined> {
    return this.#turn(() => readFile(path, "utf8").catch(absent));
  }

  /** The names in a folder. */
  names(folder: string): Promise<string[]> {
    return this.#turn(() => readdir(folder));
  }

  /** How many files a package has, and how large they are together; packages installed inside of it are not counted. */
  async measure(folder: string, signal: AbortSignal): Promise<{ files: number; bytes: number }> {
    signal.throwIfAborted();
    const found = await this.#turn(() => filesIn(folder));
    const inside = found.folders.filter((name) => name !== "node_modules");
    const deeper = await Promise.all(inside.map((name) => this.measure(join(folder, name), signal)));
    const total = { files: found.files, bytes: found.bytes };
    for (const { files, bytes } of deeper) {
      total.files += files;
      total.bytes += bytes;
    }
    return total;
  }

  async #turn<T>(work: () => Promise<T>): Promise<T> {
    while (this.#busy >= this.#max) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy++;
    try {
      return await work();
    } finally {
      this.#busy--;
      this.#waiting.shift()?.();
    }
  }
}

/** One for the whole process: three processors read side by side, and share one limit. */
export const disk = depends(() => new Disk(32), { scope: "process" });

async function filesIn(folder: string): Promise<{ files: number; bytes: number; folders: string[] }> {
  const found = { files: 0, bytes: 0, folders: [] as string[] };
  for await (const entry of await opendir(folder)) {
    if (entry.isDirectory()) found.folders.push(entry.name);
    if (!entry.isFile()) continue;
    found.files++;
    found.bytes += (await stat(join(folder, entry.name))).size;
  }
  return found;
}

function absent(error: unknown): undefined {
  if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
  throw error;
}
