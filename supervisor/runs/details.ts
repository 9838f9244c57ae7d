import type { Progress, RunStatus } from "datagraph";
import { printable } from "../progress/printable.ts";
import { progressTable } from "../progress/table.ts";

const COLUMNS = 120;

/** A run as lines for a person: how it is, why, what it waits for, and its counts. */
export function runDetails(id: string, status: RunStatus, progress: Progress, colours: boolean): string {
  // A run of another process has no beginning here to count seconds from: the first line is made below.
  const [, ...table] = progressTable(progress, { elapsedMs: 0, rates: new Map(), columns: COLUMNS, rows: 10_000, colours });
  return [
    `${printable(id)} ${status.state}`,
    ...(status.error ? [`  because ${printable(status.error.message)}`] : []),
    ...status.waits.map((what) => `  ${printable(what)}`),
    ...table,
    "",
  ].join("\n");
}

export function runJson(id: string, { state, error, waits }: RunStatus, { tasks, streams }: Progress): string {
  const why = error && { error: { name: error.name, code: error.code, message: error.message } };
  return `${JSON.stringify({ id, state, ...why, waits, tasks, streams })}\n`;
}
