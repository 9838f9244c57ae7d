import { type Log, Supervisor, type SupervisorOptions } from "datagraph";
import { Redis, type RedisOptions as RedisClientOptions } from "ioredis";
import { afterEach } from "vitest";
import { connectRedisStore, type RedisStoreOptions } from "../../../src/streams/redis/redis-store.ts";
import type { StreamStore } from "../../../src/streams/store.ts";
import { within } from "../../../src/testing/eventually.ts";
import { TcpProxy } from "../../../src/testing/faults/tcp-proxy.ts";
import { RedisCluster, type RedisClusterOptions, RedisServer, type RedisServerOptions } from "../../support/redis.ts";

/** Long versions of the tests, for `npm run test:soak`. */
export const SOAK = process.env.SOAK === "1";

export interface Line {
  readonly level: keyof Log;
  readonly message: string;
  readonly at: number;
}

/** A log that can be read. */
export class MemoryLog implements Log {
  readonly lines: Line[] = [];
  /** What goes on all the time is not kept: tests look for what is remarkable. */
  debug = (): void => {};
  info = this.#keep("info");
  warn = this.#keep("warn");
  error = this.#keep("error");

  get text(): string {
    return this.lines.map(({ level, message }) => `${level}: ${message}`).join("\n");
  }

  #keep(level: keyof Log) {
    return (message: string, fields: Record<string, unknown> = {}): void => {
      const rest = Object.values(fields).map((field) =>
        field instanceof Error ? (field.stack ?? field.message) : String(field),
      );
      this.lines.push({ level, message: [message, ...rest].join(" "), at: performance.now() });
    };
  }
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Does something after the test, in reverse order. */
export function afterwards(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export async function startServer(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  afterwards(() => server.stop());
  return server;
}

export async function startCluster(options?: RedisClusterOptions): Promise<RedisCluster> {
  const cluster = await RedisCluster.start(options);
  afterwards(() => cluster.stop());
  return cluster;
}

export async function startProxy(target: string): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(target);
  afterwards(() => proxy.close());
  return proxy;
}

export async function openStore(options: Omit<RedisStoreOptions, "log"> & { log?: Log }): Promise<StreamStore> {
  const store = await connectRedisStore({ log: new MemoryLog(), ...options });
  afterwards(() => within(store.close(), "the store to close"));
  return store;
}

export function makeSupervisor(options: SupervisorOptions): Supervisor {
  const supervisor = new Supervisor({ log: new MemoryLog(), ...options });
  afterwards(() => within(supervisor.close(), "the supervisor to close", { deadlineMs: 20_000 }));
  return supervisor;
}

/** A client of its own, to look at the server and to do harm. */
export function client(url: string, options: Pick<RedisClientOptions, "tls"> = {}): Redis {
  const redis = new Redis(url, { ...options, lazyConnect: true, retryStrategy: () => 20 });
  redis.on("error", () => undefined);
  afterwards(() => redis.disconnect());
  return redis;
}

/** Milliseconds that something took. */
export async function timed(what: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await what.catch(() => undefined);
  return performance.now() - start;
}

/** A fault of a given length is what is tested here; nothing waits for time to pass to find something done. */
export function outageOf(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`Not an error: ${String(error)}`);
  }
  throw new Error("Expected a rejection, but the promise was fulfilled");
}

/** An error and its causes, outermost first. */
export function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let e = error; e instanceof Error && chain.length < 10; e = e.cause) chain.push(e);
  return chain;
}

/** Prints a figure for the report. */
export function figure(promise: string, text: string): void {
  console.log(`[promise ${promise}] ${text}`);
}
