import { hasEnded, type Ledger, recordTask } from "../ledger.ts";
import { type Changes, changesBetween } from "../ledger-changes.ts";
import { LEDGER_HEAD, ledgerText, taskLine } from "../ledger-text.ts";
import type { RunRecord } from "../store.ts";
import type { RunKeys } from "./keys.ts";
import { SUPPLIER } from "./run-leases.ts";

/* What the scripts of `ledger-scripts.ts` are told of a change of a run's ledger. */

/** A run's ledger as it is known, and as it is to be. */
export interface LedgerChange {
  readonly record: RunRecord;
  readonly keys: RunKeys;
  /** Of who makes it. */
  readonly channel: string;
  readonly leaseMs: number;
  readonly before: Ledger;
  readonly after: Ledger;
}

type Argument = string | number;

/**
 * The arguments of a transition, and the streams that it concerns.
 *
 * @param known the revision of the ledger before.
 */
export function transitionOf(
  { record, keys, channel, leaseMs, before, after }: LedgerChange,
  known: number,
): { readonly streams: readonly number[]; readonly args: readonly Argument[] } {
  const changes = changesBetween(record, before, after);
  // Nothing of a cancelled run is kept but that it was.
  const drop = after.state === "cancelled" && before.state !== "cancelled";
  const streams = touched(record, changes, drop || hasEnded(after));
  const allKeys = [keys.run, ...streams.map((index) => keys.stream(index))];
  const expiry = hasEnded(after) ? String(record.keepMs) : "";
  const { claims, dropped } = leaseChanges(record, before, after);
  const ledgers = [String(known), ledgerText(after), linesBefore(before, after)];
  const fixed = [...ledgers, channel, expiry, leaseMs, claims, dropped, streams.length];
  const perStream = streams.flatMap((index) => streamArguments(record, index, changes, drop));
  return { streams, args: [allKeys.length, ...allKeys, ...fixed, ...perStream] };
}

/**
 * The arguments of a change that consists of claims, and the streams of whose values the claimers are told from then on.
 *
 * @param known the revision of the ledger before.
 */
export function claimsOf(
  { record, keys, channel, leaseMs, before, after }: LedgerChange,
  known: number,
): { readonly told: readonly number[]; readonly args: readonly Argument[] } {
  const claimed = after.tasks.flatMap((task, index) => (task === before.tasks[index] ? [] : [index]));
  const told = [...new Set(claimed.flatMap((task) => record.tasks[recordTask(before, task)]?.inputs ?? []))];
  const owners = [...changesBetween(record, before, after).owned].map(([stream, token]) => `${stream}:${token}`);
  const { claims } = leaseChanges(record, before, after);
  const lines = claimed.flatMap((index) => [index, ...[before, after].flatMap(({ tasks }) => lineOf(tasks[index], index))]);
  const allKeys = [keys.run, ...told.map((index) => keys.stream(index))];
  const fixed = [known, channel, LEDGER_HEAD, leaseMs, claims, owners.join(","), told.join(",")];
  return { told, args: [allKeys.length, ...allKeys, ...fixed, ...lines] };
}

function lineOf(task: Ledger["tasks"][number] | undefined, index: number): string[] {
  return task ? [taskLine(task, index)] : [];
}

/** The streams that a change concerns; all of them once their keys are dropped or get their last time to live. */
function touched({ streams, tasks }: RunRecord, { owned, ended, released }: Changes, all: boolean): number[] {
  if (all) return streams.map((_, index) => index);
  const inputs = released.flatMap((task) => tasks[task]?.inputs ?? []);
  return [...new Set([...owned.keys(), ...ended.keys(), ...inputs])];
}

/** @param drop also a stream that has ended. */
function streamArguments(record: RunRecord, index: number, { owned, ended, released }: Changes, drop: boolean): Argument[] {
  const stream = record.streams[index];
  const end = ended.get(index);
  return [
    index,
    owned.get(index) ?? "-",
    drop || end?.state === "cancelled" ? "drop" : end ? "end" : "",
    released.filter((task) => stream?.consumers.includes(task)).join(","),
    stream?.bounds.retain ?? "all",
    stream?.consumers.join(",") ?? "",
    stream?.output ? "1" : "0",
  ];
}

/** What the tasks were that a transition changes, for the script: `task:line`, one under the other. */
function linesBefore(before: Ledger, after: Ledger): string {
  const changed = before.tasks.flatMap((task, index) =>
    task === after.tasks[index] ? [] : [`${index}:${taskLine(task, index)}`],
  );
  return changed.join("\n");
}

/** Which tasks have an owner from now on, as `task:token:deadline`, and which have none any more; `f` is who supplies the inputs. */
function leaseChanges(record: RunRecord, before: Ledger, after: Ledger): { claims: string; dropped: string } {
  const claims: string[] = [];
  const dropped: (number | typeof SUPPLIER)[] = inputsOpen(record, before) && !inputsOpen(record, after) ? [SUPPLIER] : [];
  after.tasks.forEach((task, index) => {
    const earlier = before.tasks[index];
    if (task.state === "running" && task.token !== earlier?.token)
      claims.push(`${index}:${task.token}:${record.tasks[task.of ?? index]?.deadlineMs ?? ""}`);
    if (task.state !== "running" && earlier?.state === "running") dropped.push(index);
  });
  return { claims: claims.join(","), dropped: dropped.join(",") };
}

function inputsOpen({ streams }: RunRecord, { ends }: Ledger): boolean {
  return streams.some(({ producer }, index) => producer === undefined && !ends[index]);
}
