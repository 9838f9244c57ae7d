import { DeadlineError } from "../errors.ts";
import type { Ledger } from "./lifecycle.ts";
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
export function deadlineReason(ledger: Ledger, processor: string | undefined): unknown {
  const { end } = ledger;
  return end?.state === "failed" && end.failure.code === "DEADLINE" && end.failure.processor === processor
    ? (end.error ?? new Error(end.failure.message))
    : undefined;
}
