import { checkFormat, FORMAT, UnknownFormatError } from "../../streams/envelope.ts";
import { type Task, TaskLeftError } from "../executor.ts";

/** What a job carries. */
export interface TaskEnvelope extends Task {
  /** The format it is in; the first one had none. */
  readonly v?: number;
}

/** @throws TaskLeftError for an envelope that only a newer version knows. */
export function checkEnvelope({ v = FORMAT, run, processor }: TaskEnvelope): void {
  const what = `Task "${processor}" of run ${run}`;
  try {
    checkFormat(v, what);
  } catch (error) {
    throw error instanceof UnknownFormatError ? new TaskLeftError(what, error) : error;
  }
}
