import { resolve } from "node:path";
import type { Command } from "commander";
import type { PipelineEntry, Project } from "datagraph/pipelines";
import { UsageError } from "../exit-codes.ts";

/** What the options of a command that has to do with pipelines were set to. */
export interface ProjectFlags {
  readonly project?: string;
  readonly target?: readonly string[];
  readonly annotation?: readonly string[];
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

export function addProjectOption(command: Command): Command {
  return command.option(
    "-p, --project <path>",
    "the project: its file or folder (default: datagraph.yaml or nodestream.yaml here)",
  );
}

export function addPipelineOptions(command: Command): Command {
  return addProjectOption(command)
    .option("-t, --target <name>", "write to this target of the project too (repeatable)", collect)
    .option("-a, --annotation <text>", "only steps without annotations, or with this one (repeatable)", collect);
}

/** The project that the command line means, if there is one. Loaded on demand: other commands do without. */
export async function openProject(path: string | undefined, folder: string): Promise<Project | undefined> {
  const { findProject, loadProject } = await import("datagraph/pipelines");
  const wanted = path === undefined ? folder : resolve(folder, path);
  const file = await findProject(wanted);
  if (file !== undefined) return loadProject(file);
  if (path === undefined) return undefined;
  throw new UsageError(
    `There is no project at ${wanted}. Expected a file, or a folder with a datagraph.yaml or nodestream.yaml.`,
  );
}

/** The same for commands that cannot do without. */
export async function needProject(path: string | undefined, folder: string): Promise<Project> {
  const project = await openProject(path, folder);
  if (project) return project;
  throw new UsageError(
    `There is no project in ${folder}: expected datagraph.yaml or nodestream.yaml. "datagraph new" makes one; -p names one elsewhere.`,
  );
}

/** The pipelines of these names; all for none. @throws UsageError for unknown ones. */
export async function selectPipelines(project: Project, names: readonly string[]): Promise<readonly PipelineEntry[]> {
  const { UnknownNameError } = await import("datagraph/pipelines");
  try {
    return project.select(names);
  } catch (error) {
    throw error instanceof UnknownNameError ? new UsageError(`${error.message}.`) : error;
  }
}

/** @throws UsageError for targets that the project does not have. */
export async function checkTargets(project: Project, names: readonly string[] = []): Promise<void> {
  const { UnknownNameError } = await import("datagraph/pipelines");
  for (const name of names) {
    if (!project.targets.includes(name)) {
      throw new UsageError(`${new UnknownNameError("target", name, project.targets, project.path).message}.`);
    }
  }
}
