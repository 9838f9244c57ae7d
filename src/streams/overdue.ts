import { DeadlineError } from "../errors.ts";
import { isSettled, type Ledger, recordTask } from "./ledger.ts";
import type { RunRecord, StreamEnd } from "./store.ts";

/** How a run ends that has not done so within its deadline: with the processors that it was still about. */
export function runOverdue({ id, deadlineMs = 0, tasks }: RunRecord, ledger: Ledger): StreamEnd {
  const pending = ledger.tasks.flatMap(({ state }, task) =>
    isSettled(state) ? [] : [`"${tasks[recordTask(ledger, task)]?.processor}" (${state})`],
  );
  const error = new DeadlineError(`Run ${id}`, deadlineMs, [...new Set(pending)]);
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
export function deadlineReason(record: RunRecord, ledger: Ledger, replica: number): unknown {
  const { end, tasks } = ledger;
  const task = recordTask(ledger, replica);
  const isDue = end?.state === "failed" && end.failure.code === "DEADLINE";
  if (!isDue || end.failure.processor !== record.tasks[task]?.processor) return undefined;
  const overdue = taskOverdue(record, task, tasks[replica]?.attempt ?? 1);
  return overdue.state === "failed" ? overdue.error : undefined;
}
