import { FencedError } from "../../errors.ts";
import { timerUntil } from "../../timers.ts";
import { throwUnlessCompleted } from "../ends.ts";
import type { Cursor } from "../flow-control.ts";
import type { Share, SharedPart, ShareOutputs, ShareSettings, Sharing, Span, Wanted } from "../share.ts";
import { WINDOW_VALUES } from "../share.ts";
import { checkDeadly, sortOut } from "../share-values.ts";
import { type Asker, SharedInput } from "../shared-input.ts";
import type { StreamWriter } from "../store.ts";
import type { MemoryStream } from "./memory-stream.ts";

/** What a shared input needs of its run. */
export interface SharingSettings {
  readonly sharing: Sharing;
  /** Index of the task in the record. */
  readonly task: number;
  readonly processor: string;
  readonly input: MemoryStream;
  /** Writers of the task's outputs, by the index of their stream: all of one owner, as they belong to all replicas. */
  readonly makeWriters: () => ReadonlyMap<number, StreamWriter>;
  /** Whether an attempt still holds its claim. */
  readonly isAlive: (asker: Asker) => boolean;
  readonly readerWaits: (reader: object) => void;
  readonly readerGoesOn: (reader: object) => void;
}

/** An input that the replicas of a task share. */
export class MemorySharing {
  readonly settings: SharingSettings;
  readonly #input: SharedInput;
  readonly #cursor: Cursor;
  readonly #waiting = new Set<() => void>();

  constructor(settings: SharingSettings) {
    this.settings = settings;
    this.#input = new SharedInput(settings.sharing);
    this.#cursor = settings.input.attach(settings.task);
  }

  take(asker: Asker, max: number, min: number) {
    const { input, isAlive } = this.settings;
    if (!isAlive(asker)) throw lost();
    const top = { values: input.top.values, ended: input.end !== undefined };
    const spans = this.#input.take(asker, { max, min, window: WINDOW_VALUES }, top, isAlive);
    return { spans, exhausted: this.#input.exhausted(top), top };
  }

  done(asker: Asker, span: Span, outputs: ShareOutputs, writers: ReadonlyMap<number, StreamWriter>): void {
    const { input, isAlive, task } = this.settings;
    if (!isAlive(asker)) throw lost();
    for (const each of this.#input.done(asker, [[span, outputs]])) {
      for (const [stream, values] of each) writers.get(stream)?.writeMany([...values]);
    }
    const { floor } = this.#input;
    if (floor > this.#cursor.values) {
      this.#cursor.bytes = input.bytesAt(floor);
      this.#cursor.values = floor;
      if (input.done?.has(task)) input.done.set(task, floor);
      input.passed();
    }
    this.wake();
  }

  /** How many values nobody has taken. */
  waiting(top: number): number {
    return top - this.#input.next;
  }

  giveBack(asker: Asker, spans: readonly Span[]): void {
    if (this.settings.isAlive(asker)) this.#input.giveBack(asker, spans);
    this.wake();
  }

  release(asker: Asker): void {
    this.#input.release(asker);
    this.wake();
  }

  whenNews(wake: () => void): void {
    this.#waiting.add(wake);
  }

  /** Undoes `whenNews`. */
  forget(wake: () => void): void {
    this.#waiting.delete(wake);
  }

  /** Something has happened: who waits looks again. */
  wake(): void {
    for (const wake of this.#waiting) {
      this.#waiting.delete(wake);
      wake();
    }
  }
}

/** One replica's hand in an input that is in memory. */
export class MemoryShare implements Share {
  readonly #asker: Asker;
  readonly #wishes: ShareSettings;
  readonly #shared: MemorySharing;
  readonly #writers: ReadonlyMap<number, StreamWriter>;
  #closed: { readonly reason: unknown } | undefined;
  #wake: (() => void) | undefined;
  /** Whether the whole input is done. */
  exhausted = false;

  constructor(asker: Asker, wishes: ShareSettings, shared: MemorySharing) {
    this.#asker = asker;
    this.#wishes = wishes;
    this.#shared = shared;
    this.#writers = shared.settings.makeWriters();
  }

  get sharing(): Sharing {
    return this.#shared.settings.sharing;
  }

  async take({ max, min = 1, maxWaitMs }: Wanted): Promise<readonly SharedPart[] | undefined> {
    const { input, processor } = this.#shared.settings;
    let until: number | undefined;
    for (;;) {
      this.#check();
      const due = until !== undefined && performance.now() >= until;
      const { spans, exhausted, top } = this.#shared.take(this.#asker, max, due ? 1 : min);
      const parts: SharedPart[] = [];
      for (const span of spans) {
        const { part, done } = sortOut(span, input.read(span.from, span.until), this.sharing, this.#wishes);
        if (part) parts.push(checkDeadly(part, span, this.#wishes, { processor, stream: input.record.name }));
        if (done) this.done(done, NOTHING);
      }
      if (parts.length > 0) return parts;
      if (spans.length > 0) continue;
      if (exhausted) {
        if (input.end) throwUnlessCompleted(input.end);
        this.exhausted = true;
        return undefined;
      }
      const waiting = this.#shared.waiting(top.values);
      if (due || waiting === 0) until = undefined;
      else if (maxWaitMs !== undefined) until ??= performance.now() + maxWaitMs;
      await this.#more(waiting < min, until);
    }
  }

  done(span: Span, outputs: ShareOutputs): void {
    this.#shared.done(this.#asker, span, outputs, this.#writers);
  }

  giveBack(spans: readonly Span[]): void {
    this.#shared.giveBack(this.#asker, spans);
  }

  /** Gives everything back that is not done. */
  release(): void {
    this.#shared.release(this.#asker);
  }

  get full(): boolean {
    return [...this.#writers.values()].some((writer) => writer.full);
  }

  async room(): Promise<void> {
    for (const writer of this.#writers.values()) await writer.room();
  }

  async flush(): Promise<void> {
    for (const writer of this.#writers.values()) await writer.flush();
  }

  close(reason: unknown): void {
    this.#closed ??= { reason };
    this.#wake?.();
  }

  #check(): void {
    if (this.#closed) throw this.#closed.reason;
    const { end } = this.#shared.settings.input;
    if (end?.state === "cancelled") throwUnlessCompleted(end);
  }

  /** @param idle whether it is the input that must have more. */
  async #more(idle: boolean, until: number | undefined): Promise<void> {
    const { input, readerWaits, readerGoesOn } = this.#shared.settings;
    let timer: NodeJS.Timeout | undefined;
    if (idle) readerWaits(this);
    let wake = () => {};
    await new Promise<void>((resolve) => {
      this.#wake = wake = resolve;
      input.whenReadable(wake);
      this.#shared.whenNews(wake);
      if (until !== undefined) timer = setTimeout(wake, timerUntil(until));
    });
    clearTimeout(timer);
    input.forget(wake);
    this.#shared.forget(wake);
    this.#wake = undefined;
    if (idle) readerGoesOn(this);
  }
}

function lost(): FencedError {
  return new FencedError("A replica's share of an input");
}

const NOTHING: ShareOutputs = new Map();
