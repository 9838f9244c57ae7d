import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { PipelineEntry, Project } from "datagraph/pipelines";
import { UsageError } from "../exit-codes.ts";
import { openProject, selectPipelines } from "./options.ts";

/** What the names on a command line are: pipelines of a project, or a module. */
export type Work =
  | { readonly kind: "pipelines"; readonly project: Project; readonly entries: readonly PipelineEntry[] }
  | { readonly kind: "module"; readonly module: string };

/**
 * A name that the project knows is a pipeline; else it is a module.
 *
 * @param names none of them: all pipelines of the project. @throws UsageError.
 */
export async function chooseWork(names: readonly string[], project: string | undefined, folder: string): Promise<Work> {
  const [only, ...others] = names;
  const found = await projectFor(names, project, folder);
  if (found) {
    const isKnown = (name: string) => found.pipelines.some((entry) => entry.name === name || entry.id === name);
    const isModule =
      project === undefined && only !== undefined && others.length === 0 && !isKnown(only) && (await isFile(only, folder));
    if (!isModule) return { kind: "pipelines", project: found, entries: await selectPipelines(found, names) };
  }
  if (only === undefined) {
    throw new UsageError(`Expected a module, or a project in ${folder} (datagraph.yaml, nodestream.yaml), found neither.`);
  }
  if (others.length > 0)
    throw new UsageError(
      `Expected one module, found ${names.length}. Several names are pipelines, and there is no project here.`,
    );
  return { kind: "module", module: only };
}

/** A module that lies beside a project which cannot be read is run all the same. */
async function projectFor(names: readonly string[], project: string | undefined, folder: string): Promise<Project | undefined> {
  try {
    return await openProject(project, folder);
  } catch (error) {
    const [only] = names;
    if (project === undefined && only !== undefined && names.length === 1 && (await isFile(only, folder))) return undefined;
    throw error;
  }
}

async function isFile(name: string, folder: string): Promise<boolean> {
  const path = name.startsWith("file:") ? new URL(name) : resolve(folder, name);
  return (await stat(path).catch(() => undefined)) !== undefined;
}
