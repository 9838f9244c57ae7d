import type { Share, SharedPart, ShareOutputs, Span } from "../streams/share.ts";
import { AbortFlag } from "./abort-flag.ts";
import { Pace } from "./pace.ts";
import { isPromise } from "./results.ts";

/** What is handled by one call: a value, or a list of them. */
export interface Unit {
  readonly span: Span;
  readonly input: unknown;
  /** Of its values in their stream, from 1. */
  readonly indices: readonly number[];
  /** Units of one key are handled one after the other. */
  readonly key?: unknown;
}

/** What driving a replica works with. */
export interface ShareDrive {
  readonly share: Share;
  readonly call: (unit: Unit) => unknown;
  /** What a call's result means for the outputs. */
  readonly outputsOf: (result: unknown) => ShareOutputs | Promise<ShareOutputs>;
  /** What the values of a part are to be handled as. */
  readonly unitsOf: (part: SharedPart) => readonly Unit[];
  /** Told before values are handled that an attempt had before which was lost. */
  readonly onAgain: () => Promise<void>;
  readonly signal: AbortSignal;
  /** Told of calls that go on after the drive has failed. */
  readonly onLeft: (settled: Promise<void>) => void;
  /** Told how to find out whether a call is under way. */
  readonly onBegin: (isBusy: () => boolean) => void;
}

/** How much a replica takes on. */
export interface ShareSize {
  /** Calls at the same time. */
  readonly concurrency: number;
  /** Values in a call, where it gets lists of them. */
  readonly list?: { readonly maxSize: number; readonly maxWaitMs: number };
}

/** Handles one replica's part of an input: takes values, calls the handler, says what is done. Settles when nothing is left and all is stored. */
export async function driveShare(drive: ShareDrive, size: ShareSize): Promise<void> {
  const work = new SharedWork(drive, size);
  drive.onBegin(() => work.isBusy);
  try {
    await work.run();
    await drive.share.flush();
  } catch (error) {
    work.giveUp();
    // What is done need not be done again. Whether it could be stored is not what went wrong.
    if (!drive.signal.aborted) await drive.share.flush().catch(() => undefined);
    throw error;
  } finally {
    drive.onLeft(work.settled());
  }
}

class SharedWork {
  readonly #drive: ShareDrive;
  readonly #size: ShareSize;
  #queue: Unit[] = [];
  /** Units that wait for one of their key. */
  readonly #behind = new Map<unknown, Unit[]>();
  readonly #calls = new Set<Promise<void>>();
  #taking = false;
  /** Whether the whole input is done. */
  #isOut = false;
  #failure: { readonly error: unknown } | undefined;
  #onChange: (() => void) | undefined;
  /** How long a call takes, in milliseconds; a moving mean. */
  #callMs: number | undefined;
  /** So long the values that are taken ahead are to last. */
  #aheadMs = AHEAD_MS;
  /** Whether no call has ended since what waited was given back. */
  #isStalled = false;

  constructor(drive: ShareDrive, size: ShareSize) {
    this.#drive = drive;
    this.#size = size;
  }

  get isBusy(): boolean {
    return this.#calls.size > 0;
  }

