import type { RedisOptions as IoRedisOptions, NatMap } from "ioredis";

/** What of the Redis client can be set; how replies are mapped and keys are named is ours. */
export type ClientOptions = Omit<IoRedisOptions, "replyMapping" | "protocol" | "keyPrefix">;

/** How to reach Redis or Valkey, and what keys look like there. */
export interface RedisOptions {
  /**
   * As in `redis://user:password@host:6379/0` or `rediss://…` for TLS. Several, separated by commas, are nodes of one
   * cluster, as in {@link cluster}. Default `redis://localhost:6379/0`.
   */
  readonly url?: string;
  /**
   * Some nodes of a Redis Cluster, as URLs, in place of `url`: the others are found from them. User, password and TLS are
   * the first one's for all.
   */
  readonly cluster?: readonly string[];
  /** Addresses that a cluster's nodes say of themselves, and those they are reached at, where networks translate them. */
  readonly natMap?: NatMap;
  /** Begins every key and channel. Default `dg:`. */
  readonly prefix?: string;
  /** Anything else of ioredis: TLS, Sentinel, socket options. On a cluster, for the connections to every node. */
  readonly client?: ClientOptions;
  /** How long an outage may last before what waits for the server fails, in milliseconds. Default five minutes. */
  readonly outageMs?: number;
}
