/** The names of a run's keys. All carry the run's hash tag: one slot of a cluster, so scripts can touch them together. */
export interface RunKeys {
  readonly run: string;
  readonly channel: string;
  /** Values of the run that were set aside; they outlive it. */
  readonly deadLetters: string;
  stream(index: number): string;
}

export function keysOf(prefix: string, run: string): RunKeys {
  const base = `${prefix}{${encodeId(run)}}:`;
  return { run: `${base}run`, channel: `${base}events`, deadLetters: `${base}dead`, stream: (index) => `${base}s:${index}` };
}

/** Where a prefix keeps the ids of its runs, by when they expire. */
export function indexKey(prefix: string): string {
  return `${prefix}runs`;
}

/** The runs that have dead letters, by when these expire. */
export function deadLetterIndexKey(prefix: string): string {
  return `${prefix}dead`;
}

/** When somebody should look after which run, unless they are put off until then. */
export function attentionKey(prefix: string): string {
  return `${prefix}attention`;
}

/** What workers have said of a processor that they implement. */
export function declarationsKey(prefix: string, processor: string): string {
  return `${prefix}declared:${encodeId(processor)}`;
}

/** Plain ids stay readable; any other text is encoded, and marked so that no plain id can look like it. */
function encodeId(id: string): string {
  return /^[\w.-]+$/.test(id) ? id : `~${Buffer.from(id).toString("base64url")}`;
}
