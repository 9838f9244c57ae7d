import type { RedisOptions } from "datagraph";
import type { Cluster, ClusterOptions } from "ioredis";
import { SourceError } from "../errors.ts";

/** The URLs of a cluster's nodes; `undefined` for one server. */
export function clusterUrls({ url = "", cluster }: Pick<RedisOptions, "url" | "cluster">): readonly string[] | undefined {
  if (cluster) return cluster;
  // A comma can be a part of a password, but not in front of another URL.
  const urls = url.split(/,\s*(?=rediss?:\/\/)/);
  return urls.length > 1 ? urls : undefined;
}

/**
 * A client for a cluster: commands go to where their key is, also after that has moved.
 *
 * @param node what a client of any node is made with.
 */
export async function clusterClient(
  urls: readonly string[],
  node: NonNullable<RedisOptions["client"]>,
  settings: Pick<ClusterOptions, "natMap" | "clusterRetryStrategy">,
): Promise<Cluster> {
  const { Cluster } = await import("ioredis");
  const nodes = urls.map(nodeOf);
  // Nodes that are found tell no more than where they are.
  const [{ host: _, port: __, ...access } = { host: "", port: 0 }] = nodes;
  const { db: ___, path: ____, sentinels: _____, ...usable } = node;
  return new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      lazyConnect: true,
      // Names stay names: certificates are issued for them.
      dnsLookup: (address, callback) => callback(null, address),
      slotsRefreshTimeout: 2_000,
      retryDelayOnFailover: RETRY_MS,
      retryDelayOnClusterDown: RETRY_MS,
      ...settings,
      redisOptions: { ...access, ...usable, protocol: 2 },
    },
  );
}

/** Whether a command may succeed when it is sent again: a node is gone, or another one is to take its place. */
export function isPassing(message: string): boolean {
  return /^(CLUSTERDOWN|MASTERDOWN|LOADING|TRYAGAIN|READONLY|UNBLOCKED|MOVED|ASK)\b|Connection is closed|Cluster redirections|slots cache|startup nodes|Cluster isn't ready|ECONN|EPIPE|ETIMEDOUT/.test(
    message,
  );
}

/** How long to wait before a command is sent again, in milliseconds. */
export const RETRY_MS = 100;

function nodeOf(url: string) {
  if (!URL.canParse(url))
    throw new SourceError(
      "Redis stream",
      'the URL of a node of the cluster cannot be read; expected one like "redis://host:6379"',
    );
  const { hostname, port, username, password, protocol } = new URL(url);
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || 6379),
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" && { tls: {} }),
  };
}
