import type { SupervisorOptions } from "datagraph";
import { BullMQExecutor } from "datagraph/bullmq";

/** What all services share: the Redis they meet in, and how soon one that has died is noticed. */
export function settings(): SupervisorOptions {
  const { REDIS_URL: url = "redis://localhost:6379/0", REDIS_PREFIX: prefix = "services:" } = process.env;
  return { redis: { url, prefix }, executor: new BullMQExecutor(), leaseMs: 3_000 };
}
