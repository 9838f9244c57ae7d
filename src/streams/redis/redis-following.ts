import { furthestPosition, listBounds, lowestPosition, type Place } from "../place.ts";
import { type Follower, FollowingReplay } from "../replay.ts";
import type { Claim, Following, ListBounds, StreamWriter } from "../store.ts";
import type { RedisStream } from "./redis-stream.ts";
import type { RedisWriter } from "./redis-writer.ts";
import { parsePlace, placeText, type StreamCommands } from "./stream-commands.ts";

/** What following an input works with. */
export interface FollowingSettings {
  readonly commands: StreamCommands;
  /** The task's outputs. */
  readonly outputs: readonly RedisStream[];
  /** What the run's hash says of earlier attempts, by field. */
  readonly noted: ReadonlyMap<string, Buffer>;
}

/**
 * How far a task is in the input that its outputs follow. The values of an output take that with them; what they do not
 * say (values of which nothing came, tasks without outputs) is noted by itself, every few milliseconds or hundred values.
 */
export class RedisFollowing implements Following {
  readonly from: number;
  readonly stepwiseUntil: number;
  readonly #claim: Pick<Claim, "task" | "token">;
  readonly #field: string;
  readonly #settings: FollowingSettings;
  readonly #written: readonly (Place & { readonly stored: number })[];
  readonly #writers: { readonly writer: RedisWriter; readonly index: number }[] = [];
  /** Told of every position. */
  readonly #followers: Follower[] = [];
  #position: number;
  /** Where it was when it was looked at last whether something must be noted. */
  #asked: number;
  #noted: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(claim: Pick<Claim, "task" | "token">, input: number, settings: FollowingSettings) {
    const { noted, outputs } = settings;
    this.#claim = claim;
    this.#settings = settings;
    this.#field = doneField(input, claim.task);
    this.#written = outputs.map(({ index, stored }) => ({
      ...parsePlace(noted.get(`q${index}`)?.toString()),
      stored: stored.values,
    }));
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

/** As often as this is looked whether something must be noted: it is what a sink does again after a crash. */
const COMMIT_MS = 20;
const COMMIT_VALUES = 500;

/** How far a task is for good in one of its inputs. */
export function doneField(input: number, task: number): string {
  return `d${input}:${task}`;
}
