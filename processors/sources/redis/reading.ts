import type { Log } from "datagraph";
import { BLOCK_MS, type StreamClient } from "./client.ts";
import type { RawEntry } from "./entries.ts";
import type { RedisStreamSettings } from "./options.ts";

/** Where reading is; kept with the run, for another attempt to go on. */
export interface ReadingState {
  /** The last entry that was read. */
  readonly after: string;
  /** The last entry to read; none when what comes is followed. */
  readonly until: string | undefined;
  /** Of a group: what was read last, and may not be acknowledged yet. */
  readonly ids: readonly string[];
}

/** Entries that belong together: they are stored, then noted as read. */
export interface Batch {
  readonly entries: readonly RawEntry[];
  readonly state: ReadingState;
}

/** What reading needs. */
export interface Reading {
  readonly client: StreamClient;
  readonly settings: RedisStreamSettings;
  readonly log: Log;
}

/** Where to begin: where an earlier run has ended, or where the options say. */
export async function beginning({ client, settings, log }: Reading): Promise<ReadingState> {
  const { stream, from, until, position, group } = settings;
  const tip = (await lastId(client, stream)) ?? "0-0";
  const after = from === "$" ? tip : from;
  if (group !== undefined) {
    await client.send("XGROUP", "CREATE", stream, group, after, "MKSTREAM").catch((error: unknown) => {
      if (!(error instanceof Error && error.message.includes("BUSYGROUP"))) throw error;
    });
  }
  const kept = position === undefined ? null : ((await client.send("GET", position)) as Buffer | null);
  if (kept) await warnOfGap({ client, settings, log }, String(kept));
  return { after: kept ? String(kept) : after, until: until === "tip" ? tip : undefined, ids: [] };
}

/** The entries after a place, in their order, each once. */
export async function* readAlone({ client, settings }: Reading, start: ReadingState): AsyncGenerator<Batch> {
  const { stream, batchSize } = settings;
  let { after } = start;
  const { until } = start;
  while (until === undefined || isBefore(after, until)) {
    const block = until === undefined ? ["BLOCK", BLOCK_MS] : [];
    const entries = entriesIn(await client.send("XREAD", "COUNT", batchSize, ...block, "STREAMS", stream, after));
    const wanted = until === undefined ? entries : entries.filter(([id]) => !isBefore(until, String(id)));
    after = lastOf(wanted) ?? after;
    if (wanted.length > 0) yield { entries: wanted, state: { after, until, ids: [] } };
    // What was to come has been deleted, or trimmed.
    else if (until !== undefined) return;
  }
}

/**
 * What a group has for this consumer: what it got earlier and has not acknowledged, what others have had for too long, what is new.
 *
 * @param consumer the same for all attempts at a task, and nobody else's.
 */
export async function* readInGroup(reading: Reading, consumer: string, start: ReadingState): AsyncGenerator<Batch> {
  const group = new GroupReader(reading, consumer);
  const { client, settings } = reading;
  let { after, ids } = start;
  const { until } = start;
  const batchOf = (entries: readonly RawEntry[]): Batch[] => {
    const known = new Set(ids);
    const fresh = entries.filter(([id]) => !known.has(String(id)));
    if (fresh.length === 0) return [];
    ids = fresh.map(([id]) => String(id));
    const last = ids.at(-1) ?? after;
    if (isBefore(after, last)) after = last;
    return [{ entries: fresh, state: { after, until, ids } }];
  };
  // What somebody else acknowledges can be here, and be waited for.
  const isNews = ([id]: RawEntry) => settings.acknowledge === "stored" || isBefore(after, String(id));
  for (let connections = 0; ; ) {
    // At the start, and when a reply may have been lost: then its entries were delivered, and nobody has them.
    if (connections !== client.connections) {
      connections = client.connections;
      for await (const entries of group.pending()) yield* batchOf(entries.filter(isNews));
    }
    const claimed = await group.claim();
    yield* batchOf(claimed);
    if (claimed.length > 0) continue;
    const entries = await group.next(until === undefined);
    yield* batchOf(entries);
    const last = lastOf(entries);
    if (until !== undefined && (last === undefined || !isBefore(last, until))) return group.leave();
  }
}

