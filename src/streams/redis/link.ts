import { Redis } from "ioredis";
import { StoreError } from "../../errors.ts";
import type { Log } from "../../processor/implementation.ts";
import { addressOf } from "./address.ts";
import { Connection } from "./connection.ts";
import { isPassing, toStoreError } from "./errors.ts";
import type { ClientOptions, RedisOptions } from "./options.ts";
import { SCRIPTS } from "./scripts.ts";
import { checkServer } from "./server-check.ts";

type Argument = string | number | Buffer | Uint8Array;

export interface LinkSettings {
  readonly log: Log;
  /** Whether runs are to outlive processes. */
  readonly durable?: boolean;
}

/** The scripts as commands of the client. */
export interface ScriptCommands {
  dgCreate(...args: Argument[]): Promise<unknown>;
  dgAppend(...args: Argument[]): Promise<unknown>;
  dgProgress(...args: Argument[]): Promise<unknown>;
  dgTransition(...args: Argument[]): Promise<unknown>;
  dgRenew(...args: Argument[]): Promise<unknown>;
  dgAttend(...args: Argument[]): Promise<unknown>;
  dgDue(...args: Argument[]): Promise<unknown>;
  dgSync(...args: Argument[]): Promise<unknown>;
  dgLowest(...args: Argument[]): Promise<unknown>;
  dgRefresh(...args: Argument[]): Promise<unknown>;
}

const DEFAULT_URL = "redis://localhost:6379/0";
const DEFAULT_OUTAGE_MS = 5 * 60_000;
/** A server that owes a reply and sends nothing for so long is taken for gone: the connection is made anew. */
const SILENCE_MS = 5_000;
const CONNECT_MS = 5_000;
const MAX_DELAY_MS = 1_000;
const FOREVER_MS = 2 ** 30;

/**
 * This process's two connections: one for commands, one for notifications, however many runs and streams there are.
 * Commands wait through an outage and are sent again after it, which is why every one of them is idempotent.
 */
export class RedisLink {
  readonly commands: Redis & ScriptCommands;
  readonly address: string;
  readonly #connection: Connection<Redis & ScriptCommands>;
  readonly #notifications: Connection<Redis>;
  readonly #outageMs: number;
  readonly #listeners = new Map<string, (message: string) => void>();
  readonly #onReturn = new Set<() => void>();
  /** Rejects each command that is under way. The client forgets some of its own when it gives up. */
  readonly #pending = new Set<(error: StoreError) => void>();
  /** Keeps the process alive while it is referenced. */
  readonly #alive = setInterval(() => undefined, FOREVER_MS);
  #holds = 1;
  #stableSince = performance.now();
  #closed = false;

  /** @throws StoreError when the server cannot be reached or used. */
  static async open(options: RedisOptions, { log, durable = false }: LinkSettings): Promise<RedisLink> {
    const link = new RedisLink(options, log);
    try {
      await Promise.all([link.#connection.open(), link.#notifications.open()]);
      await link.run(() => checkServer(link.commands, { address: link.address, log, durable }));
    } catch (error) {
      link.close();
      throw toStoreError(error, link.address);
    }
    link.release();
    return link;
  }

  private constructor({ url = DEFAULT_URL, client = {}, outageMs = DEFAULT_OUTAGE_MS }: RedisOptions, log: Log) {
    this.address = addressOf(url, client);
    this.#outageMs = outageMs;
    const general: ClientOptions & { protocol: 2 } = {
      connectTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      maxLoadingRetryTime: MAX_DELAY_MS,
      ...client,
      lazyConnect: true,
      protocol: 2,
      maxRetriesPerRequest: null,
      autoResendUnfulfilledCommands: true,
      // Done here: the client's own leaves rejections that nobody handles, and does not say when it is done.
      autoResubscribe: false,
    };
    const settings = { address: this.address, outageMs, log };
    this.#connection = new Connection(
      { ...settings, name: "commands", onReturn: () => this.#announceReturn(), onGivenUp: () => this.#giveUp() },
      (own) => new Redis(url, { ...general, ...own, scripts: SCRIPTS }) as Redis & ScriptCommands,
    );
    this.#notifications = new Connection(
      { ...settings, name: "notifications", onReturn: () => this.#resubscribe(), onGivenUp: () => undefined },
      (own) => new Redis(url, { ...general, ...own }),
    );
    this.commands = this.#connection.client;
    this.#notifications.client.on("smessage", (channel: string, message: string) => this.#listeners.get(channel)?.(message));
  }

  /** Runs a command, again where its failure passes by itself. @throws StoreError. */
  run<T>(command: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(this.#closedError());
        return;
      }
      this.hold();
      this.#pending.add(reject);
      this.#attempt(command)
        .then(resolve, reject)
        .finally(() => {
          this.#pending.delete(reject);
          this.release();
        });
    });
  }

