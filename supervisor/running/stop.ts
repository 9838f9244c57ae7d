import { constants } from "node:os";
import { CommandError, InterruptedError } from "../exit-codes.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** An orderly end that takes longer is explained. */
const PATIENCE_MS = 1_000;

/**
 * Whatever ends the command before its time: a signal, an error that nobody caught, or a process that has nothing left to
 * wait for although it is not done. The first one asks for an orderly end; a second signal does not wait for it.
 */
export class Stop {
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param giveUp ends the process, when nothing can bring about the orderly end any more. */
  listen(giveUp: (reason: unknown) => void): void {
    for (const signal of SIGNALS) process.on(signal, () => this.#interrupt(signal));
    const crash = (error: unknown) => {
      if (!this.signal.aborted) this.#controller.abort(error ?? new CommandError("Something was thrown that is nothing."));
    };
    process.on("uncaughtException", crash).on("unhandledRejection", crash);
    process.on("beforeExit", () => {
      if (this.signal.aborted) giveUp(this.signal.reason);
      else
        crash(
          new CommandError("This cannot go on: it waits for something that nothing in this process can bring about any more."),
        );
    });
  }

  /** What the work gives, or throws why it is to stop, without waiting for it. */
  async race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    signal.throwIfAborted();
    let stopped = () => {};
    const aborted = new Promise<never>((_, reject) => {
      stopped = () => reject(signal.reason);
      signal.addEventListener("abort", stopped, { once: true });
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      signal.removeEventListener("abort", stopped);
    }
  }

  #interrupt(signal: (typeof SIGNALS)[number]): void {
    const exitCode = 128 + constants.signals[signal];
    if (this.signal.aborted) process.exit(exitCode);
    setTimeout(() => {
      process.stderr.write("Waiting for handlers to end; Ctrl-C again does not wait.\n");
    }, PATIENCE_MS).unref();
    this.#controller.abort(new InterruptedError(signal, exitCode));
  }
}
