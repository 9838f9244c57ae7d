import { EncodingError, FencedError } from "../../errors.ts";
import type { Codec } from "../codecs/codec.ts";
import type { TaskFailures } from "../dead-letters.ts";
import type { Place } from "../place.ts";
import { WholeReplay, type Written, type WrittenWhole } from "../replay.ts";
import type { Share, ShareSettings } from "../share.ts";
import type { Claim, ClaimParts, Following, Saved, StreamWriter } from "../store.ts";
import type { Suspects, Values } from "../suspects.ts";
import { doneField, type FollowingSettings, RedisFollowing } from "./redis-following.ts";
import type { RedisShare } from "./redis-share.ts";
import type { RedisStream } from "./redis-stream.ts";
import type { RedisWriter } from "./redis-writer.ts";
import { parsePlace, toBuffer } from "./stream-commands.ts";

/** What an attempt at a task works with. */
export interface ClaimSettings extends FollowingSettings {
  readonly processor: string;
  /** Whether the task can be performed again. */
  readonly restarts: boolean;
  readonly codec: Codec;
  readonly maxValueBytes: number;
  /** The run is gone. */
  readonly lose: () => Error;
  /** @param isFresh whether no earlier attempt has done anything. */
  readonly share: (settings: ShareSettings, isFresh: boolean) => Promise<RedisShare | undefined>;
  readonly suspects: Suspects | undefined;
  readonly hold: (values: Values | undefined) => Promise<void>;
}

/** The fields that say how far a task's earlier attempts have come. */
export function notedFields(task: number, inputs: readonly number[], outputs: readonly number[]): string[] {
  const ofOutputs = outputs.flatMap((output) => [`q${output}`, `h${output}`]);
  return [...inputs.map((input) => doneField(input, task)), ...ofOutputs, `cs${task}`, `cp${task}`];
}

/** The positions of a checkpoint, as they are stored: of inputs, and of outputs with their checksums. */
interface SavedPositions {
  readonly inputs: readonly (readonly [stream: number, values: number])[];
  readonly outputs: readonly (readonly [stream: number, values: number, checksum: number | null])[];
}

/** A writer of an attempt that follows no input. */
interface OwnWriter {
  readonly stream: number;
  readonly writer: RedisWriter;
  /** In front of it, where an earlier attempt has written. */
  readonly replay: WholeReplay | undefined;
}

/** One attempt at a task. */
export class RedisClaim implements Claim {
  readonly task: number;
  readonly attempt: number;
  readonly token: string;
  readonly lost: AbortSignal;
  readonly failures: TaskFailures;
  readonly #settings: ClaimSettings;
  readonly #savedPositions: SavedPositions | undefined;
  readonly #writers: OwnWriter[] = [];
  /** What this attempt has saved last. */
  #saved: ReadonlyMap<string, Buffer> = new Map();
  #following: RedisFollowing | undefined;
  #share: RedisShare | undefined;

  constructor({ task, attempt, token, lost, failures }: ClaimParts, settings: ClaimSettings) {
    this.task = task;
    this.attempt = attempt;
    this.token = token;
    this.lost = lost;
    this.failures = failures;
    this.#settings = settings;
    const positions = settings.noted.get(`cp${task}`);
    this.#savedPositions = positions && (JSON.parse(String(positions)) as SavedPositions);
  }

  follow(input: number): Following {
    this.#following ??= new RedisFollowing(this, input, this.#settings);
    return this.#following;
  }

  async share(settings: ShareSettings): Promise<Share | undefined> {
    const { outputs, noted, share } = this.#settings;
    const done = Number(noted.get(doneField(settings.input, this.task)) ?? 0);
    this.#share = await share(settings, done === 0 && outputs.every(({ stored }) => stored.values === 0));
    return this.#share;
  }

  /** Whether nothing is left to do for other replicas. */
  get isExhausted(): boolean {
    return this.#share?.exhausted ?? false;
  }

