import { StoreError } from "../../errors.ts";
import type { Log } from "../../processor/implementation.ts";
import { placeOf } from "./address.ts";
import { ClusterDeployment } from "./cluster.ts";
import { Connection } from "./connection.ts";
import type { CommandClient, Deployment, Retry, TransactionCommand } from "./deployment.ts";
import { isLossOfServer, isPassing, toStoreError } from "./errors.ts";
import { Notifications } from "./notifications.ts";
import type { ClientOptions, RedisOptions } from "./options.ts";
import { checkServers } from "./server-check.ts";
import { SingleServer } from "./single-server.ts";

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
  dgCommit(...args: Argument[]): Promise<unknown>;
  dgProgress(...args: Argument[]): Promise<unknown>;
  dgShareTake(...args: Argument[]): Promise<unknown>;
  dgShareDone(...args: Argument[]): Promise<unknown>;
  /** Replies with bytes: some of it are chunks. */
  dgClaimBuffer(...args: Argument[]): Promise<unknown>;
  dgTransition(...args: Argument[]): Promise<unknown>;
  dgRenew(...args: Argument[]): Promise<unknown>;
  dgAttend(...args: Argument[]): Promise<unknown>;
  dgDue(...args: Argument[]): Promise<unknown>;
  dgOpen(...args: Argument[]): Promise<unknown>;
  dgSync(...args: Argument[]): Promise<unknown>;
  dgLowest(...args: Argument[]): Promise<unknown>;
  dgWaits(...args: Argument[]): Promise<unknown>;
  dgRefresh(...args: Argument[]): Promise<unknown>;
  dgBury(...args: Argument[]): Promise<unknown>;
  dgExhume(...args: Argument[]): Promise<unknown>;
  dgRetried(...args: Argument[]): Promise<unknown>;
  dgAnnounce(...args: Argument[]): Promise<unknown>;
  dgAnnounced(...args: Argument[]): Promise<unknown>;
}

const DEFAULT_OUTAGE_MS = 5 * 60_000;
/** A server that owes a reply and sends nothing for so long is taken for gone: the connection is made anew. */
const SILENCE_MS = 5_000;
const CONNECT_MS = 5_000;
const MAX_DELAY_MS = 1_000;
const FOREVER_MS = 2 ** 30;
/** How often a process asks who is responsible for what, in a cluster where nothing goes wrong. */
const LOOK_MS = 30_000;
/** Several commands that are back at once are one return. */
const RETURN_MS = 50;

/**
 * This process's connections, however many runs and streams there are: two, one for commands and one for notifications;
 * two for each master of a cluster. Commands wait through an outage and are sent again after it, which is why every one
 * of them is idempotent.
 */
