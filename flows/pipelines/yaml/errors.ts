import { DatagraphError } from "datagraph";
import type { Place } from "./node.ts";

/** One mistake in a project's files. */
export interface FileProblem extends Place {
  /** What was expected, and what was found. */
  readonly problem: string;
}

/** Files of a project that cannot be understood. `problems` has every mistake that was found, each with its place. */
export class ProjectFileError extends DatagraphError {
  readonly problems: readonly FileProblem[];

  constructor(problems: readonly FileProblem[], options?: ErrorOptions) {
    const lines = problems.map(({ problem, ...place }) => `${placeText(place)}: ${problem}${problem.endsWith("?") ? "" : "."}`);
    super(
      "PROJECT_FILE",
      lines.length === 1 ? String(lines[0]) : `${lines.length} mistakes:${lines.map((line) => `\n  ${line}`).join("")}`,
      options,
    );
    this.problems = problems;
  }
}

/** As editors understand it: `file:line:column`. */
function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

/** @throws ProjectFileError always. */
export function refuse(place: Place, problem: string, options?: ErrorOptions): never {
  throw new ProjectFileError([{ file: place.file, line: place.line, column: place.column, problem }], options);
}