  /** Calls back for every message of a channel; settles when the server has taken note, or will as soon as it is back. */
  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    this.#listeners.set(channel, listener);
    const { client } = this.#notifications;
    // Otherwise its return subscribes to all that is listened to.
    if (client.status === "ready") await client.ssubscribe(channel);
  }

  unsubscribe(channel: string): void {
    const { client } = this.#notifications;
    if (!this.#listeners.delete(channel) || this.#closed || client.status !== "ready") return;
    client.sunsubscribe(channel).catch(() => undefined);
  }

  /** How long both connections have held, in milliseconds: after an outage everybody's leases have lapsed. */
  get stableForMs(): number {
    return performance.now() - this.#stableSince;
  }

  /** Calls back whenever a connection is back: what happened meanwhile was not heard. */
  onReturn(listener: () => void): () => void {
    this.#onReturn.add(listener);
    return () => this.#onReturn.delete(listener);
  }

  /** Finds out whether notifications still arrive; a connection that does not answer is made anew. */
  checkNotifications(): void {
    const { client } = this.#notifications;
    if (client.status === "ready") client.ping().catch(() => undefined);
  }

  /** Keeps the process alive until {@link release}. */
  hold(): void {
    if (++this.#holds === 1) this.#alive.ref();
  }

  release(): void {
    if (--this.#holds === 0) this.#alive.unref();
  }

  /** Frees everything; what is still under way is rejected. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#alive);
    this.#connection.close();
    this.#notifications.close();
    this.#rejectAll(this.#closedError());
  }

  async #attempt<T>(command: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#outageMs;
    for (let delay = 20; ; delay = Math.min(delay * 2, MAX_DELAY_MS)) {
      try {
        return await command();
      } catch (error) {
        if (!isPassing(error) || performance.now() + delay > deadline) throw toStoreError(error, this.address);
      }
      await new Promise((resolve) => setTimeout(resolve, delay).unref());
      if (this.#closed) throw this.#closedError();
    }
  }

  #giveUp(): void {
    const seconds = Math.round(this.#outageMs / 1000);
    this.#rejectAll(
      new StoreError(
        `Redis at ${this.address} could not be reached for ${seconds} seconds (outageMs): what waited for it is given up.`,
      ),
    );
  }

  #rejectAll(error: StoreError): void {
    for (const reject of this.#pending) reject(error);
    this.#pending.clear();
  }

  #resubscribe(): void {
    const { client } = this.#notifications;
    const subscribed = [...this.#listeners.keys()].map((channel) => client.ssubscribe(channel));
    void Promise.allSettled(subscribed).then(() => this.#announceReturn());
  }

  #announceReturn(): void {
    this.#stableSince = performance.now();
    if (!this.#closed) for (const listener of this.#onReturn) listener();
  }

  #closedError(): StoreError {
    return new StoreError(`The store in Redis at ${this.address} is closed.`);
  }
}
