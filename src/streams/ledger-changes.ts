import { hasEnded, isSettled, type Ledger, recordTask, replicasOf } from "./ledger.ts";
import type { RunEvent, RunRecord, StreamEnd } from "./store.ts";

/** What lies between two ledgers of a run; derived, so that whoever missed a step in between misses nothing. */
export interface Changes {
  /** Streams that have ended, with how. */
  readonly ended: ReadonlyMap<number, StreamEnd>;
  /** Streams whose writer is this token from now on. */
  readonly owned: ReadonlyMap<number, string>;
  /** Tasks that need their inputs no more. */
  readonly released: readonly number[];
  readonly events: readonly RunEvent[];
}

/** What has changed from one ledger to a later one. @param here whether a command of this view changed it. */
export function changesBetween(record: RunRecord, before: Ledger, after: Ledger, here = false): Changes {
  const ended = new Map<number, StreamEnd>();
  const owned = new Map<number, string>();
  const released: number[] = [];
  const events: RunEvent[] = [];
  after.ends.forEach((end, stream) => {
    if (end && !before.ends[stream]) ended.set(stream, end);
  });
  after.tasks.forEach((task, index) => {
    const earlier = before.tasks[index];
    const { of } = task;
    const isReplica = of === undefined ? {} : { of };
    if (task.state === "ready" && earlier?.state !== "ready")
      events.push({ type: "ready", task: index, attempt: task.attempt + 1, here, ...isReplica });
    if (isSettled(task.state) && earlier?.state === "ready")
      events.push({ type: "withdrawn", task: index, attempt: earlier.attempt + 1, here, ...isReplica });
    if (isSettled(task.state) && !(earlier && isSettled(earlier.state))) {
      const all = replicasOf(after, index).every((replica) => isSettled(after.tasks[replica]?.state ?? "completed"));
      const first = recordTask(after, index);
      if (all && !released.includes(first)) released.push(first);
    }
    // What replicas write belongs to all of them.
    if (task.token === undefined || task.token === earlier?.token || task.of !== undefined || task.sharing) return;
    for (const stream of record.tasks[index]?.outputs ?? []) owned.set(stream, task.token);
  });
  const stopped = after.stopped.filter((task) => !before.stopped.includes(task));
  if (after.end && (!before.end || stopped.length > 0)) events.push({ type: "stopped", end: after.end, tasks: stopped });
  if (hasEnded(after) && !hasEnded(before)) events.push({ type: "ended", end: after.end ?? { state: "completed" } });
  return { ended, owned, released, events };
}

/** All that has changed since the beginning: what a newcomer who is given a ledger must take in. */
export function changesSoFar(record: RunRecord, ledger: Ledger): Changes {
  const nothing: Ledger = {
    state: "running",
    stopped: [],
    tasks: ledger.tasks.map(() => ({ state: "waiting", attempt: 0 })),
    ends: [],
  };
  return changesBetween(record, nothing, ledger);
}

/** What a newcomer who watches the run must be told about a state that is already so. */
export function eventsSoFar(record: RunRecord, ledger: Ledger): readonly RunEvent[] {
  return changesSoFar(record, ledger).events;
}
