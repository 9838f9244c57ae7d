import { furthestPosition, listBounds, lowestPosition, type Place } from "../place.ts";
import { type Follower, FollowingReplay, WholeReplay } from "../replay.ts";
import type { Claim, Following, ListBounds, StreamWriter } from "../store.ts";
import type { RedisStream } from "./redis-stream.ts";
import type { RedisWriter } from "./redis-writer.ts";
import { parsePlace, placeText, type StreamCommands } from "./stream-commands.ts";

/** What an attempt at a task works with. */
export interface ClaimSettings {
  readonly commands: StreamCommands;
  /** The task's outputs. */
  readonly outputs: readonly RedisStream[];
  /** What the run's hash says of earlier attempts, by field. */
  readonly noted: ReadonlyMap<string, string | null>;
  readonly processor: string;
  /** Whether the task can have other attempts. */
  readonly durable: boolean;
}

/** The fields that say how far a task's earlier attempts have come. */
export function notedFields(task: number, inputs: readonly number[], outputs: readonly number[]): string[] {
  return [...inputs.map((input) => doneField(input, task)), ...outputs.flatMap((output) => [`q${output}`, `h${output}`])];
}

/** One attempt at a task. */
export class RedisClaim implements Claim {
  readonly task: number;
  readonly attempt: number;
  readonly token: string;
  readonly lost: AbortSignal;
  readonly #settings: ClaimSettings;
  #following: RedisFollowing | undefined;
  readonly #replays: WholeReplay[] = [];

  constructor({ task, attempt, token, lost }: Omit<Claim, "follow" | "finish">, settings: ClaimSettings) {
    this.task = task;
    this.attempt = attempt;
    this.token = token;
    this.lost = lost;
    this.#settings = settings;
  }

  follow(input: number): Following {
    this.#following ??= new RedisFollowing(this, input, this.#settings);
    return this.#following;
  }

  finish(): void {
    for (const replay of this.#replays) replay.finish();
  }

  /** What a writer goes on with, as earlier attempts have left it: how far the input is that it follows, or its values' checksum. */
  stateOf(stream: RedisStream): { place?: Place; checksum?: number } {
    const { noted, durable } = this.#settings;
    if (this.#following) return { place: parsePlace(noted.get(`q${stream.index}`)) };
    const checksum = stream.stored.values === 0 ? 0 : this.#checksumOf(stream);
    return durable && checksum !== undefined ? { checksum } : {};
  }

  /** Has a writer told how far the input is, and put in front of it what drops values that are written already. */
  prepare(writer: RedisWriter, stream: RedisStream): StreamWriter {
    if (this.#following) return this.#following.add(writer, stream);
    if (this.attempt === 1) return writer;
    const { processor } = this.#settings;
    const written = { processor, stream: stream.record.name, stored: stream.stored.values, checksum: this.#checksumOf(stream) };
    const replay = new WholeReplay(writer, written);
    this.#replays.push(replay);
    return replay;
  }

  #checksumOf(stream: RedisStream): number | undefined {
    const known = this.#settings.noted.get(`h${stream.index}`);
    return known === undefined || known === null ? undefined : Number(known);
  }

  /** Notes how far this attempt has come, before it is given back. */
  async commit(): Promise<void> {
    await this.#following?.commit();
  }
}

/**
 * How far a task is in the input that its outputs follow. The values of an output take that with them; what they do not
 * say (values of which nothing came, tasks without outputs) is noted by itself, every few milliseconds or hundred values.
 */
class RedisFollowing implements Following {
  readonly from: number;
  readonly stepwiseUntil: number;
  readonly #claim: RedisClaim;
  readonly #field: string;
  readonly #settings: ClaimSettings;
  readonly #written: readonly (Place & { readonly stored: number })[];
  readonly #writers: { readonly writer: RedisWriter; readonly index: number }[] = [];
  /** Told of every position. */
  readonly #followers: Follower[] = [];
  #position: number;
  /** Where it was when it was looked at last whether something must be noted. */
  #asked: number;
  #noted: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(claim: RedisClaim, input: number, settings: ClaimSettings) {
    const { noted, outputs } = settings;
    this.#claim = claim;
    this.#settings = settings;
    this.#field = doneField(input, claim.task);
    this.#written = outputs.map(({ index, stored }) => ({ ...parsePlace(noted.get(`q${index}`)), stored: stored.values }));
    this.#noted = Number(noted.get(this.#field) ?? 0);
    this.from = outputs.length > 0 ? lowestPosition(this.#written) : this.#noted;
    this.stepwiseUntil = furthestPosition(this.#written);
    this.#position = this.#asked = this.from;
    for (const stream of outputs) {
      const others = outputs.filter((other) => other !== stream).map(({ index }) => index);
      stream.followed = [this.#field, others.join(",")];
    }
  }

  add(writer: RedisWriter, stream: RedisStream): StreamWriter {
    this.#writers.push({ writer, index: stream.index });
    const written = this.#written[this.#settings.outputs.indexOf(stream)];
    const isNew = !written || (written.position === 0 && written.stored === 0);
    const replay = isNew ? undefined : new FollowingReplay(writer, writer, written, this.from);
    this.#followers.push(replay ?? writer);
    return replay ?? writer;
  }

  listFrom(position: number): ListBounds | undefined {
    return listBounds(this.#written, position);
  }

  emits(until: number): void {
    for (const follower of this.#followers) follower.emits(until);
  }

  reached(position: number): void {
    this.#position = position;
    for (const follower of this.#followers) follower.reached(position);
    if (position - this.#asked >= COMMIT_VALUES) this.#commitSoon();
    else this.#timer ??= setTimeout(() => this.#commitSoon(), COMMIT_MS).unref();
  }

  /** Should it fail, so do appends; and what is not noted is only done again. */
  #commitSoon(): void {
    this.#asked = this.#position;
    this.commit().catch(() => undefined);
  }

  /** Notes positions that no values have taken with them. */
  async commit(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const unsaved = this.#writers.map(({ writer }) => writer.unsavedPlace);
    const places = this.#writers.flatMap(({ index }, i) => {
      const place = unsaved[i];
      return place ? [[`q${index}`, placeText(place)] as [string, string]] : [];
    });
    if (this.#writers.length > 0 && places.length === 0) return;
    const done =
      this.#writers.length === 0
        ? this.#position
        : lowestPosition(this.#writers.map(({ writer }, i) => unsaved[i] ?? writer.storedPlace));
    if (done > this.#noted) places.push([this.#field, String(done)]);
    if (places.length === 0) return;
    const reply = await this.#settings.commands.commit(this.#claim.task, this.#claim.token, places);
    if (reply !== "OK") return;
    this.#noted = Math.max(done, this.#noted);
    this.#writers.forEach(({ writer }, i) => {
      const place = unsaved[i];
      if (place) writer.savedPlace(place);
    });
  }
}

/** How far a task is for good in one of its inputs. */
function doneField(input: number, task: number): string {
  return `d${input}:${task}`;
}

/** As often as this is looked whether something must be noted: it is what a sink does again after a crash. */
const COMMIT_MS = 20;
const COMMIT_VALUES = 500;
