import { bullmqRows } from "./bullmq.ts";
import { footprintRows } from "./footprint.ts";
import { interpretRows } from "./interpret.ts";
import { latencyRows } from "./latency.ts";
import { manyRunsRows } from "./many-runs.ts";
import { memoryRows } from "./memory.ts";
import { redisRows } from "./redis.ts";
import type { Row } from "./row.ts";

/** Everything that is measured, in the order of the table. */
export const rows: readonly Row[] = [
  ...memoryRows,
  ...redisRows,
  ...bullmqRows,
  ...latencyRows,
  ...manyRunsRows,
  ...footprintRows,
  ...interpretRows,
];
