import type { PipelineEntry } from "datagraph/pipelines";
import { inColumns, printable, widthOf } from "../progress/printable.ts";

/** The pipelines of a project: a table, or JSON. */
export function pipelineList(entries: readonly PipelineEntry[], json: boolean): string {
  if (json) {
    const plain = entries.map(({ name, scope, file, targets, annotations }) => ({ name, scope, file, targets, annotations }));
    return JSON.stringify(plain, undefined, 2);
  }
  if (entries.length === 0) return "This project has no pipelines.";
  const rows = entries.map(({ name, scope = "", file, targets, annotations }) => [
    ...[name, scope, file, targets.join(", ")],
    Object.entries(annotations)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", "),
  ]);
  const table = [["pipeline", "scope", "file", "targets", "annotations"], ...rows].map((row) =>
    row.map((cell) => printable(cell)),
  );
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => widthOf(row[column] ?? "")))) ?? [];
  // A column that says nothing is left out.
  const shown = widths.flatMap((_, column) => (table.slice(1).some((row) => row[column] !== "") ? [column] : []));
  return table
    .map((row) =>
      shown
        .map((column) => inColumns(row[column] ?? "", widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
