import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { WorkerProcess } from "datagraph/testing";

/** This folder in the project, also where this file runs from `dist/`: the modules of other processes are loaded from there. */
const folder = join(dirname(createRequire(import.meta.url).resolve("datagraph/package.json")), "bench");

/** Starts processes that call `main` of a module of this folder, each with its own options; settles when all say `ready`. */
export async function startProcesses(module: string, options: readonly object[]): Promise<readonly WorkerProcess[]> {
  const start = (each: object) =>
    WorkerProcess.start(join(folder, "process.mjs"), /^ready$/, {
      args: [module, JSON.stringify(each)],
      deadlineMs: 60_000,
    });
  return Promise.all(options.map(start));
}

/** Starts processes, does something with them, and ends them. */
export async function withProcesses<T>(
  module: string,
  options: readonly object[],
  use: (processes: readonly WorkerProcess[]) => Promise<T>,
): Promise<T> {
  const processes = await startProcesses(module, options);
  try {
    return await use(processes);
  } finally {
    await Promise.all(processes.map((each) => each.kill()));
  }
}
