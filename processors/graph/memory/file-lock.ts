import { open, readFile, rm } from "node:fs/promises";
import { ConnectionError } from "../errors.ts";

/**
 * Takes a file for this process; gives what lets it go. A lock whose process is gone is nobody's.
 *
 * @throws ConnectionError when another process has it.
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const lock = `${path}.lock`;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await createWith(lock, String(process.pid))) return () => rm(lock, { force: true });
    const owner = Number(await readFile(lock, "utf8").catch(() => ""));
    if (owner !== process.pid && isAlive(owner)) {
      throw new ConnectionError(
        `The graph file ${path} is open in process ${owner}, and one process at a time can change it. ` +
          `End that one, choose another path, or remove ${lock} when it is no process of this program.`,
      );
    }
    await rm(lock, { force: true });
  }
  throw new ConnectionError(`The graph file ${path} is wanted by several processes at once.`);
}

async function createWith(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(text).finally(() => file.close());
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false;
    throw new ConnectionError(`The file ${path} cannot be made, so its graph cannot be opened.`, { cause });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const ATTEMPTS = 3;
