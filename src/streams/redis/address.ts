import { StoreError } from "../../errors.ts";
import type { ClientOptions } from "./options.ts";

/**
 * Where a URL leads, without its credentials.
 *
 * @throws StoreError when it cannot be read. The error does not repeat it: it may hold a password.
 */
export function addressOf(url: string, client: ClientOptions): string {
  if (client.sentinels) return `the sentinels of ${client.name ?? "a master without a name"}`;
  if (client.path !== undefined) return client.path;
  const { host, port } = parse(url);
  return host.startsWith("/") ? host : `${client.host ?? host}:${client.port ?? port}`;
}

function parse(url: string): { host: string; port: string | number } {
  if (url.startsWith("/")) return { host: url, port: "" };
  try {
    const { protocol, hostname, port } = new URL(url);
    if (protocol === "redis:" || protocol === "rediss:") return { host: hostname || "localhost", port: port || 6379 };
  } catch {
    // Said below, without the URL.
  }
  throw new StoreError(
    "The Redis URL cannot be read. Expected redis://user:password@host:6379/0, or rediss:// for TLS, with special characters " +
      "of the user name and password percent-encoded (encodeURIComponent), or the path of a socket.",
  );
}
