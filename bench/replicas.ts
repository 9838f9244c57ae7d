/*
 * One processor shared by several workers, beside the same one performed by one of them: for work that takes a processor's time, and for
 * work that only waits. The workers are processes of their own, connected and idle before; a run begins with the first value.
 */
import type { Supervisor } from "datagraph";
import { type Amounts, type Contender, perSecond, type Row } from "./row.ts";
import { withWorkers } from "./with-workers.ts";
import { type ShareKind, sharing } from "./worker-process.ts";

const BUSY: Amounts = { full: 2_000, quick: 800, tiny: 20 };
const WAITING: Amounts = { full: 40_000, quick: 15_000, tiny: 200 };

function shared(kind: ShareKind, workers: number, n: Amounts): Contender {
  return {
    n,
    warmUp: 1,
    measure: ({ n, redis }) =>
      withWorkers(redis, async (supervisor, start) => {
        const { processor } = sharing[kind];
        await start(...Array.from({ length: workers }, () => [processor.name]));
        await perform(supervisor, kind, Math.ceil(n / 10));
        const startedAt = performance.now();
        const values = await perform(supervisor, kind, n);
        return { values, score: perSecond(values, startedAt) };
      }),
  };
}

async function perform(supervisor: Supervisor, kind: ShareKind, amount: number): Promise<number> {
  const run = await supervisor.startFlow(sharing[kind].flow, { n: Array(amount).keys() });
  await run.done;
  return (await run.progress()).streams.m?.values ?? 0;
}

export const replicasRows: readonly Row[] = [
  {
    name: "replicas/busy",
    title: "5 ms of CPU per value: 2 replicas on 2 workers / 1 replica",
    unit: "values/s",
    reference: shared("busy1", 2, BUSY),
    ours: shared("busy2", 2, BUSY),
    ratio: { atLeast: 1.8 },
  },
  {
    name: "replicas/waiting",
    title: "20 ms of waiting per value: 4 replicas, 50 at once in each / 1 replica",
    unit: "values/s",
    reference: shared("waiting1", 4, WAITING),
    ours: shared("waiting4", 4, WAITING),
    ratio: { atLeast: 3.5 },
  },
];
