import type { RunSummary } from "datagraph";
import { inColumns, printable, widthOf } from "../progress/printable.ts";

const MOST_ID_COLUMNS = 60;

/** Runs as lines for a person; nothing where there are none. */
export function listText(runs: readonly RunSummary[]): string {
  const idColumns = Math.min(MOST_ID_COLUMNS, Math.max(0, ...runs.map(({ id }) => widthOf(printable(id)))));
  return runs
    .map(({ id, state, createdAt }) => `${inColumns(printable(id), idColumns)}  ${inColumns(state, 9)}  ${dateText(createdAt)}\n`)
    .join("");
}

/** Runs as JSON Lines. */
export function listJson(runs: readonly RunSummary[]): string {
  return runs
    .map(({ id, state, createdAt }) => `${JSON.stringify({ id, state, createdAt: new Date(createdAt).toISOString() })}\n`)
    .join("");
}

function dateText(at: number): string {
  return new Date(at).toISOString().replace("T", " ").slice(0, 19);
}
