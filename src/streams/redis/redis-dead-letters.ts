import type { Codec } from "../codecs/codec.ts";
import { type DeadLetter, type DeadLetterStore, deadLetterId, parseDeadLetterId } from "../dead-letters.ts";
import { deadLetterIndexKey, keysOf } from "./keys.ts";
import type { RedisLink } from "./link.ts";

/** What is kept of a dead letter beside its bytes. */
export type LetterHead = Omit<DeadLetter, "id" | "run" | "index" | "at" | "bytes" | "value">;

/** What every reader of dead letters needs. */
export interface DeadLetterSettings {
  readonly link: RedisLink;
  readonly prefix: string;
  readonly codec: Codec;
}

/** The dead letters of all runs under a prefix. Which runs have some is an index, a hint: the truth is in each run's hash. */
export class RedisDeadLetters implements DeadLetterStore {
  readonly #settings: DeadLetterSettings;

  constructor(settings: DeadLetterSettings) {
    this.#settings = settings;
  }

  async *list(run?: string): AsyncGenerator<DeadLetter> {
    const { link, prefix } = this.#settings;
    const runs = run === undefined ? await link.run(() => link.commands.zrange(deadLetterIndexKey(prefix), "0", "-1")) : [run];
    for (const id of runs) yield* this.#of(id);
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    const at = parseDeadLetterId(id);
    return at && (await this.#read(at.run, [`${at.task}.${at.index}`]))[0];
  }

  async remove(id: string): Promise<boolean> {
    const { link, prefix } = this.#settings;
    const at = parseDeadLetterId(id);
    if (!at) return false;
    const keys = keysOf(prefix, at.run);
    return (await link.run(() => link.commands.dgExhume(keys.run, keys.deadLetters, `${at.task}.${at.index}`))) === 1;
  }

  async *#of(run: string): AsyncGenerator<DeadLetter> {
    const { link, prefix } = this.#settings;
    const fields = await link.run(() => link.commands.hkeys(keysOf(prefix, run).deadLetters));
    const places = fields.filter((field) => field.startsWith("h")).map((field) => field.slice(1));
    if (places.length === 0) await link.run(() => link.commands.zrem(deadLetterIndexKey(prefix), run));
    places.sort(inOrder);
    for (let i = 0; i < places.length; i += AT_ONCE) yield* await this.#read(run, places.slice(i, i + AT_ONCE));
  }

  async #read(run: string, places: readonly string[]): Promise<DeadLetter[]> {
    const { link, prefix } = this.#settings;
    const fields = places.flatMap((place) => [`h${place}`, `v${place}`]);
    const found = await link.run(() => link.commands.hmgetBuffer(keysOf(prefix, run).deadLetters, ...fields));
    return places.flatMap((place, i) => {
      const [head, bytes] = [found[i * 2], found[i * 2 + 1]];
      return head && bytes ? [this.#letter(run, place, head.toString("utf8"), bytes)] : [];
    });
  }

  #letter(run: string, place: string, text: string, bytes: Buffer): DeadLetter {
    const space = text.indexOf(" ");
    const head = JSON.parse(text.slice(space + 1)) as LetterHead;
    const [task, index] = place.split(".").map(Number);
    const id = deadLetterId(run, task ?? 0, index ?? 0);
    return { id, run, index: index ?? 0, at: Number(text.slice(0, space)), ...head, bytes, ...this.#decoded(head, bytes) };
  }

  /** Values that another codec has written, or that cannot be decoded, have only their bytes. */
  #decoded({ codec, count }: LetterHead, bytes: Buffer): { value?: unknown } {
    if (codec !== this.#settings.codec.name || count !== 1) return {};
    try {
      return { value: this.#settings.codec.decode(bytes)[0] };
    } catch {
      return {};
    }
  }
}

/** By task, then by value. */
function inOrder(a: string, b: string): number {
  const [taskA = 0, indexA = 0] = a.split(".").map(Number);
  const [taskB = 0, indexB = 0] = b.split(".").map(Number);
  return taskA - taskB || indexA - indexB;
}

/** A value may have a megabyte. */
const AT_ONCE = 16;
