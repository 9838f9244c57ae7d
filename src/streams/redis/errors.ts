import { StoreError } from "../../errors.ts";

/** Replies that pass by themselves: the server loads, fails over, forgot its scripts, or is short of memory or disk for the moment. */
const PASSING =
  /^(?:EXECABORT Transaction discarded because of: )?(OOM|LOADING|BUSY|MASTERDOWN|READONLY|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|NOSCRIPT)\b/;

/** Whether trying again may help. A connection that ended is given up only by the client itself. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof Error &&
    (PASSING.test(error.message) || /Command timed out|Command aborted due to connection close/.test(error.message))
  );
}

/**
 * Whether a server of several did not perform a command because it was away, or its slots were: another one may. Where slots
 * are, the client finds out by itself, but not for transactions.
 */
export function isLossOfServer(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(CLUSTERDOWN|MASTERDOWN|READONLY|LOADING|MOVED|ASK)\b|Connection is closed|Too many Cluster redirections|None of startup nodes/.test(
      error.message,
    )
  );
}

/** A client's or server's error in our words. `address` has no credentials. */
export function toStoreError(error: unknown, address: string): StoreError {
  if (error instanceof StoreError) return error;
  // What a cluster's client says is that it asked all nodes; what one of them answered says more.
  if (error instanceof Error && "lastNodeError" in error && isReply(error.lastNodeError)) {
    return toStoreError(error.lastNodeError, address);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError(explain(message, error, address), { cause: withoutCommand(error) });
}

function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

/** The client's errors hold the command they answer, with its arguments: passwords, and values of any size. */
function withoutCommand(error: unknown): unknown {
  if (!(error instanceof Error) || !("command" in error)) return error;
  const { name, message, stack } = error;
  return Object.assign(new Error(message), { name, ...(stack !== undefined && { stack }) });
}

function explain(message: string, error: unknown, address: string): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/^(NOAUTH|WRONGPASS)|invalid password|invalid username/i.test(message)) {
    return `Redis at ${address} refused the credentials. Check the user name and password of the URL.`;
  }
  if (/cluster support disabled/i.test(message)) {
    return `Redis at ${address} is no cluster: name it with a single \`url\`.`;
  }
  if (/^All sentinels are unreachable/.test(message)) {
    return `Redis at ${address} cannot be reached: no sentinel answers, or none knows a master of this name that lives: ${message}`;
  }
  if (/None of startup nodes|Failed to refresh slots cache/.test(message)) {
    return `Redis at ${address} cannot be reached: none of these nodes answers. Are they running, and are the addresses right?`;
  }
  // Within a script it is said in other words, and not of which command.
  if (/^NOPERM|executing the script can't|ACL failure in script/.test(message)) {
    return `The Redis user at ${address} lacks a permission: ${message}. The guide to Redis lists what it needs; ACL LOG says what was refused.`;
  }
  if (/DB index|invalid DB/i.test(message)) {
    return `Redis at ${address} has no such database: ${message}. Check the number at the end of the URL.`;
  }
  if (/^OOM/.test(message)) return `Redis at ${address} is out of memory (maxmemory) and stayed so: ${message}`;
  if (["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH", "ECONNRESET"].includes(code)) {
    return `Redis at ${address} cannot be reached (${code}). Is it running, and is the address right?`;
  }
  if (/Connection is closed/.test(message)) return `The connection to Redis at ${address} is closed and was given up.`;
  return `Redis at ${address}: ${message}`;
}
