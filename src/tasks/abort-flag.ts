/**
 * Whether a signal is aborted, as a plain field. Loops over values ask after each of them, and a signal's own getter costs
 * more than all else that they do.
 */
export class AbortFlag {
  raised: boolean;

  constructor(signal: AbortSignal) {
    this.raised = signal.aborted;
    const raise = () => {
      this.raised = true;
    };
    signal.addEventListener("abort", raise, { once: true });
  }
}
