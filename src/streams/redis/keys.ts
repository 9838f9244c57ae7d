/** The names of a run's keys. All carry the run's hash tag: one slot of a cluster, so scripts can touch them together. */
export interface RunKeys {
  readonly run: string;
  /** Values of the run that were set aside; they outlive it. */
  readonly deadLetters: string;
  stream(index: number): string;
}

export function keysOf(prefix: string, run: string): RunKeys {
  const base = `${prefix}{${encodeId(run)}}:`;
  return {
    run: `${base}run`,
    deadLetters: `${base}dead`,
    stream: (index) => `${base}s:${index}`,
  };
}

/** The run that a hash is of. */
export function runOf(prefix: string, hash: string): string {
  const id = hash.slice(prefix.length + 1, -"}:run".length);
  return id.startsWith("~") ? Buffer.from(id.slice(1), "base64url").toString() : id;
}

/**
 * Where a process is told of what happens in runs. In a cluster scripts reach only what is in their keys' slot, and a channel is each run's own.
 *
 * @param run its keys, in a cluster.
 */
export function channelOf(prefix: string, process: string, run?: RunKeys): string {
  const channel = run ? `${run.run.slice(0, -"run".length)}to:${process}` : `${prefix}to:${process}`;
  // Runs keep channels one per line.
  return channel.replaceAll("\n", " ");
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
