import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { revive } from "../errors.ts";
import type { CallCommand } from "./messages.ts";

/**
 * A call's signal in its thread. Asking it looks for messages first, so that a handler that never lets go of its thread learns
 * of an abort too: `signal.throwIfAborted()` in a long loop is enough.
 */
export class LiveSignal {
  readonly #port: MessagePort;
  readonly #abort = new AbortController();
  readonly #onMore: () => void;
  readonly signal: AbortSignal;

  /** @param onMore called for each list of results that was taken. */
  constructor(port: MessagePort, onMore: () => void) {
    this.#port = port;
    this.#onMore = onMore;
    port.on("message", (command: CallCommand) => this.#on(command));
    const { signal } = this.#abort;
    const isAborted = () => Reflect.get(AbortSignal.prototype, "aborted", signal) === true;
    this.signal = Object.defineProperties(signal, {
      aborted: {
        get: () => {
          if (!isAborted()) this.#look();
          return isAborted();
        },
      },
      throwIfAborted: {
        value: () => {
          if (signal.aborted) throw signal.reason;
        },
      },
    });
  }

  #look(): void {
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) this.#on(next.message);
  }

  #on(command: CallCommand): void {
    if (command.type === "more") this.#onMore();
    else this.#abort.abort(revive(command.reason));
  }
}
