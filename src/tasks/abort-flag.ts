/**
 * Whether a signal is aborted, as a plain field. Loops over values ask after each of them, and a signal's own getter costs
 * more than all else that they do.
 */
export class AbortFlag {
  raised: boolean;
  readonly #signal: AbortSignal;
  readonly #raise = () => {
    this.raised = true;
  };

  constructor(signal: AbortSignal) {
    this.raised = signal.aborted;
    this.#signal = signal;
    signal.addEventListener("abort", this.#raise, { once: true });
  }

  /** Nobody looks at it any more, and its signal goes on. */
  close(): void {
    this.#signal.removeEventListener("abort", this.#raise);
  }
}
