import type { Redis } from "ioredis";
import { StoreError } from "../../errors.ts";
import type { Log } from "../../processor/implementation.ts";
import type { Deployment } from "./deployment.ts";

/** What is expected of every server. */
interface ServersExpectations {
  readonly log: Log;
  /** Runs are to outlive processes: then a server that keeps nothing on disk is worth a warning. */
  readonly durable: boolean;
}

/** What is expected of a server. */
export interface ServerExpectations extends ServersExpectations {
  readonly address: string;
  readonly inCluster: boolean;
}

/** Looks at every server that keeps streams. @throws StoreError, as {@link checkServer} does. */
export async function checkServers(deployment: Deployment, expectations: ServersExpectations): Promise<void> {
  const inCluster = deployment.hasManyServers;
  await Promise.all(
    deployment.servers().map(([address, client]) => checkServer(client, { ...expectations, address, inCluster })),
  );
}

/**
 * Looks at a server once: refuses one that is too old, or of a cluster that was not meant, and warns of settings that
 * lose values. @throws StoreError.
 */
export async function checkServer(client: Redis, { address, log, durable, inCluster }: ServerExpectations): Promise<void> {
  const info = await permitted(client.info("server", "memory", "persistence", "cluster"));
  // A user who may not ask is trusted to know the server.
  if (info === undefined) return;
  const version = /redis_version:(\d+)\.(\d+)/.exec(info);
  if (version && Number(version[1]) < 7) {
    throw new StoreError(
      `Redis at ${address} is version ${version[1]}.${version[2]}; datagraph needs Redis 7.0 or newer, or Valkey.`,
    );
  }
  if (!inCluster && /cluster_enabled:1/.test(info)) {
    throw new StoreError(
      `Redis at ${address} is a node of a cluster, and was named as a single server. Name some of the nodes: ` +
        'redis: { cluster: ["redis://host:7000", "redis://host:7001"] }, or their URLs separated by commas.',
    );
  }
  const policy = /maxmemory_policy:([\w-]+)/.exec(info)?.[1];
  if (policy !== undefined && policy !== "noeviction") {
    log.warn(
      `Redis at ${address} has maxmemory-policy ${policy}: when its memory is full it deletes streams, and their runs fail. ` +
        "Set maxmemory-policy to noeviction; then writers wait for memory.",
    );
  }
  if (durable && /aof_enabled:0/.test(info) && !(await takesSnapshots(client))) {
    log.warn(
      `Redis at ${address} keeps nothing on disk (appendonly no, no save points): when it restarts, the runs of all workers are lost. ` +
        "Set appendonly to yes.",
    );
  }
}

/** Whether it saves snapshots; a server that does not say so is trusted to. */
async function takesSnapshots(client: Redis): Promise<boolean> {
  const reply = await permitted(client.config("GET", "save"));
  if (!Array.isArray(reply)) return true;
  return reply[1] !== "";
}

/** What a command gives; `undefined` where this user, or this kind of server, may not use it. */
async function permitted<T>(command: Promise<T>): Promise<T | undefined> {
  try {
    return await command;
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|ERR unknown command)/i.test(error.message)) return undefined;
    throw error;
  }
}
