import { cpus } from "node:os";
import type { Result } from "./harness.ts";
import type { Row } from "./row.ts";
import type { Spread } from "./stats.ts";

/** The results as a table for people. */
export function toTable(results: readonly Result[]): string {
  const head = ["case", "ours", "reference", "ratio", "must be", ""];
  const lines = [head, ...results.map(toLine)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The results as plain data, with what they were measured on. */
export function toJson(results: readonly Result[]): unknown {
  return {
    node: process.version,
    cpus: cpus().map(({ model }) => model),
    results: results.map(({ row: { name, title, unit, ratio, limits }, ...result }) => ({
      name,
      title,
      unit,
      ...result,
      ...((ratio || limits) && { required: { ...(ratio && { ratio }), ...limits } }),
      ...(result.ratio && { ratio: result.ratio }),
    })),
  };
}

function toLine({ row, ours, reference, ratio, figures, ok }: Result): string[] {
  const extra = Object.entries(figures).map(([name, spread]) => `${name} ${toText(spread)}`);
  return [
    row.name,
    `${toText(ours)} ${row.unit}`,
    reference ? toText(reference) : extra.join(", "),
    ratio ? `× ${toText(ratio)}` : "",
    required(row),
    ok === undefined ? "" : ok ? "ok" : "below",
  ];
}

function required({ ratio, limits }: Row): string {
  const limited = Object.entries(limits ?? {}).map(([name, limit]) => `${name} ≤ ${limit}`);
  if (!ratio) return limited.join(", ");
  return "atLeast" in ratio ? `≥ ${ratio.atLeast}` : `≤ ${ratio.atMost}`;
}

/** `median [min–max]`, or one number where there is only one. */
function toText({ median, min, max }: Spread): string {
  return min === max ? short(median) : `${short(median)} [${short(min)}–${short(max)}]`;
}

function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)}k`;
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
