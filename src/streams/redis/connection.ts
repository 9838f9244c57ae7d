import type { Redis } from "ioredis";
import type { Log } from "../../processor/implementation.ts";
import { toStoreError } from "./errors.ts";
import type { ClientOptions } from "./options.ts";

export interface ConnectionSettings {
  /** As in `commands`, for the log. */
  readonly name: string;
  readonly address: string;
  readonly outageMs: number;
  readonly log: Log;
  /** The connection is there again. */
  readonly onReturn: () => void;
  /** An outage has lasted too long: what still waits will not be answered. */
  readonly onGivenUp: () => void;
}

/**
 * One connection, made anew for as long as it is wanted. Nothing of it keeps the process alive: that is for those who
 * wait for something.
 */
export class Connection<C extends Redis> {
  readonly client: C;
  readonly #settings: ConnectionSettings;
  /** Why opening failed: the first thing that went wrong says more than what follows from it. */
  #firstError: unknown;
  #opened = false;
  #closed = false;
  #downSince: number | undefined;
  #logged: string | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(settings: ConnectionSettings, make: (options: ClientOptions) => C) {
    this.#settings = settings;
    this.client = make({ retryStrategy: (attempt: number) => this.#retryDelay(attempt) });
    this.client.on("error", (error: unknown) => {
      this.#onError(error);
    });
    this.client.on("ready", () => {
      this.#onReady();
    });
    this.client.on("reconnecting", () => {
      // The client's own timer; where it is named otherwise some day, an idle process ends only after the outage.
      (Reflect.get(this.client, "reconnectTimeout") as NodeJS.Timeout | null | undefined)?.unref();
    });
    this.client.on("end", () => {
      this.#onEnd();
    });
  }

  /** @throws what the server or the network says. */
  async open(): Promise<void> {
    try {
      await this.client.connect();
    } catch (error) {
      throw this.#firstError ?? error;
    }
    // A refused SELECT is only reported, and the client goes on in another database.
    if (this.#firstError instanceof Error && this.#firstError.name === "ReplyError") throw this.#firstError;
    this.#opened = true;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.client.disconnect();
  }

  #onError(error: unknown): void {
    this.#firstError ??= error;
    if (!this.#opened || this.#closed) return;
    const { message } = toStoreError(error, this.#settings.address);
    // Once per outage, not once per attempt.
    if (message !== this.#logged) this.#settings.log.warn(`Redis connection for ${this.#settings.name}: ${message}`);
    this.#logged = message;
  }

  #onReady(): void {
    const { stream } = this.client;
    if (stream && "unref" in stream) stream.unref();
    if (this.#logged !== undefined) this.#settings.log.info(`Redis connection for ${this.#settings.name}: is back`);
    this.#logged = undefined;
    this.#downSince = undefined;
    if (this.#opened) this.#settings.onReturn();
  }

  /** The client has given up. It is asked to try again all the same: what comes after a long outage should work. */
  #onEnd(): void {
    if (!this.#opened || this.#closed) return;
    this.#settings.onGivenUp();
    this.#retry = setTimeout(() => {
      this.client.connect().catch(() => undefined);
    }, MAX_DELAY_MS).unref();
  }

  /** When to connect again; `null` gives up: at once before the first success, else when the outage has lasted too long. */
  #retryDelay(attempt: number): number | null {
    if (!this.#opened || this.#closed) return null;
    this.#downSince ??= performance.now();
    if (performance.now() - this.#downSince > this.#settings.outageMs) return null;
    return Math.min(MIN_DELAY_MS * 2 ** Math.min(attempt, 10), MAX_DELAY_MS);
  }
}

const MIN_DELAY_MS = 25;
const MAX_DELAY_MS = 1_000;
