const MAX_SHOWN = 60;

/** A name as messages show it: quoted, control characters escaped, shortened when it is long. */
export function quoted(name: string): string {
  if (typeof name !== "string") return String(name); // in programs without types
  return JSON.stringify(name.length > MAX_SHOWN ? `${[...name.slice(0, MAX_SHOWN)].slice(0, -1).join("")}…` : name);
}

/** A name in a path of names: bare when it is a plain word, else {@link quoted}. */
export function bare(name: string): string {
  return typeof name === "string" && name.length <= MAX_SHOWN && /^[\p{L}\p{N}_.:/@+-]+$/u.test(name) ? name : quoted(name);
}

/** Several names, quoted. */
export function listed(names: Iterable<string>): string {
  return Array.from(names, quoted).join(", ");
}

/** Those items that a list contains more than once. */
export function repeated<T>(items: Iterable<T>): ReadonlySet<T> {
  const seen = new Set<T>();
  const again = new Set<T>();
  for (const item of items) (seen.has(item) ? again : seen).add(item);
  return again;
}
