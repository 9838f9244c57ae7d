import { BEGINNING, type Place } from "../place.ts";
import type { TaskSnapshot } from "../store.ts";
import type { RunKeys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { type EncodedChunk, LARGE_CHUNK_BYTES, type RedisStream } from "./redis-stream.ts";
import { ADMIT, ADMITTED } from "./scripts.ts";
import { chunkOf, type StreamEntry } from "./stream-entry.ts";

/** What {@link StreamCommands} works with. */
export interface CommandSettings {
  readonly link: RedisLink;
  readonly keys: RunKeys;
  /** Where this process is told of the run. */
  readonly channel: string;
  /** How long the keys of a run that nobody works on are kept, in milliseconds. */
  readonly abandonedMs: number;
}

/** How far the slowest consumer of a stream is; `undefined` where nobody needs more. */
export interface Lowest {
  readonly position: number | undefined;
  readonly writerWaits: boolean;
}

/** How many values a task has set aside, and tried again. */
export type FailureCounts = Pick<TaskSnapshot, "deadLetters" | "retries">;

/** What the server is told and asked about a run's streams, as commands and replies. */
export class StreamCommands {
  readonly #settings: CommandSettings;

  constructor(settings: CommandSettings) {
    this.#settings = settings;
  }

  /** Appends a chunk: what the script replies. */
  append(stream: RedisStream, token: string, chunk: EncodedChunk): Promise<unknown> {
    const { link } = this.#settings;
    const body = toBuffer(chunk.body);
    if (body.length >= LARGE_CHUNK_BYTES) return link.run(() => this.#appendLarge(stream, token, chunk, body));
    return link.run(() => link.commands.dgAppend(...this.#appendArguments(stream, token, chunk, body)));
  }

  async #appendLarge(stream: RedisStream, token: string, chunk: EncodedChunk, body: Buffer): Promise<unknown> {
    const { link, keys } = this.#settings;
    const key = keys.stream(stream.index);
    const id = `${chunk.first + chunk.count}-0`;
    // The scripts' text, not their names: a server that has forgotten them would go on without them.
    const [admitted, added] = await link.transaction([
      ["eval", ADMIT, 2, ...this.#appendArguments(stream, token, chunk, "")],
      ["xadd", key, "NOMKSTREAM", id, "n", chunk.count, "b", chunk.bytesAfter, "v", body],
      ["eval", ADMITTED, 2, keys.run, key, stream.index],
    ]);
    if (admitted instanceof Error) throw admitted;
    if (added instanceof Error && !IS_THERE_ALREADY.test(added.message)) throw added;
    return admitted;
  }

  #appendArguments(stream: RedisStream, token: string, chunk: EncodedChunk, body: Buffer | ""): (string | number | Buffer)[] {
    const { keys, abandonedMs } = this.#settings;
    return [
      keys.run,
      keys.stream(stream.index),
      stream.index,
      token,
      chunk.first + 1,
      chunk.count,
      chunk.body.length,
      body,
      abandonedMs,
      ...stream.consumerArguments,
      stream.hasDistantConsumers ? "1" : "0",
      ...noteArguments(stream, chunk),
    ];
  }

  /** Notes how far a task is, and sets other fields of it: what the script replies. */
  commit(
    task: number,
    token: string,
    positions: readonly (readonly [field: string, position: string])[],
    fields: readonly (readonly [field: string, value: string | Buffer])[] = [],
  ): Promise<unknown> {
    const { link, keys } = this.#settings;
    return link.run(() => link.commands.dgCommit(keys.run, task, token, positions.length, ...positions.flat(), ...fields.flat()));
  }

  /** Fields of the run's hash, where they are set. */
  async fields(names: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
    const { link, keys } = this.#settings;
    if (names.length === 0) return new Map();
    const values = await link.run(() => link.commands.hmgetBuffer(keys.run, ...names));
    return new Map(names.flatMap((name, i) => (values[i] ? [[name, values[i]]] : [])));
  }

  /** Stored chunks after a position, in order; few enough to hold. */
  async fetch(stream: RedisStream, position: number): Promise<EncodedChunk[]> {
    const { link, keys } = this.#settings;
    const key = keys.stream(stream.index);
    const reply = await link.run(() => link.commands.xreadBuffer("COUNT", FETCH_CHUNKS, "STREAMS", key, `${position}-0`));
    return ((reply?.[0]?.[1] ?? []) as StreamEntry[]).map(chunkOf);
  }

  /** How far the consumers of every stream are; `undefined` when the run is gone. */
  async lowest(streams: readonly RedisStream[]): Promise<Lowest[] | undefined> {
    const { link, keys } = this.#settings;
    const consumers = streams.flatMap((stream) => stream.consumerArguments);
    const reply = (await link.run(() => link.commands.dgLowest(keys.run, streams.length, ...consumers))) as
      | (string | number)[]
      | null;
    if (!reply) return undefined;
    return streams.map((_, index) => {
      const position = reply[index * 2];
      return { position: position === "-" ? undefined : Number(position), writerWaits: reply[index * 2 + 1] === 1 };
    });
  }

  /** Per task, what its values' failures have led to; absent where nothing has failed. */
  async failures(tasks: number): Promise<FailureCounts[]> {
    const { link, keys } = this.#settings;
    const fields = Array.from({ length: tasks }, (_, task) => [`c${task}`, `y${task}`]).flat();
    const found = fields.length === 0 ? [] : await link.run(() => link.commands.hmget(keys.run, ...fields));
    return Array.from({ length: tasks }, (_, task) => {
      const [deadLetters, retries] = [Number(found[task * 2] ?? 0), Number(found[task * 2 + 1] ?? 0)];
      return { ...(deadLetters > 0 && { deadLetters }), ...(retries > 0 && { retries }) };
    });
  }

  /** Keeps the run's keys from lapsing, unless it has ended: then they are kept for as long as was asked for. */
  async refresh(streams: readonly RedisStream[]): Promise<void> {
    const { link, keys, abandonedMs } = this.#settings;
    const all = [keys.run, ...streams.map(({ index }) => keys.stream(index))];
    await link.run(() => link.commands.dgRefresh(all.length, ...all, abandonedMs));
  }
}

/** What is noted together with a chunk. */
function noteArguments({ followed }: RedisStream, { place, checksum }: EncodedChunk): string[] {
  if (place && followed) return ["q", placeText(place), ...followed];
  return checksum === undefined ? [] : ["h", String(checksum)];
}

/** A place as the run's hash keeps it. */
export function placeText({ position, values, until }: Place): string {
  return `${position}:${values}:${until}`;
}

export function parsePlace(text: string | undefined): Place {
  if (!text) return BEGINNING;
  const [position = 0, values = 0, until = 0] = text.split(":").map(Number);
  return { position, values, until };
}

export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const FETCH_CHUNKS = 16;
/** Of XADD: the chunk was appended before, or must not be. */
const IS_THERE_ALREADY = /equal or smaller than the target stream|exhausted the last possible ID/;
