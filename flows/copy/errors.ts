import { DatagraphError } from "datagraph";

/** What was asked to be copied cannot be: a type that is unknown, or one whose key is. */
export class CopyPlanError extends DatagraphError {
  constructor(message: string) {
    super("COPY_PLAN", message);
  }
}

/** A copy that lacks something of what was read. */
export class IncompleteCopyError extends DatagraphError {
  constructor(missing: readonly string[]) {
    super("INCOMPLETE_COPY", `The copy is not complete. ${missing.join(" ")}`);
  }
}
