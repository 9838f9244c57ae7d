import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "datagraph";
import type { RedisClientSettings } from "datagraph/redis";
import type { Cluster, Redis } from "ioredis";
import { messageOf, SourceError } from "../errors.ts";
import type { RedisStreamSettings } from "./options.ts";

/** A connection of its own to the server of a stream, or to the cluster: what waits there must hold up nobody else. */
export class StreamClient {
  /** As in `Redis stream "orders" at localhost:6379`: without credentials. */
  readonly source: string;
  readonly #client: Redis | Cluster;
  readonly #outageMs: number;
  #connections = 0;
  #firstError: unknown;

  private constructor(client: Redis | Cluster, source: string, { outageMs, log }: { outageMs: number; log: Log | undefined }) {
    this.#client = client;
    this.source = source;
    this.#outageMs = outageMs;
    const connected = () => this.#connections++;
    // Nodes of a cluster are connected, and lost, one by one.
    if ("slots" in client) client.on("+node", (node: Redis) => node.on("ready", connected));
    else client.on("ready", connected);
    client.on("error", (error: Error) => {
      this.#firstError ??= error;
      log?.debug(`${source}: ${describe(error)}`);
    });
  }

  /** @throws SourceError when the server cannot be reached, or lets nobody in. */
  static async open(settings: StreamPlace, log?: Log): Promise<StreamClient> {
    const { stream, outageMs } = settings;
    const { redisAddress, redisClient } = await import("datagraph/redis");
    const name = `Redis stream ${JSON.stringify(stream)}`;
    const source = `${name} at ${readable(name, () => redisAddress(settings))}`;
    let downSince: number | undefined;
    let opened = false;
    const retry = (attempt: number) => {
      downSince ??= performance.now();
      return opened && performance.now() - downSince < outageMs ? Math.min(25 * 2 ** Math.min(attempt, 10), 1_000) : null;
    };
    const client = redisClient(settings, settingsOf(settings, retry));
    client.on("ready", () => {
      downSince = undefined;
    });
    const opening = new StreamClient(client, source, { outageMs, log });
    try {
      await client.connect();
      opened = true;
      return opening;
    } catch (error) {
      client.disconnect();
      throw opening.#toSourceError(opening.#firstError ?? error);
    }
  }

  /** How often it was connected: replies that were on their way are lost with a connection. */
  get connections(): number {
    return this.#connections;
  }

  /** @throws SourceError with what the server says. */
  async send(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const deadline = performance.now() + this.#outageMs;
    for (;;) {
      try {
        return await this.#client.callBuffer(command, ...args);
      } catch (error) {
        // A single server's client waits through outages by itself.
        const isLost = "slots" in this.#client && isPassing(messageOf(error));
        if (!isLost || this.#client.status === "end" || performance.now() > deadline) throw this.#toSourceError(error);
        this.#connections++;
        await delay(RETRY_MS);
      }
    }
  }

  /** What waits is not waited for. */
  close(): void {
    this.#client.disconnect();
  }

  #toSourceError(error: unknown): SourceError {
    return new SourceError(this.source, describe(error), { cause: withoutCommand(error) });
  }
}

/** How long the server is asked to wait for what is new, in milliseconds. */
export const BLOCK_MS = 2_000;

type StreamPlace = Pick<RedisStreamSettings, "url" | "cluster" | "natMap" | "client" | "stream" | "outageMs">;

/** @throws SourceError where options lead nowhere. */
function readable<T>(source: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new SourceError(source, messageOf(error), { cause: error });
  }
}

function settingsOf({ client }: StreamPlace, retry: (attempt: number) => number | null): RedisClientSettings {
  const connection = {
    connectTimeout: 10_000,
    ...client,
    // What is sent again reads again: nothing is lost by it, and what was delivered twice is seen to be so.
    maxRetriesPerRequest: null,
    // Longer than the server is asked to wait: whoever is silent for longer is gone.
    socketTimeout: 2 * BLOCK_MS + 10_000,
    // Replies as lists, also where the server could give maps.
    protocol: 2 as const,
    lazyConnect: true,
    retryStrategy: retry,
  };
  const cluster = {
    lazyConnect: true,
    clusterRetryStrategy: retry,
    retryDelayOnFailover: RETRY_MS,
    retryDelayOnClusterDown: RETRY_MS,
  };
  return { connection, cluster };
}

/** Whether a command of a cluster may succeed when it is sent again: a node is gone, or another one is to take its place. */
function isPassing(message: string): boolean {
  return /^(CLUSTERDOWN|MASTERDOWN|LOADING|TRYAGAIN|READONLY|UNBLOCKED|MOVED|ASK)\b|Connection is closed|Cluster redirections|slots cache|startup nodes|Cluster isn't ready|ECONN|EPIPE|ETIMEDOUT/.test(
    message,
  );
}

/** How long to wait before a command is sent again, in milliseconds. */
const RETRY_MS = 100;

function describe(error: unknown): string {
  const message = messageOf(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/^(NOAUTH|WRONGPASS)|invalid password/i.test(message)) return "the server refused the credentials";
  if (message.startsWith("NOGROUP")) return "its group is gone: it, or the stream, was deleted";
  if (message.startsWith("WRONGTYPE")) return "this key holds something else than a stream";
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH/.test(code)) return `the server cannot be reached (${code})`;
  if (/Connection is closed/.test(message)) return "the connection is closed and was given up";
  return message;
}

/** The client's errors hold the command they answer, with its arguments: a password, once. */
function withoutCommand(error: unknown): unknown {
  return error instanceof Error ? Object.assign(new Error(error.message), { name: error.name }) : error;
}
