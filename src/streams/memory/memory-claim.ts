import { checksumOf } from "../checksum.ts";
import type { TaskFailures } from "../dead-letters.ts";
import { BEGINNING, furthestPosition, listBounds, lowestPosition, type WrittenOutput } from "../place.ts";
import { type Follower, FollowingReplay, ReplayWriter, WholeReplay, type Written } from "../replay.ts";
import type { Share, ShareSettings } from "../share.ts";
import type { Claim, ClaimParts, Following, ListBounds, Saved, StreamWriter } from "../store.ts";
import type { Suspects, Values } from "../suspects.ts";
import type { MemoryShare } from "./memory-share.ts";
import type { MemoryStream } from "./memory-stream.ts";

/** What a checkpoint has saved: with it, how much of each output was written. */
export interface SavedInMemory extends Saved {
  readonly outputs: ReadonlyMap<MemoryStream, Written>;
}

/** What an attempt at a task works with. */
export interface ClaimSettings {
  readonly stream: (index: number) => MemoryStream;
  /** Indices of the task's outputs. */
  readonly outputs: readonly number[];
  readonly processor: string;
  /** Whether the task can be performed again. */
  readonly restarts: boolean;
  /** The last checkpoint, of whichever attempt. */
  readonly saved: () => SavedInMemory | undefined;
  /** Keeps a checkpoint for the next attempt, as long as the claim holds. @throws FencedError; EncodingError. */
  readonly keep: (saved: SavedInMemory) => void;
  /** @param isFresh whether no earlier attempt has done anything. */
  readonly share: (settings: ShareSettings, isFresh: boolean) => MemoryShare | undefined;
  readonly suspects: Suspects | undefined;
  readonly hold: (values: Values | undefined) => void;
}

/** A writer of an attempt that follows no input. */
interface OwnWriter {
  readonly stream: MemoryStream;
  readonly replay: WholeReplay | undefined;
}

/** One attempt at a task. How far it is stays with the run and its streams, for the next one. */
export class MemoryClaim implements Claim {
  readonly task: number;
  readonly attempt: number;
  readonly token: string;
  readonly lost: AbortSignal;
  readonly failures: TaskFailures;
  readonly #settings: ClaimSettings;
  readonly #saved: SavedInMemory | undefined;
  readonly #writers: OwnWriter[] = [];
  readonly #prepared = new Map<number, StreamWriter>();
  #following: MemoryFollowing | undefined;
  #share: MemoryShare | undefined;

  constructor({ task, attempt, token, lost, failures }: ClaimParts, settings: ClaimSettings) {
    this.task = task;
    this.attempt = attempt;
    this.token = token;
    this.lost = lost;
    this.failures = failures;
    this.#settings = settings;
    this.#saved = settings.saved();
  }

  follow(input: number): Following {
    const { stream, outputs } = this.#settings;
    this.#following ??= new MemoryFollowing(this, stream(input), outputs.map(stream));
    return this.#following;
  }

  async share(settings: ShareSettings): Promise<Share | undefined> {
    const { stream, outputs, share } = this.#settings;
    const done = stream(settings.input).done?.get(this.task) ?? 0;
    this.#share = share(settings, done === 0 && outputs.every((output) => stream(output).top.values === 0));
    return this.#share;
  }

  /** What it shares is for others to do. */
  release(): void {
    this.#share?.release();
  }

  /** Whether nothing is left to do for other replicas. */
  get isExhausted(): boolean {
    return this.#share?.exhausted ?? false;
  }

  finish(): void {
    for (const { replay } of this.#writers) replay?.finish();
  }

  get saved(): Saved | undefined {
    const saved = this.#saved;
    return saved && { state: saved.state, positions: saved.positions };
  }

  async save({ state, positions }: Saved): Promise<void> {
    const outputs = new Map(this.#writers.map(({ stream, replay }) => [stream, replay?.madeAgain ?? writtenTo(stream)]));
    this.#settings.keep({ state, positions, outputs });
    for (const [input, position] of positions) this.#settings.stream(input).done?.set(this.task, position);
  }

  get suspects(): Suspects | undefined {
    return this.#settings.suspects;
  }

  async hold(values: Values | undefined): Promise<void> {
    this.#settings.hold(values);
  }

  async again(): Promise<Claim> {
    for (const writer of this.#prepared.values()) await writer.flush();
    return new MemoryClaim(this, this.#settings);
  }

  /** Gives an output's writer, one for all who ask; in front of it, where that is needed, what drops values that are written already. */
  writer(index: number, make: () => StreamWriter): StreamWriter {
    const known = this.#prepared.get(index);
    if (known) return known;
    const writer = this.#prepare(make(), index);
    this.#prepared.set(index, writer);
    return writer;
  }

  #prepare(writer: StreamWriter, index: number): StreamWriter {
    const { stream: streamOf, restarts, processor } = this.#settings;
    const stream = streamOf(index);
    if (this.#following) return this.#following.add(writer, stream);
    if (!restarts) return writer;
    const summed = new SummedWriter(writer, stream);
    const written = { processor, stream: stream.record.name, ...writtenTo(stream) };
    const saved = this.#saved?.outputs.get(stream) ?? NOTHING;
    const replay = written.values > 0 ? new WholeReplay(summed, { ...written, saved }) : undefined;
    this.#writers.push({ stream, replay });
    return replay ?? summed;
  }
}

const NOTHING: Written = { values: 0, checksum: 0 };

function writtenTo({ top, checksum }: MemoryStream): Written {
  return { values: top.values, checksum };
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
