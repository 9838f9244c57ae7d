import { DeadLettersFullError } from "../../errors.ts";
import { MAX_TIMER_MS } from "../../timers.ts";
import type { Codec } from "../codecs/codec.ts";
import { msgpackCodec } from "../codecs/index.ts";
import {
  type DeadLetter,
  type DeadLetterLimits,
  type DeadLetterStore,
  deadLetterId,
  deadLetterLimits,
  parseDeadLetterId,
  type SetAside,
} from "../dead-letters.ts";
import { estimateBytes } from "../size.ts";
import type { RunRecord } from "../store.ts";

/** The dead letters of one run. */
interface Letters {
  readonly byId: Map<string, { readonly letter: DeadLetter; readonly bytes: number }>;
  bytes: number;
  expiry: NodeJS.Timeout | undefined;
}

/** Dead letters in this process's memory. */
export class MemoryDeadLetters implements DeadLetterStore {
  readonly #runs = new Map<string, Letters>();
  readonly #limits: Required<DeadLetterLimits>;
  readonly #codec: Codec;

  constructor({ codec = msgpackCodec(), deadLetters }: { codec?: Codec; deadLetters?: DeadLetterLimits }) {
    this.#codec = codec;
    this.#limits = deadLetterLimits(deadLetters);
  }

  /** Keeps one, once. @throws DeadLettersFullError. */
  add(record: RunRecord, task: number, { index, stream, content, attempts, failure }: SetAside): void {
    const id = deadLetterId(record.id, task, index);
    const letters = this.#of(record.id);
    if (letters.byId.has(id)) return;
    const encoded = "bytes" in content ? content : this.#encoded(content.value);
    const bytes = (encoded.bytes?.length ?? estimateBytes(content)) + JSON.stringify(failure).length;
    this.#checkRoom(record.id, letters, bytes);
    const name = (stream: number) => record.streams[stream]?.name ?? "";
    const { processor = "", inputs = [], outputs = [] } = record.tasks[task] ?? {};
    const letter: DeadLetter = {
      id,
      run: record.id,
      processor,
      stream: name(stream),
      index,
      count: 1,
      attempts,
      failure,
      at: Date.now(),
      codec: this.#codec.name,
      ...encoded,
      inputs: inputs.map(name),
      outputs: outputs.map(name),
    };
    letters.byId.set(id, { letter, bytes });
    letters.bytes += bytes;
    clearTimeout(letters.expiry);
    letters.expiry = setTimeout(() => this.#runs.delete(record.id), Math.min(this.#limits.keepMs, MAX_TIMER_MS)).unref();
  }

  async *list(run?: string): AsyncGenerator<DeadLetter> {
    const runs = run === undefined ? [...this.#runs.keys()] : [run];
    for (const id of runs) for (const { letter } of [...(this.#runs.get(id)?.byId.values() ?? [])].sort(inOrder)) yield letter;
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    return this.#runs.get(parseDeadLetterId(id)?.run ?? "")?.byId.get(id)?.letter;
  }

  async remove(id: string): Promise<boolean> {
    const run = parseDeadLetterId(id)?.run ?? "";
    const letters = this.#runs.get(run);
    const found = letters?.byId.get(id);
    if (!letters || !found) return false;
    letters.byId.delete(id);
    letters.bytes -= found.bytes;
    if (letters.byId.size === 0) this.#forget(run);
    return true;
  }

  close(): void {
    for (const run of [...this.#runs.keys()]) this.#forget(run);
  }

  #forget(run: string): void {
    clearTimeout(this.#runs.get(run)?.expiry);
    this.#runs.delete(run);
  }

  #of(run: string): Letters {
    const known = this.#runs.get(run);
    if (known) return known;
    const made: Letters = { byId: new Map(), bytes: 0, expiry: undefined };
    this.#runs.set(run, made);
    return made;
  }

  #checkRoom(run: string, { byId, bytes }: Letters, more: number): void {
    const { maxCount, maxBytes } = this.#limits;
    if (byId.size >= maxCount) throw new DeadLettersFullError(run, `${maxCount} values`);
    if (bytes + more > maxBytes) throw new DeadLettersFullError(run, `${maxBytes} bytes`);
  }

  /** A copy, as it is now; what cannot be encoded is kept as it is. */
  #encoded(value: unknown): { bytes?: Uint8Array; value: unknown } {
    try {
      const bytes = this.#codec.encode([value]);
      return { bytes, value: this.#codec.decode(bytes)[0] };
    } catch {
      return { value };
    }
  }
}

function inOrder({ letter: a }: { letter: DeadLetter }, { letter: b }: { letter: DeadLetter }): number {
  return a.processor === b.processor ? a.index - b.index : a.processor < b.processor ? -1 : 1;
}