/** One consumer of a group. */
class GroupReader {
  readonly #client: StreamClient;
  readonly #settings: RedisStreamSettings;
  readonly #group: string;
  readonly #consumer: string;
  /** Where the next search for what others have for too long begins. */
  #search = "0-0";

  constructor({ client, settings }: Reading, consumer: string) {
    this.#client = client;
    this.#settings = settings;
    this.#group = settings.group ?? "";
    this.#consumer = consumer;
  }

  /** What it got and nobody acknowledged. */
  async *pending(): AsyncGenerator<readonly RawEntry[]> {
    for (let from = "0"; ; ) {
      const entries = await this.#read(from);
      const last = lastOf(entries);
      if (last === undefined) return;
      yield entries;
      from = last;
    }
  }

  /** What is new. */
  next(waits: boolean): Promise<readonly RawEntry[]> {
    return this.#read(">", ...(waits ? ["BLOCK", BLOCK_MS] : []));
  }

  /** Takes over what another consumer has had for too long. */
  async claim(): Promise<readonly RawEntry[]> {
    const { stream, claimAfterMs, batchSize } = this.#settings;
    const whose = [stream, this.#group, this.#consumer];
    const reply = await this.#client.send("XAUTOCLAIM", ...whose, claimAfterMs, this.#search, "COUNT", batchSize);
    const [next, entries] = reply as [Buffer, RawEntry[]];
    this.#search = String(next);
    return entries;
  }

  /** Is a consumer no more, unless something is still to be acknowledged: that would be forgotten with it. */
  async leave(): Promise<void> {
    const { stream } = this.#settings;
    const pending = await this.#client.send("XPENDING", stream, this.#group, "-", "+", 1, this.#consumer);
    if ((pending as unknown[]).length === 0)
      await this.#client.send("XGROUP", "DELCONSUMER", stream, this.#group, this.#consumer);
  }

  async #read(from: string, ...options: readonly (string | number)[]): Promise<readonly RawEntry[]> {
    const { stream, batchSize } = this.#settings;
    const whose = ["GROUP", this.#group, this.#consumer];
    return entriesIn(await this.#client.send("XREADGROUP", ...whose, "COUNT", batchSize, ...options, "STREAMS", stream, from));
  }
}

/** Says so when something was deleted that had not been read. */
async function warnOfGap({ client, settings, log }: Reading, after: string): Promise<void> {
  const { stream } = settings;
  const info = (await client.send("XINFO", "STREAM", stream).catch(() => [])) as unknown[];
  const at = info.findIndex((name) => String(name) === "max-deleted-entry-id");
  const deleted = at < 0 ? "0-0" : String(info[at + 1]);
  if (isBefore(after, deleted))
    log.warn(`${client.source}: entries up to ${deleted} were deleted, and only those up to ${after} had been read`);
}

async function lastId(client: StreamClient, stream: string): Promise<string | undefined> {
  const [last] = (await client.send("XREVRANGE", stream, "+", "-", "COUNT", 1)) as RawEntry[];
  return last && String(last[0]);
}

function entriesIn(reply: unknown): readonly RawEntry[] {
  const [found] = (reply ?? []) as [key: Buffer, entries: RawEntry[]][];
  return found?.[1] ?? [];
}

function lastOf(entries: readonly RawEntry[]): string | undefined {
  const last = entries.at(-1);
  return last && String(last[0]);
}

/** Ids are two numbers of up to 64 bits. */
function isBefore(id: string, other: string): boolean {
  const [[a, b], [c, d]] = [partsOf(id), partsOf(other)];
  return a === c ? b < d : a < c;
}

function partsOf(id: string): readonly [bigint, bigint] {
  const [time = "0", sequence = "0"] = id.split("-");
  return [BigInt(time), BigInt(sequence)];
}
