import type { Log } from "../processor/implementation.ts";
import { MemoryStore } from "../streams/memory/memory-store.ts";
import type { StreamStore } from "../streams/store.ts";
import type { SupervisorOptions } from "./options.ts";

export const DEFAULT_LEASE_MS = 10_000;

/** The store that a supervisor's options name. @throws StoreError when it cannot be reached or used. */
export async function openStore(options: SupervisorOptions, log: Log): Promise<StreamStore> {
  const { store, redis, codec, maxValueBytes, leaseMs, executor, deadLetters } = options;
  if (store) return store;
  if (redis === undefined) return new MemoryStore(deadLetters && { deadLetters });
  // Loaded only when asked for: a program that stays in memory needs no Redis client.
  const { connectRedisStore } = await import("../streams/redis/redis-store.ts");
  return connectRedisStore({
    ...(typeof redis === "string" ? { url: redis } : redis),
    ...(codec && { codec }),
    ...(maxValueBytes !== undefined && { maxValueBytes }),
    ...(leaseMs !== undefined && { leaseMs }),
    ...(deadLetters && { deadLetters }),
    durable: executor !== undefined && !executor.local,
    log,
  });
}
