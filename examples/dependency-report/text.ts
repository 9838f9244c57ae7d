/** Numbers and tables as text. */

const number = new Intl.NumberFormat("en");

export function count(value: number, what: string): string {
  return `${number.format(value)} ${what}${value === 1 ? "" : "s"}`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const [divisor, unit] = value < 1e6 ? [1e3, "kB"] : value < 1e9 ? [1e6, "MB"] : [1e9, "GB"];
  const scaled = value / divisor;
  return `${scaled < 10 ? scaled.toFixed(1) : number.format(Math.round(scaled))} ${unit}`;
}

/** Rows in columns, the first to the left and the others to the right, indented by two. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

/** A bar of `width` places at most. */
export function bar(share: number, width: number): string {
  const eighths = Math.max(1, Math.round(share * width * 8));
  const rest = " ▏▎▍▌▋▊▉"[eighths % 8] ?? "";
  return ("█".repeat(Math.floor(eighths / 8)) + rest).trimEnd();
}
