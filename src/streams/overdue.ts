import { DeadlineError } from "../errors.ts";
import type { Ledger } from "./ledger.ts";
import type { RunRecord, StreamEnd } from "./store.ts";

/** How a run ends that has not done so within its deadline: with the processors that it was still about. */
export function runOverdue({ id, deadlineMs = 0, tasks }: RunRecord, ledger: Ledger): StreamEnd {
  const pending = ledger.tasks.flatMap(({ state }, task) =>
    state === "running" || state === "ready" || state === "waiting" ? [`"${tasks[task]?.processor}" (${state})`] : [],
  );
  const error = new DeadlineError(`Run ${id}`, deadlineMs, pending);
  const { name, code, message } = error;
  return { state: "failed", failure: { name, code, message, run: id }, error };
}

/** How a task ends that has not done so within its deadline. */
export function taskOverdue({ id, tasks }: RunRecord, task: number, attempt: number): StreamEnd {
  const { processor = "", deadlineMs = 0 } = tasks[task] ?? {};
  const error = new DeadlineError(`Processor "${processor}" of run ${id}`, deadlineMs);
  const { name, code, message } = error;
  return { state: "failed", failure: { name, code, message, run: id, processor, attempt }, error };
}

/** What a task's handler is told that was stopped by its deadline; `undefined` where it was not. */
export function deadlineReason(record: RunRecord, { end, tasks }: Ledger, task: number): unknown {
  const isDue = end?.state === "failed" && end.failure.code === "DEADLINE";
  if (!isDue || end.failure.processor !== record.tasks[task]?.processor) return undefined;
  const overdue = taskOverdue(record, task, tasks[task]?.attempt ?? 1);
  return overdue.state === "failed" ? overdue.error : undefined;
}
