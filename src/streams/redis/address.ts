import { DeclarationError, StoreError } from "../../errors.ts";
import type { RedisOptions } from "./options.ts";

const DEFAULT_URL = "redis://localhost:6379/0";

/** Where options lead: one server (or a master that sentinels know), or a cluster with these nodes among its own. */
export type Place =
  | { readonly kind: "server"; readonly url: string; readonly address: string }
  | { readonly kind: "cluster"; readonly nodes: readonly ClusterNode[]; readonly address: string };

/** A node of a cluster, and how to be let in: the options of its client. */
export interface ClusterNode {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: Readonly<Record<string, never>>;
}

/**
 * Where options lead; its `address` is without credentials.
 *
 * @throws StoreError when a URL cannot be read. The error does not repeat it: it may hold a password. DeclarationError
 *   for options that exclude each other.
 */
export function placeOf({ url, cluster, client = {} }: RedisOptions): Place {
  if (url !== undefined && cluster !== undefined)
    throw new DeclarationError("Redis options: give either `url` or `cluster`, not both.");
  const urls = cluster ?? (url ?? DEFAULT_URL).split(BETWEEN_URLS);
  if (cluster === undefined && urls.length < 2) return { kind: "server", ...serverOf(url ?? DEFAULT_URL, client) };
  const nodes = urls.map(nodeOf);
  if (nodes.length === 0) throw new DeclarationError("Redis options: `cluster` names no node. Give the URLs of some of them.");
  return { kind: "cluster", nodes, address: `the cluster at ${nodes.map(({ host, port }) => `${host}:${port}`).join(", ")}` };
}

/** A comma can be a part of a password, but not in front of another URL. */
const BETWEEN_URLS = /,\s*(?=rediss?:\/\/)/;

function serverOf(url: string, client: RedisOptions["client"] & object): { url: string; address: string } {
  if (client.sentinels) return { url, address: `the sentinels of ${client.name ?? "a master without a name"}` };
  if (client.path !== undefined) return { url, address: client.path };
  if (url.startsWith("/")) return { url, address: url };
  const { hostname, port } = parse(url);
  return { url, address: `${client.host ?? (hostname || "localhost")}:${client.port ?? (port || 6379)}` };
}

function nodeOf(url: string): ClusterNode {
  const { protocol, hostname, port, username, password, pathname } = parse(url);
  if (!/^\/?0?$/.test(pathname)) {
    throw new StoreError(`A Redis Cluster has database 0 only: leave out ${pathname} at the end of the URLs of its nodes.`);
  }
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1") || "localhost",
    port: Number(port || 6379),
    ...(username !== "" && { username: decode(username) }),
    ...(password !== "" && { password: decode(password) }),
    ...(protocol === "rediss:" && { tls: {} }),
  };
}

function parse(url: string): URL {
  try {
    const parsed = new URL(url);
    if (parsed.protocol === "redis:" || parsed.protocol === "rediss:") return parsed;
  } catch {
    // Said below, without the URL.
  }
  throw unreadable();
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable();
  }
}

function unreadable(): StoreError {
  return new StoreError(
    "The Redis URL cannot be read. Expected redis://user:password@host:6379/0, or rediss:// for TLS, with special characters " +
      "of the user name and password percent-encoded (encodeURIComponent), or the path of a socket.",
  );
}
