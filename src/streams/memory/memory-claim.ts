import { checksumOf } from "../checksum.ts";
import { BEGINNING, furthestPosition, listBounds, lowestPosition, type WrittenOutput } from "../place.ts";
import { type Follower, FollowingReplay, ReplayWriter, WholeReplay } from "../replay.ts";
import type { Claim, Following, ListBounds, StreamWriter } from "../store.ts";
import type { MemoryStream } from "./memory-stream.ts";

/** What an attempt at a task works with. */
export interface ClaimSettings {
  readonly stream: (index: number) => MemoryStream;
  /** Indices of the task's outputs. */
  readonly outputs: readonly number[];
  readonly processor: string;
  /** Whether the task can have other attempts. */
  readonly durable: boolean;
}

/** One attempt at a task. How far it is stays with the streams, for the next one. */
export class MemoryClaim implements Claim {
  readonly task: number;
  readonly attempt: number;
  readonly token: string;
  readonly lost: AbortSignal;
  readonly #settings: ClaimSettings;
  #following: MemoryFollowing | undefined;
  readonly #replays: WholeReplay[] = [];

  constructor({ task, attempt, token, lost }: Omit<Claim, "follow" | "finish">, settings: ClaimSettings) {
    this.task = task;
    this.attempt = attempt;
    this.token = token;
    this.lost = lost;
    this.#settings = settings;
  }

  follow(input: number): Following {
    const { stream, outputs } = this.#settings;
    this.#following ??= new MemoryFollowing(this, stream(input), outputs.map(stream));
    return this.#following;
  }

  finish(): void {
    for (const replay of this.#replays) replay.finish();
  }

  /** Puts in front of a writer what drops values that are written already. */
  prepare(writer: StreamWriter, index: number): StreamWriter {
    const stream = this.#settings.stream(index);
    if (this.#following) return this.#following.add(writer, stream);
    if (!this.#settings.durable) return writer;
    const summed = new SummedWriter(writer, stream);
    if (this.attempt === 1) return summed;
    const { processor } = this.#settings;
    const { record, top, checksum } = stream;
    const replay = new WholeReplay(summed, { processor, stream: record.name, stored: top.values, checksum });
    this.#replays.push(replay);
    return replay;
  }
}

/** Keeps the checksum of a stream's values. */
class SummedWriter extends ReplayWriter {
  readonly #stream: MemoryStream;

  constructor(writer: StreamWriter, stream: MemoryStream) {
    super(writer);
    this.#stream = stream;
  }

  protected override has(value: unknown): boolean {
    this.#stream.checksum = checksumOf(value, this.#stream.checksum);
    return false;
  }
}

class MemoryFollowing implements Following {
  readonly from: number;
  readonly stepwiseUntil: number;
  readonly #claim: MemoryClaim;
  readonly #input: MemoryStream;
  readonly #outputs: ReadonlyMap<MemoryStream, WrittenOutput>;
  readonly #followers: Follower[] = [];

  constructor(claim: MemoryClaim, input: MemoryStream, outputs: readonly MemoryStream[]) {
    this.#claim = claim;
    this.#input = input;
    this.#outputs = new Map(outputs.map((stream) => [stream, { ...(stream.place ?? BEGINNING), stored: stream.top.values }]));
    this.stepwiseUntil = furthestPosition([...this.#outputs.values()]);
    const done = input.done?.get(claim.task) ?? 0;
    this.from = outputs.length > 0 ? lowestPosition([...this.#outputs.values()]) : done;
  }

  add(writer: StreamWriter, stream: MemoryStream): StreamWriter {
    const written = this.#outputs.get(stream);
    const follower = new PlaceKeeper(stream, this.#claim.token);
    const replay = written && this.#claim.attempt > 1 ? new FollowingReplay(writer, follower, written, this.from) : undefined;
    this.#followers.push(replay ?? follower);
    return replay ?? writer;
  }

  listFrom(position: number): ListBounds | undefined {
    return listBounds([...this.#outputs.values()], position);
  }

  emits(until: number): void {
    for (const follower of this.#followers) follower.emits(until);
  }

  reached(position: number): void {
    for (const follower of this.#followers) follower.reached(position);
    const done =
      this.#outputs.size > 0 ? lowestPosition([...this.#outputs.keys()].map(({ place = BEGINNING }) => place)) : position;
    if (this.#input.done?.has(this.#claim.task)) this.#input.done.set(this.#claim.task, done);
  }
}

/** Keeps a stream's place with the stream, as long as it belongs to the same attempt. */
class PlaceKeeper implements Follower {
  readonly #stream: MemoryStream;
  readonly #token: string;

  constructor(stream: MemoryStream, token: string) {
    this.#stream = stream;
    this.#token = token;
  }

  emits(until: number): void {
    if (this.#stream.owner === this.#token) this.#stream.place = { ...(this.#stream.place ?? BEGINNING), until };
  }

  reached(position: number): void {
    if (this.#stream.owner !== this.#token) return;
    this.#stream.place = { position, values: this.#stream.top.values, until: position };
  }
}
