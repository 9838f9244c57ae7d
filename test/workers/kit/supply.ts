import { lasting } from "./scene.ts";

/** Gives numbers up to a limit that is raised as a test goes on: block by block. */
export class Supply {
  readonly #count: number;
  readonly #block: number;
  #limit: number;
  #raised = () => {};

  constructor(count: number, block: number) {
    this.#count = count;
    this.#block = block;
    this.#limit = block;
  }

  raise(): void {
    this.#limit += this.#block;
    this.#raised();
  }

  async *numbers(): AsyncGenerator<number> {
    for (let n = 0; n < this.#count; n++) {
      while (n >= this.#limit && this.#limit < this.#count) await new Promise<void>((resolve) => (this.#raised = resolve));
      yield n;
      if (n % 10 === 0) await lasting(5);
    }
  }
}
