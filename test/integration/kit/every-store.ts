import { MemoryStore, msgpackCodec, Supervisor, type SupervisorOptions } from "datagraph";
import { afterAll, inject, test } from "vitest";
import { fresh } from "../../support/fresh.ts";
import { RedisCluster } from "../../support/redis.ts";
import { LeakWatch } from "./leaks.ts";
import { Logged } from "./logged.ts";
import { RedisView } from "./redis-keys.ts";
import { within } from "./testing.ts";

export type StoreName = "memory" | "memory through the codec" | "redis" | "redis cluster";

/** Makes a supervisor on the store under test; it is closed after the test. Those of one test share a Redis, not a memory. */
export type MakeSupervisor = (options?: SupervisorOptions) => Supervisor;

/** What else a scenario may need. */
export interface Scene {
  readonly store: StoreName;
  /** What was logged. Errors fail the test unless they were taken from here. */
  readonly logged: Logged;
  /** How keys begin, where there are keys. */
  readonly prefix: string;
  /** The name of every connection to Redis. */
  readonly connection: string;
}

type Scenario = (makeSupervisor: MakeSupervisor, scene: Scene) => Promise<void>;

interface ScenarioOptions {
  /** Where it makes sense. Default: every store. */
  readonly stores?: readonly StoreName[];
  readonly timeout?: number;
}

/** `TEST_CLUSTER=1` (and the long tests, `SOAK=1`) performs every scenario on a cluster too, of which each file starts its own. */
const STORES: readonly StoreName[] = [
  "memory",
  "memory through the codec",
  "redis",
  ...(process.env.TEST_CLUSTER === "1" || process.env.SOAK === "1" ? (["redis cluster"] as const) : []),
];

let cluster: Promise<RedisCluster> | undefined;

afterAll(async () => {
  await (await cluster)?.stop();
});

/**
 * Declares one test per store. Whatever it does, nothing may be left behind: no key without expiry, no connection, timer,
 * handle or listener, no unhandled rejection, no logged error.
 */
export function onEveryStore(name: string, scenario: Scenario, { stores = STORES, timeout }: ScenarioOptions = {}): void {
  for (const store of stores)
    test(`${name} [${store}]`, { ...(timeout !== undefined && { timeout }) }, () => performOn(store, scenario));
}

/** Performs a scenario on one store, with everything that is asserted afterwards. */
export async function performOn(store: StoreName, scenario: Scenario): Promise<void> {
  const scene: Scene = { store, logged: new Logged(), prefix: `${fresh()}:`, connection: fresh("connection") };
  const servers = await serversOf(store);
  const view = servers.length > 0 ? new RedisView(...servers) : undefined;
  // Makes its connection before the first look at the open handles.
  await view?.connections(scene.connection);
  const leaks = new LeakWatch();
  const made: Supervisor[] = [];
  const makeSupervisor: MakeSupervisor = (options = {}) => {
    const supervisor = new Supervisor({ log: scene.logged, ...(options.store ? {} : placeOf(scene, servers)), ...options });
    made.push(supervisor);
    return supervisor;
  };
  await allOf(
    () => scenario(makeSupervisor, scene),
    () => within(Promise.all(made.map((supervisor) => supervisor.close())), "the supervisors to close"),
    () => scene.logged.expectNoErrors(),
    () => leaks.end(),
    () => view?.expectNoConnections(scene.connection),
    () => view?.expectOnlyExpiringKeys(scene.prefix),
    () => view?.close(),
  );
}

/** Does all of it, in order, also when some of it fails; then throws what failed first, which is likely to be the cause. */
async function allOf(...steps: readonly (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function serversOf(store: StoreName): Promise<string[]> {
  if (store === "redis") return [inject("redisUrl")];
  if (store !== "redis cluster") return [];
  cluster ??= RedisCluster.start();
  return (await cluster).masters.map(({ url }) => url);
}

function placeOf({ store, prefix, connection }: Scene, servers: readonly string[]): SupervisorOptions {
  switch (store) {
    case "memory":
      return {};
    case "memory through the codec":
      return { store: new MemoryStore({ codec: msgpackCodec() }) };
    case "redis":
      return { redis: { url: inject("redisUrl"), prefix, client: { connectionName: connection } } };
    case "redis cluster":
      return { redis: { cluster: servers, prefix, client: { connectionName: connection } } };
  }
}
