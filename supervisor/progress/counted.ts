const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** As in `1,200 nodes`; the number alone where nothing is counted. */
export function counted(count: number, what?: string): string {
  if (what === undefined) return whole.format(count);
  return `${whole.format(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** As in ` (300/s)`; nothing while no time has passed. */
export function rate(count: number, seconds: number): string {
  return seconds > 0 ? ` (${whole.format(count / seconds)}/s)` : "";
}
