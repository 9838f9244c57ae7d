import { Command, Redis } from "ioredis";
import { type CommandClient, type Deployment, type Retry, type TransactionCommand, tended } from "./deployment.ts";
import type { ClientOptions } from "./options.ts";
import { SCRIPTS } from "./scripts.ts";

/** A master that has become a replica refuses to write: then the one that is master now is looked for, and told again. */
export const FIND_MASTER: ClientOptions = { reconnectOnError: ({ message }) => (message.startsWith("READONLY") ? 2 : false) };

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
    this.#options = { ...FIND_MASTER, ...options };
    this.commands = this.#client(retry, { scripts: SCRIPTS }) as CommandClient;
  }

  /** As the client's own `multi()`, which copies all that is sent once more: with large values that is what costs most. */
  async transaction(commands: readonly TransactionCommand[]): Promise<unknown[]> {
    const all: readonly TransactionCommand[] = [["multi"], ...commands, ["exec"]];
    const sent = all.map(([name, ...args], index) => {
      const command = new Command(name, args, { replyEncoding: "utf8" });
      // Should the connection break in the middle, none of the rest is sent again alone.
      command.pipelineIndex = index;
      command.inTransaction = true;
      this.commands.sendCommand(command);
      return command.promise;
    });
    const outcomes = await Promise.allSettled(sent);
    // A command that was refused says more than what EXEC says of it.
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
    return (outcomes.at(-1) as PromiseFulfilledResult<unknown[]>).value;
  }

  /** The client writes each command by itself, and each write is a call of the system: that costs more than the command. */
  gather(): void {
    const { stream } = this.commands as Redis;
    if (!stream || stream.writableCorked > 0) return;
    stream.cork();
    process.nextTick(() => stream.uncork());
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
    const client = new Redis(this.#url, {
      ...this.#options,
      ...extra,
      protocol: 2,
      retryStrategy,
      sentinelRetryStrategy: retryStrategy,
    });
    tended(client);
    return client;
  }
}
