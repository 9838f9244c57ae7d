import type { Following } from "../streams/store.ts";

/**
 * Counts the values of an input that are done, and tells the store at moments when all that came of them was handed to the
 * writers, and nothing of later ones.
 */
export class Done {
  readonly #following: Following;
  #count: number;
  #told: number;

  /** @param from how many are done. */
  constructor(following: Following, from = following.from) {
    this.#following = following;
    this.#count = this.#told = from;
  }

  /** One value more is done; `true` when this must be told before the next is. */
  add(): boolean {
    return ++this.#count <= this.#following.stepwiseUntil;
  }

  tell(): void {
    if (this.#count === this.#told) return;
    this.#told = this.#count;
    this.#following.reached(this.#count);
  }
}
