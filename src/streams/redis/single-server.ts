import { Redis } from "ioredis";
import { type CommandClient, type Deployment, letProcessEnd, type Retry } from "./deployment.ts";
import type { ClientOptions } from "./options.ts";
import { SCRIPTS } from "./scripts.ts";

/** One server, or the one that is master among those that sentinels watch. */
export class SingleServer implements Deployment {
  readonly address: string;
  readonly commands: CommandClient;
  readonly hasManyServers = false;
  readonly #url: string;
  readonly #options: ClientOptions;

  constructor({ url, address }: { url: string; address: string }, options: ClientOptions, retry: Retry) {
    this.address = address;
    this.#url = url;
    // A master that has become a replica refuses to write: the one that is master now is to be found.
    this.#options = { reconnectOnError: ({ message }) => (message.startsWith("READONLY") ? 2 : false), ...options };
    this.commands = this.#client(retry, { scripts: SCRIPTS }) as CommandClient;
  }

  serverOf(): string {
    return this.address;
  }

  subscriber(_server: string, retry: Retry): Redis {
    return this.#client(retry);
  }

  servers(): [string, Redis][] {
    return [[this.address, this.commands as Redis]];
  }

  lookAgain(): void {}

  onLook(): void {}

  #client(retryStrategy: Retry, extra: ClientOptions = {}): Redis {
    const client = new Redis(this.#url, { ...this.#options, ...extra, protocol: 2, retryStrategy });
    letProcessEnd(client);
    return client;
  }
}
