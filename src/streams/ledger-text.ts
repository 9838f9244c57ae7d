import { fromEnvelope, toEnvelope } from "./envelope.ts";
import type { Ledger, LedgerTask } from "./ledger.ts";

/** What the text of every ledger of this format begins with. */
export const LEDGER_HEAD = `${toEnvelope({}).slice(0, -1)},`;

/**
 * A ledger as text: JSON with a line for each task, so that a script can compare and change one of them without understanding it. The first line has all
 * else. What is only meant for this process is left out.
 */
export function ledgerText({ tasks, ...rest }: Ledger): string {
  const head = toEnvelope(rest, "error").slice(0, -1);
  return [`${head},"tasks":[`, ...tasks.map(taskLine), "]}"].join("\n");
}

/** The line of a task; that of a later one begins with a comma, so that none depends on what follows it. */
export function taskLine(task: LedgerTask, index: number): string {
  return `${index > 0 ? "," : ""}${JSON.stringify(task)}`;
}

/** @param what names it in the error. @throws UnknownFormatError. */
export function ledgerFrom(text: string, what: string): Ledger {
  return fromEnvelope<Ledger>(text, what);
}
