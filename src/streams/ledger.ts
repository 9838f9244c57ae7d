import type { RunState, TaskState } from "../flow/topology.ts";
import type { RunRecord, StreamEnd } from "./store.ts";

/** What a run's state is, as plain data. Indices are those of the record. */
export interface Ledger {
  readonly state: RunState;
  /** Why it failed or was cancelled, from the first moment on. */
  readonly end?: StreamEnd;
  /** Tasks that were running and were told to stop. */
  readonly stopped: readonly number[];
  readonly tasks: readonly LedgerTask[];
  /** How each stream ended; absent while it is open. */
  readonly ends: readonly (StreamEnd | undefined)[];
}

export interface LedgerTask {
  readonly state: TaskState;
  readonly attempt: number;
  readonly token?: string;
  /** How often in a row it was lost with its process, without having written anything between. */
  readonly losses?: number;
  /** How many values it had written when it was lost last. */
  readonly written?: number;
}

/** The state of a run that has just been created. */
export function initialLedger(record: RunRecord): Ledger {
  return {
    state: "running",
    stopped: [],
    tasks: record.tasks.map((task) => ({ state: task.wait && task.inputs.length > 0 ? "waiting" : "ready", attempt: 0 })),
    ends: record.streams.map(() => undefined),
  };
}

/** Whether every task has settled. */
export function hasEnded(ledger: Ledger): boolean {
  return ledger.tasks.every((task) => isSettled(task.state));
}

export function isSettled(state: TaskState): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}
