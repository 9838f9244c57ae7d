/**
 * The life cycle of a run as pure state transitions, shared by every store: a store keeps a {@link Ledger}, applies one
 * command at a time (a lock in memory, a compare-and-set in Redis) and carries out the effects together with it.
 */
import { type Failure, ProcessLostError } from "../errors.ts";
import type { RunState } from "../flow/topology.ts";
import { isSettled, type Ledger, type LedgerTask, recordTask, replicasOf } from "./ledger.ts";
import { runOverdue, taskOverdue } from "./overdue.ts";
import type { Sharing } from "./share.ts";
import type { RunRecord, StreamEnd, TaskRecord } from "./store.ts";
import { afterLoss, afterRelease, inHand, type Values } from "./suspects.ts";

export type Command =
  | { readonly type: "claim"; readonly task: number; readonly token: string }
  /** Takes a claim back whose owner has gone silent; `token` is that owner's, `written` what its outputs hold. */
  | { readonly type: "expire"; readonly task: number; readonly token: string; readonly written: number }
  /** Gives a claim back, for another attempt. */
  | { readonly type: "release"; readonly task: number; readonly token: string }
  /** Fails the supplied inputs that are still open: the process that supplied them has gone silent. */
  | { readonly type: "abandon" }
  | { readonly type: "end"; readonly stream: number; readonly end: StreamEnd }
  /** `alone`: nothing is left to do for replicas that have never begun. */
  | { readonly type: "settle"; readonly task: number; readonly token: string; readonly end: StreamEnd; readonly alone?: boolean }
  /** Makes a task one of several replicas that share its input. */
  | { readonly type: "share"; readonly task: number; readonly token: string; readonly sharing: Sharing }
  /** Says which values of its input a task has in hand; without any, that nothing points to a value that ends its processes. */
  | { readonly type: "hold"; readonly task: number; readonly token: string; readonly values: Values | undefined }
  | { readonly type: "stop"; readonly end: StreamEnd }
  /** Fails a task that has not ended within its deadline, or the whole run, whoever performs them. */
  | { readonly type: "overdue"; readonly task?: number };

/** Applies a command; `undefined` when it changes nothing (it was applied before, or came too late). */
export function apply(record: RunRecord, ledger: Ledger, command: Command): Ledger | undefined {
  const draft = new Draft(record, ledger);
  switch (command.type) {
    case "claim":
      draft.claim(command.task, command.token);
      break;
    case "expire":
      draft.expire(command.task, command.token, command.written);
      break;
    case "release":
      draft.expire(command.task, command.token);
      break;
    case "abandon":
      draft.abandon();
      break;
    case "end":
      draft.end(command.stream, command.end);
      break;
    case "settle":
      draft.settle(command.task, command.token, command.end, command.alone);
      break;
    case "share":
      draft.share(command.task, command.token, command.sharing);
      break;
    case "hold":
      draft.hold(command.task, command.token, command.values);
      break;
    case "stop":
      draft.stop(command.end);
      break;
    case "overdue":
      if (command.task === undefined) draft.stop(runOverdue(record, ledger));
      else draft.taskIsOverdue(command.task);
      break;
  }
  return draft.finish();
}

function lostWith(message: string, where: Pick<Failure, "run" | "processor" | "input" | "attempt">): StreamEnd {
  const error = new ProcessLostError(message);
  return { state: "failed", failure: { name: error.name, code: error.code, message, ...where }, error };
}

/** So often a task is lost without having written anything new; then it is given up. */
const MAX_LOSSES = 5;
/** The same where replicas set values aside: that many losses may be over a value that is set aside then. */
const MAX_LOSSES_SETTING_ASIDE = 2 * MAX_LOSSES;

/** The owner of a task between two claims: no writer has this token. */
const NOBODY = "~";

/** What a task stays, whatever becomes of it. */
function replicaOf({ of, sharing }: LedgerTask): Pick<LedgerTask, "of" | "sharing"> {
  return { ...(of !== undefined && { of }), ...(sharing && { sharing }) };
}

/** A ledger while a command is applied to it. */
class Draft {
  readonly #record: RunRecord;
  readonly #before: Ledger;
  readonly #tasks: LedgerTask[];
  readonly #ends: (StreamEnd | undefined)[];
  #stopped: readonly number[];
  #state: RunState;
  #end: StreamEnd | undefined;

  constructor(record: RunRecord, ledger: Ledger) {
    this.#record = record;
    this.#before = ledger;
    this.#tasks = [...ledger.tasks];
    this.#ends = [...ledger.ends];
    this.#stopped = ledger.stopped;
    this.#state = ledger.state;
    this.#end = ledger.end;
  }

  claim(task: number, token: string): void {
    const current = this.#tasks[task];
    if (current?.state !== "ready") return;
    this.#tasks[task] = { ...current, state: "running", attempt: current.attempt + 1, token };
  }

