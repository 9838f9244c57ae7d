import { DatagraphError } from "datagraph";
import { didYouMean } from "../yaml/closest.ts";

/** A pipeline or target that a project does not have. */
export class UnknownNameError extends DatagraphError {
  /** The name that was asked for. */
  readonly wanted: string;

  constructor(what: "pipeline" | "target", wanted: string, known: readonly string[], project: string) {
    const list = known.length === 0 ? `it has no ${what}s` : `its ${what}s: ${known.join(", ")}`;
    super("UNKNOWN_NAME", `${project} has no ${what} "${wanted}"${didYouMean(wanted, known)} (${list})`);
    this.wanted = wanted;
  }
}

/** There is no file of a project where one was expected. */
export class ProjectNotFoundError extends DatagraphError {
  constructor(where: string) {
    super(
      "PROJECT_NOT_FOUND",
      `There is no project at ${where}. Expected a file datagraph.yaml or nodestream.yaml; "datagraph new" makes one.`,
    );
  }
}
