import { type Cluster, type ClusterOptions, Redis } from "ioredis";
import { placeOf } from "./address.ts";
import { clusterClient } from "./cluster.ts";
import type { ClientOptions, RedisOptions } from "./options.ts";
import { FIND_MASTER } from "./single-server.ts";

/** How a client of one's own behaves, beside where it leads. */
export interface RedisClientSettings {
  /** For the connection, or on a cluster for those to every node; they win over those of {@link RedisOptions}. */
  readonly connection?: ClientOptions & { readonly protocol?: 2 | 3 };
  /** Of ioredis's `Cluster`, where it is one. */
  readonly cluster?: Omit<ClusterOptions, "redisOptions" | "natMap" | "dnsLookup">;
}

/**
 * A client of your own, made of the options that a supervisor takes: for one server, the master that sentinels name, or a cluster. Close it yourself.
 *
 * @throws StoreError for a URL that cannot be read, without repeating it; DeclarationError for options that exclude each other.
 * @example const redis = redisClient({ url: process.env.REDIS_URL ?? "redis://localhost:6379/0" });
 */
export function redisClient(options: RedisOptions, { connection, cluster }: RedisClientSettings = {}): Redis | Cluster {
  const place = placeOf(options);
  const { natMap } = options;
  const client: RedisClientSettings["connection"] & object = {
    disableClientInfo: true,
    ...FIND_MASTER,
    ...options.client,
    ...connection,
  };
  if (place.kind === "server") return new Redis(place.url, client);
  return clusterClient(place.nodes, { client, ...(natMap && { natMap }) }, cluster);
}

/** Where options lead, without user and password: for messages. @throws as {@link redisClient}. */
export function redisAddress(options: RedisOptions): string {
  return placeOf(options).address;
}
