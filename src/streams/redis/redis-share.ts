import { timerUntil } from "../../timers.ts";
import { throwUnlessCompleted } from "../ends.ts";
import {
  lanesOf,
  type Share,
  type SharedPart,
  type ShareOutputs,
  type ShareSettings,
  type Sharing,
  type Span,
  type Wanted,
  WINDOW_VALUES,
} from "../share.ts";
import { checkDeadly, sortOut } from "../share-values.ts";
import type { Asker, HandedOut } from "../shared-input.ts";
import type { ReaderOptions } from "../store.ts";
import type { RedisStream } from "./redis-stream.ts";
import type { DoneReply, ShareCommands, Taken } from "./share-commands.ts";
import { ShareResults } from "./share-results.ts";
import { SpanReader, type SpanReaderSettings } from "./span-reader.ts";

/** What a share needs of its run. */
export interface ShareRun {
  /** @throws what the server's answer means: FencedError, CancelledError, RunLostError. */
  refused(reply: "LOST" | "FENCED" | "ENDED", output: RedisStream | undefined, asker: Asker): Promise<never>;
  learn(output: RedisStream, values: number, bytes: number, positions: readonly string[]): void;
  sync(): Promise<void>;
  readerWaits(reader: object, stream: number, options: ReaderOptions): void;
  readerGoesOn(reader: object): void;
  writerWaits(writer: object, stream: number): void;
  writerGoesOn(writer: object): void;
}

/** What {@link RedisShare} works with. */
export interface RedisShareSettings extends SpanReaderSettings {
  readonly asker: Asker;
  /** Index of the task in the record. */
  readonly task: number;
  readonly processor: string;
  readonly outputs: readonly RedisStream[];
  readonly commands: ShareCommands;
  readonly run: ShareRun;
  readonly maxValueBytes: number;
}