  /**
   * A run that is being stopped needs no other attempt; one that is not durable cannot have one. A task that is lost again
   * and again and gets nowhere may well be what kills its processes.
   *
   * @param written values in its outputs; absent when its owner gives it back.
   */
  expire(task: number, token: string, written?: number): void {
    const current = this.#tasks[task];
    if (current?.state !== "running" || current.token !== token) return;
    const { id, durable } = this.#record;
    const { attempt } = current;
    // Values that it had in hand are counted by themselves: the one that too many have died of is set aside.
    const isCounted = written !== undefined && !current.inHand;
    const { losses: before = 0, written: known = 0 } = current;
    const losses = !isCounted ? before : written > known ? 1 : before + 1;
    if (this.#stopped.includes(task)) {
      this.#settle(task, { state: "cancelled", reason: `run ${id} was stopped` });
    } else if (durable && losses < this.#mostLosses(task)) {
      const suspected = written === undefined ? afterRelease(current) : afterLoss(current);
      const counts = { losses, written: written ?? known, ...suspected };
      this.#tasks[task] = { state: "ready", attempt, token: NOBODY, ...counts, ...replicaOf(current) };
    } else {
      const what = durable ? `${losses} processes in a row that performed it are gone` : "the process that performed it is gone";
      const { processor = "" } = this.#recordOf(task) ?? {};
      this.settle(task, token, lostWith(what, { run: id, processor, attempt }));
    }
  }

