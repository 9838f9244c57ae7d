/** Clients of your own for Redis, Valkey or a cluster, made of a supervisor's options. Needs `ioredis`. */
export { type RedisClientSettings, redisAddress, redisClient } from "./streams/redis/client.ts";
export type { RedisOptions } from "./streams/redis/options.ts";
