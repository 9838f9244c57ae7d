import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { readDatagraphProject } from "../datagraph/project.ts";
import { readNodestreamProject } from "../nodestream/project.ts";
import { readYaml, shownPath } from "../yaml/read.ts";
import { ProjectNotFoundError } from "./errors.ts";
import { Project } from "./project.ts";

/** How projects' files are called; in a folder the first of them counts. */
const FILES = ["datagraph.yaml", "datagraph.yml", "nodestream.yaml", "nodestream.yml"] as const;

/**
 * Reads a project: `datagraph.yaml`, or one of nodestream's. Its pipelines' files are read when they are loaded.
 *
 * @param path the file, or its folder. Default: the working directory.
 * @throws ProjectNotFoundError; ProjectFileError.
 */
export async function loadProject(path = "."): Promise<Project> {
  const file = await findProject(path);
  if (file === undefined) throw new ProjectNotFoundError(resolve(path));
  const shown = shownPath(file);
  if (/^nodestream\b/.test(basename(file))) {
    // As nodestream has it: all paths start where it is called.
    const folder = process.cwd();
    return new Project(readNodestreamProject(shown, await readYaml(file, { version: "1.1", includesFrom: folder }), folder));
  }
  return new Project(readDatagraphProject(shown, await readYaml(file, { version: "1.2" }), resolve(file, "..")));
}

/** The file of the project at a path; undefined where there is none. */
export async function findProject(path = "."): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found && resolve(path);
  for (const name of FILES) {
    const file = join(path, name);
    if ((await stat(file).catch(() => undefined))?.isFile()) return resolve(file);
  }
  return undefined;
}
