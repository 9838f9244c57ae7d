import { DeclarationError, type RedisOptions } from "datagraph";

/** A Redis stream of another application, and how to read it. */
export interface RedisStreamOptions extends Pick<RedisOptions, "url" | "cluster" | "natMap" | "client"> {
  /** The stream's key, as it is. */
  readonly stream: string;
  /** Where to begin: after this id, or with `$` after what is there now. Default `0`: with the first entry. A group that is there already has a place of its own. */
  readonly from?: string;
  /** `tip` ends with the last entry that is there when reading begins, `follow` goes on with what comes. Default `tip`. */
  readonly until?: "tip" | "follow";
  /** Read as a consumer of this group, which is made where there is none. Each entry goes to one of its consumers. */
  readonly group?: string;
  /**
   * When an entry of a group is acknowledged. `stored`: when its record is stored in this run's stream, which is for good where workers perform the run. `elsewhere`: by a
   * {@link redisAcknowledge}, or whoever else does it. Default `stored`.
   */
  readonly acknowledge?: "stored" | "elsewhere";
  /** Entries of a group that another consumer has had for so long without acknowledging them are taken over, in milliseconds. Default one minute. */
  readonly claimAfterMs?: number;
  /** A key in which the place is kept, without a group: the next run goes on there. */
  readonly position?: string;
  /** Fields that hold JSON. */
  readonly json?: readonly string[];
  /** Fields that hold bytes. All others are text in UTF-8. */
  readonly bytes?: readonly string[];
  /** Entries that are read at once. Default 500. */
  readonly batchSize?: number;
  /** How long an outage may last before reading fails, in milliseconds. Default five minutes. */
  readonly outageMs?: number;
}

/** The same, with every default filled in. */
export type RedisStreamSettings = Required<Omit<RedisStreamOptions, Optional>> & Pick<RedisStreamOptions, Optional>;

type Optional = "url" | "cluster" | "natMap" | "client" | "group" | "position";

/** @throws DeclarationError for options that cannot work. */
export function redisStreamSettings(options: RedisStreamOptions): RedisStreamSettings {
  const settings = { ...DEFAULTS, ...options };
  const { stream, from, until, group, position, batchSize, claimAfterMs, outageMs } = settings;
  const refuse = (problem: string): never => {
    throw new DeclarationError(`Redis stream: ${problem}.`);
  };
  if (typeof stream !== "string" || stream === "") refuse('expected "stream" to be the key of a stream');
  if (!/^(\$|\d+(-\d+)?)$/.test(from))
    refuse(`expected "from" to be an id (1700000000000-0) or "$", found ${JSON.stringify(from)}`);
  if (until !== "tip" && until !== "follow") refuse(`expected "until" to be "tip" or "follow", found ${JSON.stringify(until)}`);
  if (group !== undefined && position !== undefined) refuse('a "group" keeps its own place: leave out "position"');
  for (const [name, value] of Object.entries({ batchSize, claimAfterMs, outageMs })) {
    if (!Number.isSafeInteger(value) || value < 1) refuse(`expected "${name}" to be a whole number from 1, found ${value}`);
  }
  return settings;
}

const DEFAULTS = {
  from: "0",
  until: "tip",
  acknowledge: "stored",
  claimAfterMs: 60_000,
  json: [],
  bytes: [],
  batchSize: 500,
  outageMs: 5 * 60_000,
} as const;
