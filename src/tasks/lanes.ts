import { Ahead } from "./ahead.ts";
import { settlesSoon } from "./patience.ts";
import { isAsyncIterable, isPromise } from "./results.ts";

/** @see Lanes */
export interface LaneSettings {
  readonly concurrency: number;
  readonly ordered: boolean;
  /** Writes what a call gave. */
  readonly handOn: (result: unknown) => Promise<void>;
  /** Called once, when the first call fails. */
  readonly onFailure: (error: unknown) => void;
}

/** Runs a bounded number of handler calls at once and hands their results on, in order where asked. */
export class Lanes {
  readonly #settings: LaneSettings;
  readonly #running = new Set<Promise<void>>();
  /** Settles when every call added before has been handed on. */
  #previous: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;
  /** A call has failed whose turn has not come: those before it are handed on first, if they are soon, and no other is made. */
  #isFailing = false;
  /** Wakes who waits for a call to end. (A race over the running ones would pile up on a slow call, once per value.) */
  #onSettled: (() => void) | undefined;

  constructor(settings: LaneSettings) {
    this.#settings = settings;
  }

  /** Whether no call is under way. */
  get idle(): boolean {
    return this.#running.size === 0;
  }

  /**
   * Takes the result of a call that was just made; settles when another call may be made.
   *
   * @throws what a call threw; the first in order, where results are handed on in order, after those of the calls before it.
   */
  async add(result: unknown): Promise<void> {
    const previous = this.#previous;
    const lane: Promise<void> = this.#run(result, previous).then(
      () => this.#settle(lane),
      (error: unknown) => {
        this.#fail(error);
        this.#settle(lane);
      },
    );
    this.#previous = lane;
    this.#running.add(lane);
    while ((this.#running.size >= this.#settings.concurrency || this.#isFailing) && !this.#failure) {
      await new Promise<void>((resolve) => {
        this.#onSettled = resolve;
      });
    }
    this.#check();
  }

  /** Settles when every result was handed on. @throws what a call threw. */
  async drain(): Promise<void> {
    await this.settled();
    this.#check();
  }

  /** Settles when no call is under way, however they ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #run(result: unknown, previous: Promise<void>): Promise<void> {
    const { concurrency, ordered, handOn } = this.#settings;
    let value = isPromise(result) ? await (ordered ? this.#inTurn(result, previous) : result) : result;
    // A generator does nothing until it is read: reading it only when it is its turn would make calls run one by one.
    if (ordered && concurrency > 1 && isAsyncIterable(value))
      value = await Ahead.until(previous, value, () => (this.#isFailing = true));
    else if (ordered) await previous;
    if (!this.#failure) await handOn(value);
    else if (value instanceof Ahead) await value.return();
  }

  /** What a call gives; its failure counts when its turn has come, or when that takes too long. */
  async #inTurn(result: Promise<unknown>, previous: Promise<void>): Promise<unknown> {
    try {
      return await result;
    } catch (error) {
      this.#isFailing = true;
      await settlesSoon(previous);
      throw error;
    }
  }

  #settle(lane: Promise<void>): void {
    this.#running.delete(lane);
    this.#onSettled?.();
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.#settings.onFailure(error);
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