export class RedisLink {
  readonly commands: CommandClient;
  readonly address: string;
  readonly #deployment: Deployment;
  readonly #connection: Connection<CommandClient>;
  readonly #notifications: Notifications;
  readonly #outageMs: number;
  readonly #onReturn = new Set<() => void>();
  /** Rejects each command that is under way. The client forgets some of its own when it gives up. */
  readonly #pending = new Set<(error: StoreError) => void>();
  /** Keeps the process alive while it is referenced. */
  readonly #alive = setInterval(() => undefined, FOREVER_MS);
  readonly #looking: NodeJS.Timeout;
  #holds = 1;
  #stableSince = performance.now();
  #returning: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws StoreError when the server cannot be reached or used; DeclarationError for options that make no sense. */
  static async open(options: RedisOptions, { log, durable = false }: LinkSettings): Promise<RedisLink> {
    const link = new RedisLink(options, log);
    try {
      await Promise.all([link.#connection.open(), link.#notifications.open()]);
      await link.run(() => checkServers(link.#deployment, { log, durable }));
    } catch (error) {
      link.close();
      throw toStoreError(error, link.address);
    }
    link.release();
    return link;
  }

  private constructor(options: RedisOptions, log: Log) {
    const { outageMs = DEFAULT_OUTAGE_MS } = options;
    this.#outageMs = outageMs;
    this.#deployment = deploymentOf(options, (attempt) => this.#connection.retryDelay(attempt));
    this.address = this.#deployment.address;
    this.#connection = new Connection(
      {
        name: "commands",
        address: this.address,
        outageMs,
        log,
        onReady: (again) => {
          if (again) this.#announceReturn();
        },
        onGivenUp: () => this.#giveUp(),
      },
      this.#deployment.commands,
    );
    this.commands = this.#connection.client;
    this.#notifications = new Notifications({
      deployment: this.#deployment,
      outageMs,
      log,
      onReturn: () => this.#tellOfReturn(),
    });
    this.#looking = setInterval(() => this.#deployment.lookAgain(), LOOK_MS).unref();
  }

  /** Runs a command, again where its failure passes by itself; the process stays until it is answered. @throws StoreError. */
  run<T>(command: () => Promise<T>): Promise<T> {
    return this.held(this.runInBackground(command));
  }

  /** The same for what nobody waits for: the process may end before it is answered. @throws StoreError. */
  runInBackground<T>(command: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(this.#closedError());
        return;
      }
      this.#pending.add(reject);
      this.#deployment.gather();
      this.#attempt(command)
        .then(resolve, reject)
        .finally(() => {
          this.#pending.delete(reject);
        });
    });
  }

  /** Commands as one transaction, for {@link run}: the replies, with an error for each command that failed. */
  transaction(commands: readonly TransactionCommand[]): Promise<unknown[]> {
    return this.#deployment.transaction(commands);
  }

  /** Whether keys are spread over several servers, and what is published with them. */
  get isCluster(): boolean {
    return this.#deployment.hasManyServers;
  }

  /** Calls back for every message of a channel; settles when the server has taken note, or will as soon as it is back. */
  subscribe(channel: string, listener: (message: Buffer) => void): Promise<void> {
    return this.#notifications.subscribe(channel, listener);
  }

  unsubscribe(channel: string): void {
    if (!this.#closed) this.#notifications.unsubscribe(channel);
  }

  /** How long commands have got through, in milliseconds: after an outage everybody's leases have lapsed. */
  get stableForMs(): number {
    return performance.now() - this.#stableSince;
  }

  /** Calls back whenever a connection is back: what happened meanwhile was not heard. */
  onReturn(listener: () => void): () => void {
    this.#onReturn.add(listener);
    return () => this.#onReturn.delete(listener);
  }

  /** Finds out whether notifications still arrive; a connection that does not answer is made anew. */
  checkNotifications(): boolean {
    return this.#notifications.check();
  }

  /** Keeps the process alive until {@link release}. */
  hold(): void {
    if (++this.#holds === 1) this.#alive.ref();
  }

  /** Keeps the process alive until something has settled. */
  async held<T>(something: Promise<T>): Promise<T> {
    this.hold();
    try {
      return await something;
    } finally {
      this.release();
    }
  }

  release(): void {
    if (--this.#holds === 0) this.#alive.unref();
  }

  /** Frees everything; what is still under way is rejected. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#alive);
    clearInterval(this.#looking);
    clearTimeout(this.#returning);
    this.#connection.close();
    this.#notifications.close();
    this.#rejectAll(this.#closedError());
  }

  async #attempt<T>(command: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#outageMs;
    let lost = false;
    for (let delay = 20; ; delay = Math.min(delay * 2, MAX_DELAY_MS)) {
      try {
        const result = await command();
        if (lost) this.#returnSoon();
        return result;
      } catch (error) {
        const mayPass = isPassing(error) || this.#mayBeElsewhere(error);
        if (!mayPass || performance.now() + delay > deadline) throw toStoreError(error, this.address);
        if (isLossOfServer(error)) {
          lost = true;
          this.#deployment.lookAgain();
        }
      }
      await new Promise((resolve) => setTimeout(resolve, delay).unref());
      if (this.#closed) throw this.#closedError();
    }
  }

  /** A cluster goes on without the server that had the key: another one gets its slots, or it comes back. */
  #mayBeElsewhere(error: unknown): boolean {
    return this.#deployment.hasManyServers && isLossOfServer(error) && this.commands.status !== "end";
  }

  /** Commands to a server of a cluster succeed again, while the others always did. */
  #returnSoon(): void {
    this.#stableSince = performance.now();
    this.#returning ??= setTimeout(() => {
      this.#returning = undefined;
      this.#announceReturn();
    }, RETURN_MS).unref();
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

  #announceReturn(): void {
    this.#stableSince = performance.now();
    this.#tellOfReturn();
  }

  #tellOfReturn(): void {
    if (!this.#closed) for (const listener of this.#onReturn) listener();
  }

  #closedError(): StoreError {
    return new StoreError(`The store in Redis at ${this.address} is closed.`);
  }
}

/** Who is to be connected to, when its clients are told to. @throws StoreError; DeclarationError. */
function deploymentOf(options: RedisOptions, retry: Retry): Deployment {
  const place = placeOf(options);
  const { prefix = "" } = options;
  // The first braces of a key decide where it is; when they are empty, the whole key does.
  if (place.kind === "cluster" && /^[^{]*\{\}/.test(prefix)) {
    throw new StoreError(
      `The prefix ${JSON.stringify(prefix)} cannot be used on a cluster: its empty braces take the hash tag's place, and a run's keys would be scattered.`,
    );
  }
  const client: ClientOptions = {
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    maxLoadingRetryTime: MAX_DELAY_MS,
    // A name and version that nobody asked for, and a command more that users would have to be allowed.
    disableClientInfo: true,
    ...options.client,
    lazyConnect: true,
    maxRetriesPerRequest: null,
    autoResendUnfulfilledCommands: true,
    // Done here: the client's own leaves rejections that nobody handles, and does not say when it is done.
    autoResubscribe: false,
  };
  if (place.kind === "server") return new SingleServer(place, client, retry);
  return new ClusterDeployment(place, { client, ...(options.natMap && { natMap: options.natMap }) }, retry);
}