  async run(): Promise<void> {
    const { share } = this.#drive;
    const pace = new Pace();
    const aborted = new AbortFlag(this.#drive.signal);
    for (;;) {
      if (aborted.raised) throw this.#drive.signal.reason;
      if (this.#failure) throw this.#failure.error;
      this.#refill();
      if (this.#calls.size >= this.#size.concurrency) {
        await this.#change();
        continue;
      }
      if (this.#queue.length > 0 && share.full) await share.room();
      const unit = this.#queue.shift();
      if (unit) {
        this.#start(unit);
        if (pace.over) await pace.yield();
      } else if (this.#isOut && this.#calls.size === 0) return;
      else await this.#change();
    }
  }

  /** Gives back what was not begun. */
  giveUp(): void {
    const waiting = [...this.#queue, ...[...this.#behind.values()].flat()];
    this.#queue = [];
    this.#behind.clear();
    this.#drive.share.giveBack(waiting.map(({ span }) => span));
  }

  /** Settles when no call is under way, however they ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#calls);
  }

  /** Settles when something has changed. What waits behind slow calls for long is left to other replicas. */
  async #change(): Promise<void> {
    const timer =
      this.#queue.length > 0
        ? setTimeout(() => {
            this.#isStalled = true;
            this.#aheadMs = AHEAD_MS;
            this.#drive.share.giveBack(this.#queue.splice(0).map(({ span }) => span));
          }, STALLED_MS)
        : undefined;
    await new Promise<void>((resolve) => {
      this.#onChange = resolve;
    });
    this.#onChange = undefined;
    clearTimeout(timer);
  }

  #changed(): void {
    this.#onChange?.();
  }

  /** Values wanted now: for calls that can be made at once, and a few more, as many as are handled while others come. */
  get #wanted(): number {
    const { concurrency, list } = this.#size;
    const free = concurrency - this.#calls.size;
    const waiting = this.#queue.length + [...this.#behind.values()].reduce((sum, units) => sum + units.length, 0);
    if (list) return free > waiting ? list.maxSize : 0;
    const ahead =
      this.#callMs === undefined || this.#isStalled
        ? 0
        : Math.min(Math.floor((concurrency * this.#aheadMs) / this.#callMs), MOST_AHEAD);
    const wanted = Math.min(free + ahead, MOST_AHEAD) - waiting;
    return waiting > 0 && wanted < (ahead + 1) / 2 ? 0 : wanted;
  }

  #refill(): void {
    if (this.#taking || this.#isOut) return;
    const wanted = this.#wanted;
    if (wanted <= 0) return;
    this.#taking = true;
    this.#take(wanted)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#taking = false;
        this.#changed();
      });
  }

  async #take(max: number): Promise<void> {
    const { share, unitsOf, onAgain } = this.#drive;
    const { list } = this.#size;
    const parts = await share.take({ max, ...(list && list.maxWaitMs > 0 && { min: max, maxWaitMs: list.maxWaitMs }) });
    if (!parts) {
      this.#isOut = true;
      return;
    }
    if (parts.some(({ again }) => again)) await onAgain();
    // They were there, and yet there was nothing to do until they came: next time they are asked for earlier.
    const isLate = this.#queue.length === 0 && this.#calls.size < this.#size.concurrency;
    const got = parts.reduce((sum, { values }) => sum + values.length, 0);
    if (isLate && got >= max / 2) this.#aheadMs = Math.min(this.#aheadMs * 2, MOST_AHEAD_MS);
    for (const part of parts) this.#queue.push(...unitsOf(part));
  }

  #start(unit: Unit): void {
    const { key } = unit;
    if (key !== undefined) {
      const behind = this.#behind.get(key);
      if (behind) {
        behind.push(unit);
        return;
      }
    }
    const startedAt = performance.now();
    const { call, outputsOf, share } = this.#drive;
    const result = call(unit);
    const outputs = isPromise(result) ? result.then(outputsOf) : outputsOf(result);
    if (!isPromise(outputs)) {
      share.done(unit.span, outputs);
      this.#ended(startedAt);
      return;
    }
    if (key !== undefined) this.#behind.set(key, []);
    const handled: Promise<void> = outputs
      .then((done) => share.done(unit.span, done))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#calls.delete(handled);
        this.#ended(startedAt);
        if (key !== undefined) this.#goOn(key);
        this.#changed();
      });
    this.#calls.add(handled);
  }

  /** What waited for a key comes before all else. */
  #goOn(key: unknown): void {
    const behind = this.#behind.get(key) ?? [];
    this.#behind.delete(key);
    this.#queue.unshift(...behind);
  }

  #ended(startedAt: number): void {
    const ms = Math.max(performance.now() - startedAt, LEAST_MS);
    this.#callMs = this.#callMs === undefined ? ms : this.#callMs * 0.8 + ms * 0.2;
    this.#isStalled = false;
  }
}

const AHEAD_MS = 20;
/** The same where the store is slow, as on a machine that has much to do. */
const MOST_AHEAD_MS = 160;
const MOST_AHEAD = 512;
/** After this what was taken ahead is given back. */
const STALLED_MS = 50;
const LEAST_MS = 0.001;
