import { startComposeRedis } from "./redis/compose.ts";
import { installRedis } from "./redis/debian.ts";
import { findRedisExecutable } from "./redis/executable.ts";
import { targetOf, waitUntilReady } from "./redis/ping.ts";
import { RedisServer } from "./redis/server.ts";

export { RedisCluster, type RedisClusterOptions } from "./redis/cluster.ts";
export { RedisSentinels } from "./redis/sentinels.ts";
export { RedisServer, type RedisServerOptions } from "./redis/server.ts";

export interface ProvidedRedis {
  readonly url: string;
  /** What was done to get it, in one line. */
  readonly description: string;
  readonly stop: () => Promise<void>;
}

/** Finds a real Redis for a whole test run, or starts one: the first of these ways that this machine offers. */
export async function provideRedis(): Promise<ProvidedRedis> {
  return (
    (await givenByEnvironment()) ??
    (await startedHere(findRedisExecutable())) ??
    (await startedByCompose()) ??
    (await startedHere(await installRedis(), " (installed from Debian's packages)")) ??
    noRedis()
  );
}

async function givenByEnvironment(): Promise<ProvidedRedis | undefined> {
  const url = process.env.REDIS_URL;
  if (url === undefined || url === "") return undefined;
  const target = targetOf(url);
  await waitUntilReady(target, { deadlineMs: 5_000 });
  return { url, description: `Redis: ${target.host}:${target.port}, as REDIS_URL says`, stop: async () => {} };
}

async function startedHere(executable: string | undefined, origin = ""): Promise<ProvidedRedis | undefined> {
  if (executable === undefined) return undefined;
  const server = await RedisServer.start();
  const description = `Redis: started ${executable}${origin} on port ${server.port}, process ${server.pid}, until the tests end`;
  return { url: server.url, description, stop: () => server.stop() };
}

async function startedByCompose(): Promise<ProvidedRedis | undefined> {
  const service = await startComposeRedis();
  if (service === undefined) return undefined;
  return { ...service, description: `Redis: started with docker compose at ${service.url}, until the tests end` };
}

function noRedis(): never {
  throw new Error(
    "The tests need a real Redis, and there is none: set REDIS_URL, put redis-server or valkey-server on the PATH, " +
      "start a Docker engine, or run as root on Debian so that it can be installed",
  );
}
