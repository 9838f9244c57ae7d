import { DatagraphError } from "../errors.ts";
import type { RunRecord } from "./store.ts";

/** Whether a task can be performed again, by another attempt or by the same one: then what it reads is kept until it is done for good. */
export function canRestart({ durable, tasks }: Pick<RunRecord, "durable" | "tasks">, task: number): boolean {
  return durable || tasks[task]?.restarts === true;
}

/** A run of this id exists and is wired otherwise. */
export class RunConflictError extends DatagraphError {
  constructor(run: string) {
    super(
      "RUN_CONFLICT",
      `Run "${run}" exists already, of another flow or with other options. Start this one under another id, or without one.`,
    );
  }
}

/** The same run started twice is one run; another flow under its id is a mistake. */
export function assertSameRun(known: RunRecord, asked: RunRecord): void {
  if (wiringOf(known) !== wiringOf(asked)) throw new RunConflictError(asked.id);
}

function wiringOf({ tasks, streams, onError }: RunRecord): string {
  return JSON.stringify({ tasks, streams, onError });
}
