import type { Redis } from "ioredis";
import { Connection, type ConnectionSettings } from "./connection.ts";
import type { Deployment } from "./deployment.ts";

export interface NotificationSettings extends Pick<ConnectionSettings, "outageMs" | "log"> {
  readonly deployment: Deployment;
  /** A connection was lost and is back: what happened meanwhile was not heard. */
  readonly onReturn: () => void;
}

interface Server {
  readonly connection: Connection<Redis>;
  readonly channels: Set<string>;
  /** It has sent a channel away, without saying which. */
  unsure: boolean;
}

/** How long after a server has sent a channel away it is asked who has it now: the others must hear of that as well. */
const MOVE_MS = 200;

/**
 * What is published in any number of channels: one connection to each server that has some of them. A subscription stays
 * through outages, and goes with its channel when that moves to another server. Whatever is missed meanwhile is for the
 * listener to find out.
 */
export class Notifications {
  readonly #settings: NotificationSettings;
  readonly #listeners = new Map<string, (message: Buffer) => void>();
  readonly #servers = new Map<string, Server>();
  #refused = false;
  #closed = false;
  #moving: NodeJS.Timeout | undefined;

  constructor(settings: NotificationSettings) {
    this.#settings = settings;
    settings.deployment.onLook(() => this.#goWithChannels());
  }

  /** Opens what is needed in any case. @throws what the server or the network says. */
  async open(): Promise<void> {
    const { deployment } = this.#settings;
    // Which servers of a cluster have channels is not known before there are some.
    if (!deployment.hasManyServers) await this.#connect(deployment.address).connection.open();
  }

  /** Calls back for every message of a channel; settles when the server has taken note, or will as soon as it is there. */
  async subscribe(channel: string, listener: (message: Buffer) => void): Promise<void> {
    this.#listeners.set(channel, listener);
    const server = this.#settings.deployment.serverOf(channel);
    if (server !== undefined) await this.#subscribeAt(server, channel);
  }

  unsubscribe(channel: string): void {
    if (!this.#listeners.delete(channel)) return;
    for (const [address, { channels }] of this.#servers) if (channels.has(channel)) this.#leave(address, channel);
  }

  /**
   * Finds out whether notifications still arrive; a connection that does not answer is made anew.
   *
   * @returns whether nothing speaks against it, as far as is known by now.
   */
  check(): boolean {
    let arrive = !this.#refused;
    for (const { connection, unsure } of this.#servers.values()) {
      const isReady = connection.client.status === "ready";
      arrive &&= isReady && !unsure;
      if (isReady) connection.client.ping().catch(() => undefined);
    }
    return arrive;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#moving);
    for (const { connection } of this.#servers.values()) connection.close();
  }

  async #subscribeAt(address: string, channel: string): Promise<void> {
    let server = this.#servers.get(address);
    if (!server) {
      server = this.#connect(address);
      server.connection.start();
    }
    server.channels.add(channel);
    // Otherwise its return subscribes to all that is listened to.
    if (server.connection.client.status === "ready") await this.#tell(server.connection.client, channel);
  }

  #connect(address: string): Server {
    const { deployment, outageMs, log, onReturn } = this.#settings;
    const name = deployment.hasManyServers ? `notifications of ${address}` : "notifications";
    const client = deployment.subscriber(address, (attempt) => connection.retryDelay(attempt));
    const channels = new Set<string>();
    const onReady = (again: boolean) => {
      const told = [...channels].map((channel) => this.#tell(client, channel));
      // Also the first time: values may have been written before it had taken note of their channels.
      if (again || told.length > 0) void Promise.all(told).then(onReturn);
    };
    const connection = new Connection({ name, address, outageMs, log, onReady, onGivenUp: () => undefined }, client);
    const server = { connection, channels, unsure: false };
    client.on("smessageBuffer", (channel: Buffer, message: Buffer) => this.#listeners.get(channel.toString())?.(message));
    // It has sent one of its channels away, or never had it.
    client.on("moved", () => {
      server.unsure = true;
      this.#lookSoon();
    });
    // It may be gone for good, and another one have its channels.
    if (deployment.hasManyServers) client.on("close", () => this.#lookSoon());
    this.#servers.set(address, server);
    return server;
  }

  /** Subscribes; a refusal is said once, and what is not heard is found by checks. */
  async #tell(client: Redis, channel: string): Promise<void> {
    try {
      await client.ssubscribe(channel);
    } catch (error) {
      if (error instanceof Error && /^NOPERM/.test(error.message)) this.#onRefusal(channel);
    }
  }

  #onRefusal(channel: string): void {
    const { log, deployment } = this.#settings;
    if (!this.#refused)
      log.warn(
        `The Redis user at ${deployment.address} may not subscribe to ${JSON.stringify(channel)}: what happens elsewhere is noticed by checks, seconds late. ` +
          "Allow it SSUBSCRIBE (in a cluster SUNSUBSCRIBE, too) and the channels that begin with the prefix, as in ACL SETUSER … +ssubscribe &dg:*",
      );
    this.#refused = true;
  }

  #lookSoon(): void {
    if (this.#closed) return;
    this.#moving ??= setTimeout(() => {
      this.#moving = undefined;
      this.#settings.deployment.lookAgain();
    }, MOVE_MS).unref();
  }

  /** Subscribes to each channel where it is now; leaves servers that have none any more. */
  #goWithChannels(): void {
    if (this.#closed) return;
    const moved: Promise<void>[] = [];
    for (const channel of this.#listeners.keys()) {
      const address = this.#settings.deployment.serverOf(channel);
      if (address === undefined) continue;
      for (const [other, { channels }] of this.#servers)
        if (other !== address && channels.has(channel)) this.#leave(other, channel);
      const server = this.#servers.get(address);
      // A channel can also have gone and come back.
      if (!server?.channels.has(channel) || server.unsure) moved.push(this.#subscribeAt(address, channel));
    }
    for (const [address, server] of this.#servers) {
      server.unsure = false;
      if (server.channels.size > 0) continue;
      server.connection.close();
      this.#servers.delete(address);
    }
    if (moved.length > 0) void Promise.all(moved).then(this.#settings.onReturn);
  }

  #leave(address: string, channel: string): void {
    const server = this.#servers.get(address);
    server?.channels.delete(channel);
    const client = server?.connection.client;
    if (client?.status === "ready" && !this.#closed) client.sunsubscribe(channel).catch(() => undefined);
  }
}
