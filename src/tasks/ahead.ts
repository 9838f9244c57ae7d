import { settlesSoon } from "./patience.ts";

/**
 * The results of a call that goes on before it is its turn to be handed on: the first ones are kept until then, so that
 * calls overlap although their results come in order.
 */
export class Ahead implements AsyncIterableIterator<unknown> {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #early: unknown[] = [];
  /** What it threw before its turn: it comes after what it had given. */
  #failure: { readonly error: unknown } | undefined;
  #ended = false;

  /**
   * Runs an iterable until it ends, has given many values or it is its turn; settles when it is its turn.
   *
   * @param onFailure called when it fails before. @throws that failure, when its turn does not come soon.
   */
  static async until(turn: Promise<void>, source: AsyncIterable<unknown>, onFailure: () => void): Promise<Ahead> {
    const ahead = new Ahead(source[Symbol.asyncIterator]());
    let isTurn = false;
    const turned = turn.then(() => {
      isTurn = true;
    });
    while (!isTurn && !ahead.#ended && ahead.#early.length < MAX_EARLY) await ahead.#keepOne();
    if (ahead.#failure) {
      onFailure();
      if (!(await settlesSoon(turned))) throw ahead.#failure.error;
    }
    await turned;
    return ahead;
  }

  private constructor(iterator: AsyncIterator<unknown>) {
    this.#iterator = iterator;
  }

  async next(): Promise<IteratorResult<unknown>> {
    if (this.#early.length > 0) return { done: false, value: this.#early.shift() };
    if (this.#failure) throw this.#failure.error;
    return this.#ended ? { done: true, value: undefined } : this.#iterator.next();
  }

  /** Frees what the iterable holds. */
  async return(): Promise<IteratorResult<unknown>> {
    this.#early.length = 0;
    if (!this.#ended) await this.#iterator.return?.();
    this.#ended = true;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #keepOne(): Promise<void> {
    try {
      const { done, value } = await this.#iterator.next();
      if (done) this.#ended = true;
      else this.#early.push(value);
    } catch (error) {
      this.#failure = { error };
      this.#ended = true;
    }
  }
}

const MAX_EARLY = 64;