/** One replica's hand in an input whose state is in Redis. */
export class RedisShare implements Share {
  readonly sharing: Sharing;
  /** Whether the whole input is done. */
  exhausted = false;
  readonly #settings: RedisShareSettings;
  readonly #wishes: ShareSettings;
  readonly #reader: SpanReader;
  readonly #results: ShareResults;
  #asks = 0;
  /** Counts what may give this replica something to take. */
  #news = 0;
  readonly #waiting = new Set<() => void>();
  #closed: { readonly reason: unknown } | undefined;
  #sending: Promise<void> | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** Whether somebody waits until all is stored. */
  #hurry = false;
  #onHurry: (() => void) | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(sharing: Sharing, wishes: ShareSettings, settings: RedisShareSettings) {
    this.sharing = sharing;
    this.#wishes = wishes;
    this.#settings = settings;
    this.#reader = new SpanReader(settings);
    const { codec, maxValueBytes, outputs } = settings;
    this.#results = new ShareResults(sharing, { codec, maxValueBytes, names: outputs.map(({ record }) => record.name) });
  }

  async take({ max, min = 1, maxWaitMs }: Wanted): Promise<readonly SharedPart[] | undefined> {
    let until: number | undefined;
    for (;;) {
      this.#check();
      const { stream } = this.#settings;
      const news = this.#news;
      const due = until !== undefined && performance.now() >= until;
      const taken = await this.#ask(max, due ? 1 : min);
      this.#check();
      const parts = await this.#read(taken.spans);
      if (parts.length > 0) return parts;
      if (taken.spans.length > 0) continue;
      if (taken.exhausted) return this.#end();
      if (maxWaitMs !== undefined && taken.waiting > 0) until ??= performance.now() + maxWaitMs;
      if (due || taken.waiting === 0) until = undefined;
      const isStale = stream.stored.values > taken.top || (stream.end !== undefined && !taken.ended) || this.#news !== news;
      if (!isStale) await this.#more(taken.waiting < min, until);
    }
  }

  done(span: Span, outputs: ShareOutputs): void {
    if (this.#failure) throw this.#failure.error;
    this.#results.add(span, outputs);
    this.#send();
  }

  giveBack(spans: readonly Span[]): void {
    this.#results.giveBack(spans);
    this.#send();
  }

  get full(): boolean {
    return this.#results.isLarge || this.#settings.outputs.some(isFull);
  }

  async room(): Promise<void> {
    if (this.#results.isLarge) await this.flush();
    const { run, outputs } = this.#settings;
    for (const output of outputs) {
      if (!isFull(output)) continue;
      const wait = {};
      run.writerWaits(wait, output.index);
      try {
        while (isFull(output)) {
          this.#check();
          await this.#woken((wake) => output.whenWritable(wake));
        }
      } finally {
        run.writerGoesOn(wait);
      }
    }
    this.#check();
  }

  async flush(): Promise<void> {
    this.#hurry = true;
    this.#onHurry?.();
    while (this.#sending) await this.#sending;
    this.#hurry = false;
    if (this.#failure) throw this.#failure.error;
  }

  /** Gives everything back that is not done, and settles when that is stored: another attempt, or another replica, does it. */
  async release(): Promise<void> {
    const lanes = Array.from({ length: lanesOf(this.sharing) }, (_, lane) => lane);
    this.giveBack(lanes.map((lane) => ({ lane, from: 0, until: Number.MAX_SAFE_INTEGER, ask: ALL })));
    await this.flush();
  }

  close(reason: unknown): void {
    this.#closed ??= { reason };
    this.#wakeAll();
  }

  /** Something has happened in the run: there may be more to take. */
  wake(): void {
    this.#news++;
    this.#wakeAll();
  }

  /** Settles when it is woken, by whom `listen` tells to, or when something happens in the run. */
  async #woken(listen: (wake: () => void) => void): Promise<() => void> {
    let wake = () => {};
    await new Promise<void>((resolve) => {
      wake = resolve;
      this.#waiting.add(wake);
      listen(wake);
    });
    this.#waiting.delete(wake);
    return wake;
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
    if (this.#closed) throw this.#closed.reason;
    const { end } = this.#settings.stream;
    if (end?.state === "cancelled") throwUnlessCompleted(end);
  }

  async #ask(max: number, min: number): Promise<Taken> {
    const { commands, asker, task, stream, run } = this.#settings;
    const { order } = this.sharing;
    this.#asks++;
    const ask = { lanes: lanesOf(this.sharing), order, max, min, ask: this.#asks, window: WINDOW_VALUES };
    const reply = await commands.take(task, asker, stream, ask);
    return typeof reply === "string" ? run.refused(reply, undefined, asker) : reply;
  }

  async #read(spans: readonly HandedOut[]): Promise<SharedPart[]> {
    const { processor, stream } = this.#settings;
    const parts: SharedPart[] = [];
    for (const span of spans) {
      const values = await this.#reader.read(span.from, span.until);
      const { part, done } = sortOut({ ...span, ask: this.#asks }, values, this.sharing, this.#wishes);
      if (part) parts.push(checkDeadly(part, span, this.#wishes, { processor, stream: stream.record.name }));
      if (done) this.done(done, NOTHING);
    }
    return parts;
  }

  /** Nothing is left. @throws how the input has ended, if not well. */
  async #end(): Promise<undefined> {
    const { stream, run } = this.#settings;
    if (!stream.end) await run.sync();
    if (stream.end) throwUnlessCompleted(stream.end);
    this.exhausted = true;
  }

  /** Waits until there may be more. @param idle whether it is the input that must have more. */
  async #more(idle: boolean, until: number | undefined): Promise<void> {
    const { stream, run, task } = this.#settings;
    let timer: NodeJS.Timeout | undefined;
    if (idle) run.readerWaits(this, stream.index, { consumer: task });
    const wake = await this.#woken((wake) => {
      stream.whenReadable(wake);
      if (until !== undefined) timer = setTimeout(wake, timerUntil(until));
    });
    clearTimeout(timer);
    stream.forget(wake);
    if (idle) run.readerGoesOn(this);
  }

  /** Stores what is done: at the end of the loop's turn, or when what is under way is stored. */
  #send(): void {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      // An outage or a lost claim: whoever waits for values learns of it.
      if (this.#failure) this.#wakeAll();
    });
  }

  async #sendAll(): Promise<void> {
    const { commands, asker, task, stream, outputs, run } = this.#settings;
    try {
      await this.#gather();
      for (let next = this.#results.next(); next; next = this.#results.next()) {
        this.#sentAt = performance.now();
        const reply = await commands.done(task, asker, stream, outputs, this.sharing.order, next);
        if (typeof reply === "string") await run.refused(reply, outputs.find(({ end }) => end) ?? outputs[0], asker);
        else this.#learn(reply);
        // It may have been the last.
        this.wake();
        await this.#gather();
      }
    } catch (error) {
      this.#failure = { error };
    }
  }

  /** Waits for what else is done in this turn of the loop; in a busy time for a little longer, since every command costs the server as much. */
  async #gather(): Promise<void> {
    const left = this.#sentAt + GATHER_MS - performance.now();
    if (left <= 0) await new Promise<void>((resolve) => setImmediate(resolve));
    else if (!this.#hurry) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#onHurry = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #learn(reply: DoneReply): void {
    const { outputs, run } = this.#settings;
    outputs.forEach((output, i) => {
      const [values, bytes, ...positions] = reply[i] ?? [];
      run.learn(output, Number(values), Number(bytes), positions);
    });
  }
}

/** In a busy time results are sent so often. */
const GATHER_MS = 4;
/** In place of the number of an asking: whatever this replica has. */
const ALL = -1;
const NOTHING: ShareOutputs = new Map();

function isFull({ consumers, top }: RedisStream): boolean {
  return consumers.full(top);
}
