import { DeadLettersFullError, FencedError, RunLostError } from "../../errors.ts";
import type { Codec } from "../codecs/codec.ts";
import type { DeadLetterLimits, SetAside, TaskFailures } from "../dead-letters.ts";
import type { RunRecord } from "../store.ts";
import { deadLetterIndexKey, type RunKeys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import type { LetterHead } from "./redis-dead-letters.ts";

/** What {@link RedisTaskFailures} needs of its run. */
export interface TaskFailureSettings {
  readonly link: RedisLink;
  readonly keys: RunKeys;
  readonly prefix: string;
  readonly codec: Codec;
  readonly deadLetters: Required<DeadLetterLimits>;
}

/** What one claim of a task says of the values that it cannot handle. */
export class RedisTaskFailures implements TaskFailures {
  readonly #settings: TaskFailureSettings;
  readonly #record: RunRecord;
  readonly #task: number;
  /** The same, or another replica of it: who has the token. */
  readonly #replica: number;
  readonly #token: string;
  #untold = 0;
  #telling = false;

  constructor(
    settings: TaskFailureSettings,
    record: RunRecord,
    { task, replica, token }: { readonly task: number; readonly replica: number; readonly token: string },
  ) {
    this.#settings = settings;
    this.#record = record;
    this.#task = task;
    this.#replica = replica;
    this.#token = token;
  }

  async setAside(letter: SetAside): Promise<void> {
    const { link, keys, codec, deadLetters } = this.#settings;
    const { content, index } = letter;
    const bytes = "bytes" in content ? content.bytes : codec.encode([content.value]);
    const { keepMs, maxCount, maxBytes } = deadLetters;
    // The index first: what it names too much does no harm.
    await this.#list(keepMs);
    const reply = await link.run(() =>
      link.commands.dgBury(
        keys.run,
        keys.deadLetters,
        this.#task,
        this.#token,
        index,
        JSON.stringify(this.#head(letter)),
        Buffer.from(bytes),
        Math.ceil(keepMs),
        maxCount,
        maxBytes,
        this.#replica,
      ),
    );
    const { id } = this.#record;
    if (reply === "LOST") throw new RunLostError(id);
    if (reply === "FENCED") throw new FencedError(`Task "${this.#record.tasks[this.#task]?.processor}" of run ${id}`);
    if (reply === "FULL:count") throw new DeadLettersFullError(id, `${maxCount} values`);
    if (reply === "FULL:bytes") throw new DeadLettersFullError(id, `${maxBytes} bytes`);
  }

  async known(): Promise<ReadonlySet<number>> {
    const { link, keys } = this.#settings;
    const fields = await link.run(() => link.commands.hkeys(keys.deadLetters));
    const known = new Set<number>();
    for (const field of fields) {
      const [, task, index] = /^[hx](\d+)\.(\d+)$/.exec(field) ?? [];
      if (Number(task) === this.#task) known.add(Number(index));
    }
    return known;
  }

  retried(): void {
    this.#untold++;
    if (this.#telling) return;
    this.#telling = true;
    void this.#tell().finally(() => {
      this.#telling = false;
    });
  }

  /** What comes while one command is under way goes with the next. A count that is lost is only one that is not shown. */
  async #tell(): Promise<void> {
    const { link, keys } = this.#settings;
    while (this.#untold > 0) {
      const count = this.#untold;
      this.#untold = 0;
      await link.run(() => link.commands.dgRetried(keys.run, this.#task, count)).catch(() => undefined);
    }
  }

  #head({ stream, content, attempts, failure }: SetAside): LetterHead {
    const { tasks, streams } = this.#record;
    const { processor = "", inputs = [], outputs = [] } = tasks[this.#task] ?? {};
    const name = (index: number) => streams[index]?.name ?? "";
    const count = "count" in content ? content.count : 1;
    const names = { inputs: inputs.map(name), outputs: outputs.map(name) };
    return { processor, stream: name(stream), count, attempts, failure, codec: this.#settings.codec.name, ...names };
  }

  async #list(keepMs: number): Promise<void> {
    const { link, prefix } = this.#settings;
    const key = deadLetterIndexKey(prefix);
    const now = Date.now();
    await link.run(() =>
      Promise.all([
        link.commands.zadd(key, now + keepMs, this.#record.id),
        link.commands.zremrangebyscore(key, 0, now),
        link.commands.pexpire(key, Math.ceil(keepMs), "NX"),
        link.commands.pexpire(key, Math.ceil(keepMs), "GT"),
      ]),
    );
  }
}