  finish(): void {
    for (const { replay } of this.#writers) replay?.finish();
  }

  get saved(): Saved | undefined {
    const state = this.#settings.noted.get(`cs${this.task}`);
    if (!state) return undefined;
    return { state: this.#settings.codec.decode(state)[0], positions: new Map(this.#savedPositions?.inputs) };
  }

  async save({ state, positions }: Saved): Promise<void> {
    const { commands, codec, maxValueBytes, processor, lose } = this.#settings;
    const body = codec.encode([state]);
    if (body.length > maxValueBytes) throw EncodingError.stateTooLarge(processor, body.length, maxValueBytes);
    await Promise.all(this.#writers.map(({ writer }) => writer.flush()));
    const saved: SavedPositions = {
      inputs: [...positions],
      outputs: this.#writers.map(({ stream, writer, replay }) => {
        const { values, checksum } = replay?.madeAgain ?? writer.written;
        return [stream, values, checksum ?? null] as const;
      }),
    };
    const done = saved.inputs.map(([input, position]) => [doneField(input, this.task), String(position)] as const);
    const fields = new Map([
      [`cs${this.task}`, toBuffer(body)],
      [`cp${this.task}`, Buffer.from(JSON.stringify(saved))],
    ]);
    const reply = await commands.commit(this.task, this.token, done, [...fields]);
    if (reply === "LOST") throw lose();
    if (reply !== "OK") throw new FencedError(`Task "${processor}"`);
    this.#saved = fields;
  }

  get suspects(): Suspects | undefined {
    return this.#settings.suspects;
  }

  hold(values: Values | undefined): Promise<void> {
    return this.#settings.hold(values);
  }

  /** What it has written by now is to the next one what an earlier attempt has noted. */
  async again(): Promise<Claim> {
    await Promise.all(this.#writers.map(({ writer }) => writer.flush()));
    const sums = this.#writers.flatMap(({ stream, writer }): [string, Buffer][] => {
      const { checksum } = writer.written;
      return checksum === undefined ? [] : [[`h${stream}`, Buffer.from(String(checksum))]];
    });
    return new RedisClaim(this, { ...this.#settings, noted: new Map([...this.#settings.noted, ...sums, ...this.#saved]) });
  }

  /** What a writer goes on with, as earlier attempts have left it: how far the input is that it follows, or its values' checksum. */
  goingOnIn(stream: RedisStream): { place?: Place; checksum?: number } {
    if (this.#following) return { place: parsePlace(this.#settings.noted.get(`q${stream.index}`)?.toString()) };
    const { checksum } = this.#stored(stream);
    return this.#settings.restarts && checksum !== undefined ? { checksum } : {};
  }

  /** Has a writer told how far the input is, and put in front of it what drops values that are written already. */
  prepare(writer: RedisWriter, stream: RedisStream): StreamWriter {
    if (this.#following) return this.#following.add(writer, stream);
    const replay = stream.stored.values > 0 ? new WholeReplay(writer, this.#writtenTo(stream)) : undefined;
    this.#writers.push({ stream: stream.index, writer, replay });
    return replay ?? writer;
  }

  /** Notes how far this attempt has come, before it is given back. */
  async commit(): Promise<void> {
    await this.#following?.commit();
    await this.#share?.release();
  }

  #writtenTo(stream: RedisStream): WrittenWhole {
    const [, values, checksum] = this.#savedPositions?.outputs.find(([index]) => index === stream.index) ?? NOTHING_SAVED;
    const { processor } = this.#settings;
    return { processor, stream: stream.record.name, ...this.#stored(stream), saved: { values, checksum: checksum ?? undefined } };
  }

  #stored({ index, stored: { values } }: RedisStream): Written {
    const checksum = this.#settings.noted.get(`h${index}`);
    return { values, checksum: checksum ? Number(checksum) : values === 0 ? 0 : undefined };
  }
}

const NOTHING_SAVED = [-1, 0, 0] as const;
