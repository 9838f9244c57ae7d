import { bullmqRows } from "./bullmq.ts";
import { copyRows } from "./copy.ts";
import { footprintRows } from "./footprint.ts";
import { graphRows } from "./graph.ts";
import { interpretRows } from "./interpret.ts";
import { latencyRows } from "./latency.ts";
import { manyRunsRows } from "./many-runs.ts";
import { memoryRows } from "./memory.ts";
import { neo4jRows } from "./neo4j.ts";
import { pipelineRows } from "./pipelines.ts";
import { redisRows } from "./redis.ts";
import { replicasRows } from "./replicas.ts";
import type { Row } from "./row.ts";
import { workersRows } from "./workers.ts";

/** Everything that is measured, in the order of the table. */
export const rows: readonly Row[] = [
  ...memoryRows,
  ...redisRows,
  ...bullmqRows,
  ...latencyRows,
  ...manyRunsRows,
  ...workersRows,
  ...replicasRows,
  ...footprintRows,
  ...graphRows,
  ...neo4jRows,
  ...copyRows,
  ...interpretRows,
  ...pipelineRows,
];
