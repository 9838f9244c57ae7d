import type { RedisOptions as IoRedisOptions } from "ioredis";

/** What of the Redis client can be set; how replies are mapped is ours. */
export type ClientOptions = Omit<IoRedisOptions, "replyMapping" | "protocol">;

/** How to reach Redis or Valkey, and what keys look like there. */
export interface RedisOptions {
  /** As in `redis://user:password@host:6379/0` or `rediss://…` for TLS. Default `redis://localhost:6379/0`. */
  readonly url?: string;
  /** Begins every key. Default `dg:`. */
  readonly prefix?: string;
  /** Anything else of ioredis: TLS, Sentinel, socket options. */
  readonly client?: ClientOptions;
  /** How long an outage may last before what waits for the server fails, in milliseconds. Default five minutes. */
  readonly outageMs?: number;
  /**
   * How long a reader outside of the run's processors that says nothing (its process died, say) still holds writers back,
   * in milliseconds. Default 30 seconds.
   */
  readonly leaseMs?: number;
}
