import type { Log } from "../../processor/implementation.ts";
import { toStoreError } from "./errors.ts";

/** What of a client matters here: of one server's, or of a cluster's. */
interface Client {
  connect(): Promise<void>;
  disconnect(): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "ready" | "end" | "reconnecting", listener: () => void): unknown;
}

export interface ConnectionSettings {
  /** As in `commands`, for the log. */
  readonly name: string;
  readonly address: string;
  readonly outageMs: number;
  readonly log: Log;
  /** The connection is there; `again` after it was lost. */
  readonly onReady: (again: boolean) => void;
  /** An outage has lasted too long: what still waits will not be answered. */
  readonly onGivenUp: () => void;
}

/**
 * One connection, made anew for as long as it is wanted. Nothing of it keeps the process alive: that is for those who
 * wait for something.
 */
export class Connection<C extends Client> {
  readonly client: C;
  readonly #settings: ConnectionSettings;
  /** Why opening failed: the first thing that went wrong says more than what follows from it. */
  #firstError: unknown;
  #opened = false;
  #wasReady = false;
  #closed = false;
  #downSince: number | undefined;
  #logged: string | undefined;
  #retry: NodeJS.Timeout | undefined;

  /** @param client not connected yet; its retries are {@link retryDelay}'s. */
  constructor(settings: ConnectionSettings, client: C) {
    this.#settings = settings;
    this.client = client;
    this.client.on("error", (error) => {
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

  /** Opens it sooner or later: what goes wrong is an outage like any other. */
  start(): void {
    this.#opened = true;
    this.client.connect().catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.client.disconnect();
  }

  /** When to connect again; `null` gives up: at once before the first success, else when the outage has lasted too long. */
  retryDelay(attempt: number): number | null {
    if (!this.#opened || this.#closed) return null;
    this.#downSince ??= performance.now();
    if (performance.now() - this.#downSince > this.#settings.outageMs) return null;
    return Math.min(MIN_DELAY_MS * 2 ** Math.min(attempt, 10), MAX_DELAY_MS);
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
    if (this.#logged !== undefined) this.#settings.log.info(`Redis connection for ${this.#settings.name}: is back`);
    this.#logged = undefined;
    this.#downSince = undefined;
    this.#settings.onReady(this.#wasReady);
    this.#wasReady = true;
  }

  /** The client has given up. It is asked to try again all the same: what comes after a long outage should work. */
  #onEnd(): void {
    if (!this.#opened || this.#closed) return;
    this.#settings.onGivenUp();
    this.#retry = setTimeout(() => {
      this.client.connect().catch(() => undefined);
    }, MAX_DELAY_MS).unref();
  }
}

const MIN_DELAY_MS = 25;
const MAX_DELAY_MS = 1_000;
