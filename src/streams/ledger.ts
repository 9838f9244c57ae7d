import type { RunState, TaskState } from "../flow/topology.ts";
import type { Sharing } from "./share.ts";
import type { RunRecord, StreamEnd, TaskSnapshot } from "./store.ts";
import type { Suspected } from "./suspects.ts";

/** What a run's state is, as plain data. Indices are those of the record. */
export interface Ledger {
  readonly state: RunState;
  /** Why it failed or was cancelled, from the first moment on. */
  readonly end?: StreamEnd;
  /** Tasks that were running and were told to stop. */
  readonly stopped: readonly number[];
  /** Those of the record; then the other replicas of tasks that are shared by several. */
  readonly tasks: readonly LedgerTask[];
  /** How each stream ended; absent while it is open. */
  readonly ends: readonly (StreamEnd | undefined)[];
}

export interface LedgerTask extends Suspected {
  readonly state: TaskState;
  readonly attempt: number;
  readonly token?: string;
  /** How often in a row it was lost with its process, without having written anything between. */
  readonly losses?: number;
  /** How many values it had written when it was lost last. */
  readonly written?: number;
  /** Set on another replica: the task of the record that it is one of. */
  readonly of?: number;
  /** Set on a task of the record that several replicas perform. */
  readonly sharing?: Sharing;
}

/** The task of the record that a task is, or is a replica of. */
export function recordTask({ tasks }: Pick<Ledger, "tasks">, task: number): number {
  return tasks[task]?.of ?? task;
}

/** All replicas of a task, itself among them. */
export function replicasOf({ tasks }: Pick<Ledger, "tasks">, task: number): number[] {
  const first = recordTask({ tasks }, task);
  if (!tasks[first]?.sharing) return [task];
  return tasks.flatMap(({ of }, index) => (index === first || of === first ? [index] : []));
}

/** How a task of the record is, whoever performs it. */
export function taskSnapshots({ tasks }: Ledger): TaskSnapshot[] {
  const own = tasks.filter(({ of }) => of === undefined);
  return own.map(({ state, attempt, sharing }, task) => {
    if (!sharing) return { state, attempt };
    const replicas = replicasOf({ tasks }, task).flatMap((index) => tasks[index] ?? []);
    const has = (asked: TaskState) => replicas.some((replica) => replica.state === asked);
    const together = (["running", "ready", "failed", "cancelled"] as const).find(has) ?? "completed";
    return {
      state: together,
      attempt: Math.max(...replicas.map((replica) => replica.attempt)),
      replicas: replicas.length,
    };
  });
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
