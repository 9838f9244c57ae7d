import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { eventually } from "../../../src/testing/eventually.ts";
import { findRedisExecutable } from "./executable.ts";
import { GuardedProcess } from "./guarded-process.ts";
import { waitUntilReady } from "./ping.ts";
import { freePort } from "./ports.ts";
import { RedisServer } from "./server.ts";

interface Sentinel {
  readonly port: number;
  readonly process: GuardedProcess;
  readonly folder: string;
}

/** A master, its replica, and three sentinels that make one the other when they agree: all real, for one test. */
export class RedisSentinels {
  /** What the sentinels call the master. */
  readonly name = "main";
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #sentinels: readonly Sentinel[];

  private constructor(master: RedisServer, replica: RedisServer, sentinels: readonly Sentinel[]) {
    this.master = master;
    this.replica = replica;
    this.#sentinels = sentinels;
  }

  static async start(): Promise<RedisSentinels> {
    const [master, replica] = await Promise.all(
      [0, 1].map(() => RedisServer.start({ directives: { "repl-diskless-sync-delay": "0" } })),
    );
    if (!master || !replica) throw new Error("Two servers were started");
    await withClient(replica.url, (client) => client.replicaof("127.0.0.1", master.port));
    await eventually(async () => {
      const state = await withClient(replica.url, (client) => client.info("replication"));
      if (!/master_link_status:up/.test(state)) throw new Error("The replica does not follow yet");
    });
    const sentinels = await Promise.all([0, 1, 2].map(() => startSentinel(master.port)));
    const made = new RedisSentinels(master, replica, sentinels);
    try {
      await made.#agreed();
      return made;
    } catch (error) {
      await made.stop();
      throw error;
    }
  }

  /** As ioredis takes them. */
  get addresses(): { host: string; port: number }[] {
    return this.#sentinels.map(({ port }) => ({ host: "127.0.0.1", port }));
  }

  /** The replica hears of nothing any more that the master acknowledges, while both live. */
  async stopReplication(): Promise<void> {
    await withClient(this.master.url, async (client) => {
      await client.call("ACL", "SETUSER", "default", "-psync", "-sync");
      await client.call("CLIENT", "KILL", "TYPE", "replica");
    });
  }

  async stop(): Promise<void> {
    await Promise.all([
      this.master.stop(),
      this.replica.stop(),
      ...this.#sentinels.map(async ({ process, folder }) => {
        await process.end("SIGTERM");
        rmSync(folder, { recursive: true, force: true });
      }),
    ]);
  }

  /** Every sentinel knows the replica and the other sentinels: from now on they can fail over. */
  async #agreed(): Promise<void> {
    await eventually(
      async () => {
        for (const { port } of this.#sentinels) {
          const info = await withClient(`redis://127.0.0.1:${port}`, (client) => client.info("sentinel"));
          if (!/status=ok,.*slaves=1,sentinels=3/.test(info)) throw new Error(`The sentinels do not agree yet: ${info}`);
        }
      },
      { deadlineMs: 20_000 },
    );
  }
}

/** Sentinels write down what they learn: each has a configuration file of its own. */
async function startSentinel(master: number): Promise<Sentinel> {
  const executable = findRedisExecutable();
  if (executable === undefined) throw new Error("Sentinels need redis-server or valkey-server on the PATH");
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), "datagraph-sentinel-"))];
  const file = join(folder, "sentinel.conf");
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${master} 2`,
    "sentinel down-after-milliseconds main 700",
    "sentinel failover-timeout main 3000",
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const process = await GuardedProcess.start(executable, [file, "--sentinel"], folder);
  await waitUntilReady({ host: "127.0.0.1", port }, { giveUp: process.ended });
  return { port, process, folder };
}

async function withClient<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    client.disconnect();
  }
}
