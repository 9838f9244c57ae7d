import type { Cluster, Redis } from "ioredis";
import type { ScriptCommands } from "./link.ts";

/** When to connect again, in milliseconds, after so many attempts; `null` gives up. */
export type Retry = (attempt: number) => number | null;

/** A client that sends each command to where its key is. */
export type CommandClient = (Redis | Cluster) & ScriptCommands;

export type TransactionCommand = readonly [name: string, ...args: (string | number | Buffer)[]];

/** What servers there are behind an address, and who of them is responsible for what. */
export interface Deployment {
  /** Without credentials. */
  readonly address: string;
  readonly commands: CommandClient;
  /** Whether a server can be lost while the others go on: its commands then fail, and succeed elsewhere later. */
  readonly hasManyServers: boolean;
  /**
   * Performs commands together or not at all; their keys are of one slot. Gives the reply of each, an error where it failed.
   *
   * @throws why nothing was performed.
   */
  transaction(commands: readonly TransactionCommand[]): Promise<unknown[]>;
  /** What is sent until the end of this turn leaves together, where that saves anything. */
  gather(): void;
  /** The server that tells of what is published in a channel; `undefined` while that is not known. */
  serverOf(channel: string): string | undefined;
  /** A client for notifications from one server. */
  subscriber(server: string, retry: Retry): Redis;
  /** Clients of all servers that keep streams, with their addresses. */
  servers(): readonly (readonly [address: string, client: Redis])[];
  /** Finds out who is responsible for what now. */
  lookAgain(): void;
  /** Calls back when that is known. */
  onLook(listener: () => void): void;
}

/** A client whose connection neither keeps the process alive when it is there, nor ends it when it breaks. */
export function tended(client: Redis): Redis {
  client.on("ready", () => {
    const { stream } = client;
    if (stream && "unref" in stream) stream.unref();
  });
  client.on("error", () => {
    // The client hears a socket's first error only. TLS may have another one to tell, and would throw it.
    client.stream?.on("error", () => undefined);
  });
  return client;
}
