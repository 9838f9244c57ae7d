import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Redis } from "ioredis";
import { eventually } from "../../../src/testing/eventually.ts";
import { freePort } from "./ports.ts";
import { makeCertificate, RedisServer, type RedisServerOptions } from "./server.ts";

const SLOTS = 16_384;

export interface RedisClusterOptions extends Omit<RedisServerOptions, "port"> {
  /** Whether each of the three masters has a replica that takes its place. */
  readonly replicas?: boolean;
}

interface Member {
  readonly server: RedisServer;
  readonly id: string;
}

/** A real cluster of three masters for one test to break; like {@link RedisServer} it ends with the test's process at the latest. */
export class RedisCluster {
  readonly masters: readonly RedisServer[];
  readonly replicas: readonly RedisServer[];
  readonly #members: readonly Member[];
  /** Of what the nodes share. */
  readonly #folder: string;

  private constructor(masters: readonly Member[], replicas: readonly Member[], folder: string) {
    this.#folder = folder;
    this.#members = [...masters, ...replicas];
    this.masters = masters.map(({ server }) => server);
    this.replicas = replicas.map(({ server }) => server);
  }

  static async start({ replicas = false, tls = false, ...options }: RedisClusterOptions = {}): Promise<RedisCluster> {
    const count = replicas ? 6 : 3;
    const folder = mkdtempSync(join(tmpdir(), "datagraph-cluster-"));
    // Nodes tell each other's TLS ports only when they speak TLS among themselves, too: so they must trust each other.
    const shared = tls ? { tls: tls === true ? await makeCertificate(folder) : tls } : {};
    const directives = { ...(tls && { "tls-cluster": "yes" }), ...options.directives };
    const members = await Promise.all(Array.from({ length: count }, () => startMember({ ...options, ...shared, directives })));
    const masters = members.slice(0, 3);
    const cluster = new RedisCluster(masters, members.slice(3), folder);
    try {
      await meet(masters, members);
      await Promise.all(members.slice(3).map(({ server }, i) => ask(server, "REPLICATE", masters[i]?.id ?? "")));
      await cluster.settled();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Of two nodes, as a user would give them. */
  get urls(): string[] {
    return this.masters.slice(0, 2).map(({ url }) => url);
  }

  get servers(): RedisServer[] {
    return this.#members.map(({ server }) => server);
  }

  /** The master of the three that started with the key's slot. */
  masterOf(key: string): RedisServer {
    return this.masters[Math.floor(slotOf(key) / Math.ceil(SLOTS / 3))] as RedisServer;
  }

  /** Gives a key's slot to another master, with all that is in it, as resharding does. */
  async move(key: string, to: RedisServer, from = this.masterOf(key)): Promise<void> {
    const [source, target, slot] = [this.#idOf(from), this.#idOf(to), slotOf(key)];
    await ask(to, "SETSLOT", String(slot), "IMPORTING", source);
    await ask(from, "SETSLOT", String(slot), "MIGRATING", target);
    for (let keys = await keysIn(from, slot); keys.length > 0; keys = await keysIn(from, slot)) {
      await withClient(from, (client) => client.call("MIGRATE", "127.0.0.1", to.port, "", 0, 5_000, "KEYS", ...keys));
    }
    await ask(to, "SETSLOT", String(slot), "NODE", target);
    await ask(from, "SETSLOT", String(slot), "NODE", target);
  }

  /** Waits until all nodes that run agree that all slots are served and every replica follows its master. */
  async settled(): Promise<void> {
    await eventually(
      async () => {
        for (const { server } of this.#members) {
          const info = String(await ask(server, "INFO"));
          if (!/cluster_state:ok/.test(info)) throw new Error(`The cluster is not there yet: ${info}`);
          const nodes = String(await ask(server, "NODES"))
            .trim()
            .split("\n");
          if (nodes.length !== this.#members.length) throw new Error("Not all nodes know each other yet");
        }
        for (const replica of this.replicas) {
          const state = await withClient(replica, (client) => client.info("replication"));
          if (!/master_link_status:up/.test(state)) throw new Error("A replica does not follow its master yet");
        }
      },
      { deadlineMs: 20_000 },
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map(({ server }) => server.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #idOf(server: RedisServer): string {
    return this.#members.find((member) => member.server === server)?.id ?? "";
  }
}

/** The bus has a port of its own: the usual one is 10,000 above the server's, where there may be none. */
async function startMember(options: RedisServerOptions): Promise<Member> {
  const cluster = { "cluster-enabled": "yes", "cluster-node-timeout": "1000" };
  // The server itself looks for another port when it loses the race for its first one; this one is for the others of the cluster.
  for (let attempt = 1; ; attempt += 1) {
    const directives = { ...cluster, "cluster-port": String(await freePort()), ...options.directives };
    try {
      const server = await RedisServer.start({ ...options, directives });
      return { server, id: String(await ask(server, "MYID")) };
    } catch (error) {
      if (attempt === 5 || !/already in use/i.test(String(error))) throw error;
    }
  }
}

async function meet(masters: readonly Member[], members: readonly Member[]): Promise<void> {
  const share = Math.ceil(SLOTS / masters.length);
  await Promise.all(
    masters.map(async ({ server }, i) => {
      await ask(server, "SET-CONFIG-EPOCH", String(i + 1));
      await ask(server, "ADDSLOTSRANGE", String(i * share), String(Math.min((i + 1) * share, SLOTS) - 1));
    }),
  );
  const [first, ...others] = members.map(({ server }) => server);
  for (const other of others) {
    const bus = await withClient(other, (client) => client.config("GET", "cluster-port"));
    await ask(first as RedisServer, "MEET", "127.0.0.1", String(other.port), String((bus as string[])[1]));
  }
  // Replicas can follow only whom they know.
  await eventually(
    async () => {
      for (const { server } of members) {
        const nodes = String(await ask(server, "NODES"))
          .trim()
          .split("\n");
        if (nodes.length !== members.length || nodes.some((node) => node.includes("handshake"))) throw new Error("Not met yet");
      }
    },
    { deadlineMs: 20_000 },
  );
}

function slotOf(key: string): number {
  return Number(new Command("get", [key]).getSlot());
}

async function keysIn(server: RedisServer, slot: unknown): Promise<string[]> {
  return (await ask(server, "GETKEYSINSLOT", String(slot), "100")) as string[];
}

async function ask(server: RedisServer, ...command: string[]): Promise<unknown> {
  return await withClient(server, (client) => client.call("CLUSTER", ...command));
}

/** Asks one node, which redirects nobody. */
async function withClient<T>(server: RedisServer, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(server.url, {
    lazyConnect: true,
    retryStrategy: () => null,
    ...(server.ca !== undefined && { tls: { ca: server.ca } }),
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    client.disconnect();
  }
}