  /** The process that supplied the inputs has gone silent: what it has not ended never will be. */
  abandon(): void {
    const open = this.#record.streams.flatMap(({ producer }, index) =>
      producer === undefined && !this.#ends[index] ? [index] : [],
    );
    const ends = open.map((stream) => {
      const { name: input = "" } = this.#record.streams[stream] ?? {};
      const end = lostWith("the process that supplied this input is gone", { run: this.#record.id, input });
      this.#endStream(stream, end);
      return end;
    });
    const consumers = open.flatMap((stream) => this.#record.streams[stream]?.consumers ?? []);
    if (ends[0]) this.fail(ends[0], this.downstream(consumers));
  }

  settle(task: number, token: string, end: StreamEnd, alone = false): void {
    const current = this.#tasks[task];
    if (current?.state !== "running" || current.token !== token) return;
    if (alone && end.state === "completed") {
      for (const other of this.#replicasOf(task)) if (this.#tasks[other]?.attempt === 0) this.#settle(other, end);
    }
    this.#settle(task, end);
    if (end.state === "failed") this.fail(end, this.downstream([task]));
  }

  share(task: number, token: string, sharing: Sharing): void {
    const current = this.#tasks[task];
    if (current?.state !== "running" || current.token !== token || current.sharing || current.of !== undefined) return;
    this.#tasks[task] = { ...current, sharing };
    for (let replica = 1; replica < sharing.replicas; replica++) this.#tasks.push({ state: "ready", attempt: 0, of: task });
  }

  hold(task: number, token: string, values: Values | undefined): void {
    const current = this.#tasks[task];
    if (current?.state !== "running" || current.token !== token) return;
    const { suspects, inHand: _, lost, losses, ...rest } = current;
    this.#tasks[task] = values ? { ...current, inHand: inHand(current, values) } : rest;
  }

  #mostLosses(task: number): number {
    const { sharing } = this.#tasks[recordTask({ tasks: this.#tasks }, task)] ?? {};
    return sharing?.setsAside ? MAX_LOSSES_SETTING_ASIDE : MAX_LOSSES;
  }

  taskIsOverdue(task: number): void {
    const current = this.#tasks[task];
    if (!current || isSettled(current.state) || current.attempt === 0) return;
    const end = taskOverdue(this.#record, recordTask({ tasks: this.#tasks }, task), current.attempt);
    this.#settle(task, end);
    this.fail(end, this.downstream([task]));
  }

  /** Ends a stream by its writer's wish. A failure is the run's, too, also where the writer itself goes on. */
  end(stream: number, end: StreamEnd): void {
    const { consumers, producer } = this.#record.streams[stream] ?? { consumers: [] };
    if (this.#ends[stream]) return;
    this.#endStream(stream, end);
    if (end.state === "failed") this.fail(end, this.downstream(producer === undefined ? consumers : [...consumers, producer]));
  }

  /** Ends a stream and starts, or fails, the tasks that waited for it. */
  #endStream(stream: number, end: StreamEnd): void {
    if (this.#ends[stream]) return;
    this.#ends[stream] = end;
    for (const task of this.#record.streams[stream]?.consumers ?? []) {
      if (this.#tasks[task]?.state !== "waiting") continue;
      // A task that waits for complete inputs must not start on a broken one: it may have effects before it reads.
      if (end.state !== "completed") this.#settle(task, end);
      else if (this.#inputsEnded(task)) this.#makeReady(task);
    }
  }

  /** Marks the run as failed and stops what is not `downstream` of the failure: that drains and sees the failure itself. */
  fail(end: StreamEnd, downstream: ReadonlySet<number>): void {
    if (this.#state !== "running") return;
    this.#state = "failed";
    this.#end = end;
    const others = this.#record.onError === "cancel" ? this.#unsettled().filter((task) => !downstream.has(task)) : [];
    this.#interrupt(others, { state: "cancelled", reason: `run ${this.#record.id} failed` });
  }

  /** Stops what is left of the run. One that has failed and is still going on stays a failed one. */
  stop(end: StreamEnd): void {
    if (end.state === "completed" || this.#unsettled().length === 0) return;
    if (this.#state === "running") {
      this.#state = end.state;
      this.#end = end;
    }
    this.#interrupt(this.#unsettled(), end);
    this.#endAll(end);
  }

  /** The tasks that read, directly or not, what these tasks write; with the tasks themselves. */
  downstream(tasks: readonly number[]): Set<number> {
    const found = new Set(tasks);
    for (const task of found) {
      for (const stream of this.#recordOf(task)?.outputs ?? []) {
        for (const consumer of this.#record.streams[stream]?.consumers ?? []) {
          for (const replica of this.#replicasOf(consumer)) found.add(replica);
        }
      }
    }
    return found;
  }

  finish(): Ledger | undefined {
    const before = this.#before;
    if (this.#unsettled().length === 0) this.#close();
    const changed =
      this.#state !== before.state ||
      this.#stopped.length !== before.stopped.length ||
      this.#tasks.some((task, index) => task !== before.tasks[index]) ||
      this.#ends.some((end, index) => end !== before.ends[index]);
    if (!changed) return undefined;
    return {
      state: this.#state,
      ...(this.#end && { end: this.#end }),
      stopped: this.#stopped,
      tasks: this.#tasks,
      ends: this.#ends,
    };
  }

  /** Every task has settled: says how the run has ended, and ends the inputs that nobody will read any more. */
  #close(): void {
    this.#end ??= this.#ownCancellation();
    this.#state = this.#end?.state ?? "completed";
    this.#endAll({ state: "cancelled", reason: `run ${this.#record.id} has ended` });
  }

  /** A run of which a part was cancelled, though nobody stopped it, is not complete. */
  #ownCancellation(): StreamEnd | undefined {
    const task = this.#tasks.findIndex(({ state }) => state === "cancelled");
    if (task < 0) return undefined;
    const { processor, inputs, outputs } = this.#recordOf(task) ?? { processor: "", inputs: [], outputs: [] };
    const known = [...inputs, ...outputs].map((stream) => this.#ends[stream]).find((end) => end?.state === "cancelled");
    return known ?? { state: "cancelled", reason: `processor "${processor}" was cancelled` };
  }

  #endAll(end: StreamEnd): void {
    this.#record.streams.forEach((_, stream) => {
      this.#endStream(stream, end);
    });
  }

  #settle(task: number, end: StreamEnd): void {
    const current = this.#tasks[task];
    if (!current || isSettled(current.state)) return;
    this.#tasks[task] = { state: end.state, attempt: current.attempt, ...replicaOf(current) };
    const others = this.#replicasOf(task).filter((other) => !isSettled(this.#tasks[other]?.state ?? "completed"));
    // What several write is complete when all of them are; one that is not is enough to break it.
    if (end.state === "completed" && others.length > 0) return;
    for (const stream of this.#recordOf(task)?.outputs ?? []) this.#endStream(stream, end);
    this.#interrupt(others, { state: "cancelled", reason: "another replica of the processor has ended early" });
  }

  /** Stops tasks: those that run are told to and settle themselves; the others settle here. */
  #interrupt(tasks: readonly number[], end: StreamEnd): void {
    const running = tasks.filter((task) => this.#tasks[task]?.state === "running" && !this.#stopped.includes(task));
    this.#stopped = [...this.#stopped, ...running];
    for (const task of tasks) if (this.#tasks[task]?.state !== "running") this.#settle(task, end);
  }

  /** The record of a task, also of one that is another replica. */
  #recordOf(task: number): TaskRecord | undefined {
    return this.#record.tasks[recordTask({ tasks: this.#tasks }, task)];
  }

  #replicasOf(task: number): number[] {
    return replicasOf({ tasks: this.#tasks }, task);
  }

  #unsettled(): number[] {
    return this.#tasks.flatMap((task, index) => (isSettled(task.state) ? [] : [index]));
  }

  #inputsEnded(task: number): boolean {
    return (this.#record.tasks[task]?.inputs ?? []).every((stream) => this.#ends[stream]);
  }

  #makeReady(task: number): void {
    this.#tasks[task] = { state: "ready", attempt: this.#tasks[task]?.attempt ?? 0 };
  }
}
