import type { Executor, Task } from "../executors/executor.ts";
import type { Log } from "../processor/implementation.ts";
import { initialLedger } from "../streams/ledger.ts";
import type { RunEvent, RunRecord, RunStore, StreamEnd } from "../streams/store.ts";

/** One attempt at a task of a run, as events name it. */
export interface Attempt {
  readonly task: number;
  readonly attempt: number;
  /** The task it is a replica of. */
  readonly of?: number;
}

/**
 * Hands one ready task to the executor; a failure is logged, and made good by whoever looks after the run next.
 *
 * @throws what the executor throws, once it was logged.
 */
export async function dispatchTask(record: RunRecord, ready: Attempt, executor: Executor, log: Log): Promise<void> {
  const task = taskOf(record, ready);
  try {
    await executor.dispatch(withRecord(task, record));
  } catch (error) {
    log.error(`Task "${task.processor}" of run ${task.run} could not be dispatched`, { error });
    throw error;
  }
}

/** Tasks that were dispatched while their run was created. */
export interface EarlyDispatch {
  readonly tasks: readonly number[];
  /** Those that could not be. */
  readonly refused: Promise<readonly Attempt[]>;
  /** Takes them back: there is no run. */
  readonly withdraw: () => void;
}

/**
 * Dispatches what is ready from the beginning of a run while that is being created, not after it: a worker that is faster looks for the run again (see `TaskPerformer`).
 * Where it cannot be created its tasks are taken back.
 */
export function dispatchEarly(record: RunRecord, executor: Executor, log: Log): EarlyDispatch {
  const ready = initialLedger(record).tasks.flatMap(({ state }, task) => (state === "ready" ? [{ task, attempt: 1 }] : []));
  const refused = ready.map((attempt) =>
    dispatchTask(record, attempt, executor, log).then(
      () => [],
      () => [attempt],
    ),
  );
  const withdraw = () => {
    for (const attempt of ready) withdrawTask(record, attempt, executor, log);
  };
  return { tasks: ready.map(({ task }) => task), refused: Promise.all(refused).then((all) => all.flat()), withdraw };
}

/** Does for a task what an event of its run asks of the process that has caused it. */
export function onTaskEvent(run: RunStore, event: RunEvent, executor: Executor, log: Log): void {
  if (event.type === "ready" && event.here) dispatchTask(run.record, event, executor, log).catch(() => undefined);
  if (event.type === "withdrawn" && event.here) withdrawTask(run.record, event, executor, log);
}

/** Takes back what nobody has begun. What stays where it is does no harm: who takes it finds that its run has ended. */
export function withdrawTask(record: RunRecord, attempt: Attempt, executor: Executor, log: Log): void {
  const task = taskOf(record, attempt);
  executor.withdraw?.(task).catch((error: unknown) => {
    log.debug(`Task "${task.processor}" of run ${task.run} could not be taken back`, { error });
  });
}

/** Ends a run before its time, and takes back those of its tasks that nobody has begun. */
export async function stopRun(run: RunStore, end: StreamEnd, executor: Executor, log: Log): Promise<void> {
  const unwatch = run.watch((event) => {
    if (event.type === "withdrawn" && event.here) withdrawTask(run.record, event, executor, log);
  });
  await run.stop(end).finally(unwatch);
}

function taskOf({ id, tasks }: RunRecord, { task, attempt, of }: Attempt): Task {
  return { run: id, processor: tasks[of ?? task]?.processor ?? "", index: task, attempt };
}

/** What goes along with a task is stored once for each: a long record is better asked for. One that a local executor has stays where it is. */
const SHORT_RECORD = 4096;

/** Found out once for each record: a run with many tasks has a long one. */
const short = new WeakMap<RunRecord, boolean>();

/** The first attempt at a task of the record begins with what is known from the start; for others the store must be asked. */
function withRecord(task: Task, record: RunRecord): Task {
  const isFirst = task.attempt === 1 && task.index < record.tasks.length && record.durable;
  return isFirst && isShort(record) ? { ...task, record } : task;
}

function isShort(record: RunRecord): boolean {
  const known = short.get(record);
  if (known !== undefined) return known;
  const found = JSON.stringify(record).length <= SHORT_RECORD;
  short.set(record, found);
  return found;
}
