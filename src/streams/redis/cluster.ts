import { Cluster, Command, Redis } from "ioredis";
import type { ClusterNode } from "./address.ts";
import { type CommandClient, type Deployment, type Retry, type TransactionCommand, tended } from "./deployment.ts";
import type { ClientOptions, RedisOptions } from "./options.ts";
import { SCRIPTS } from "./scripts.ts";

/** How long a node may take to tell who is responsible for which slots, before another one is asked. */
const LOOK_MS = 2_000;

/** The client for a cluster of which some nodes are known. What it does about outages is up to the caller. */
export function clusterClient(
  nodes: readonly ClusterNode[],
  { client = {}, natMap }: Pick<RedisOptions, "client" | "natMap">,
  settings: ConstructorParameters<typeof Cluster>[1] = {},
): Cluster {
  // Only where they are: what a node has of its own would take the place of what the client is told for all.
  const places = nodes.map(({ host, port }) => ({ host, port }));
  return new Cluster(places, {
    // Names stay names: certificates are issued for them.
    dnsLookup: (address, callback) => callback(null, address),
    slotsRefreshTimeout: LOOK_MS,
    ...(natMap && { natMap }),
    ...settings,
    redisOptions: nodeOptions(nodes, client),
  });
}

/** What a client of any node needs to be let in: nodes that are found tell no more than where they are. */
function nodeOptions([first]: readonly ClusterNode[], client: ClientOptions): ClientOptions {
  const { host: _, port: __, ...access } = first ?? { host: "", port: 0 };
  const { db: ___, path: ____, sentinels: _____, ...usable } = client;
  return { ...access, ...usable };
}

/** A Redis Cluster: keys, and the channels beside them, are where their slot is. */
export class ClusterDeployment implements Deployment {
  readonly address: string;
  readonly commands: CommandClient;
  readonly hasManyServers = true;
  readonly #cluster: Cluster;
  readonly #options: ClientOptions;

  constructor(
    { nodes, address }: { nodes: readonly ClusterNode[]; address: string },
    { client = {}, ...rest }: Pick<RedisOptions, "client" | "natMap">,
    retry: Retry,
  ) {
    this.address = address;
    this.#options = nodeOptions(nodes, client);
    this.#cluster = clusterClient(
      nodes,
      { client, ...rest },
      {
        lazyConnect: true,
        clusterRetryStrategy: retry,
        // Its own timers would keep the process alive; and what is tried again when is decided in one place.
        slotsRefreshInterval: 0,
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
        scripts: SCRIPTS,
      },
    );
    this.#cluster.on("+node", tended);
    this.commands = this.#cluster as CommandClient;
  }

  async transaction(commands: readonly TransactionCommand[]): Promise<unknown[]> {
    const replies = await this.#cluster
      .multi(commands.map((command) => [...command]))
      .exec()
      .catch((error: { previousErrors?: readonly unknown[] }) => {
        // A command that was refused before says more than what EXEC says of it.
        throw error.previousErrors?.[0] ?? error;
      });
    return (replies ?? []).map(([error, reply]) => error ?? reply);
  }

  gather(): void {}

  serverOf(channel: string): string | undefined {
    const slot = new Command("ssubscribe", [channel]).getSlot();
    return slot === null ? undefined : this.#cluster.slots[slot]?.[0];
  }

  subscriber(server: string, retry: Retry): Redis {
    const at = server.lastIndexOf(":");
    const place = { host: server.slice(0, at), port: Number(server.slice(at + 1)) };
    return tended(new Redis({ ...this.#options, ...place, lazyConnect: true, protocol: 2, retryStrategy: retry }));
  }

  servers(): [string, Redis][] {
    return this.#cluster.nodes("master").map((node) => [`${node.options.host}:${node.options.port}`, node]);
  }

  lookAgain(): void {
    if (this.#cluster.status === "ready") this.#cluster.refreshSlotsCache();
  }

  onLook(listener: () => void): void {
    this.#cluster.on("refresh", listener);
  }
}
