/*
 * A pipeline as people declare it: a file of JSON Lines → interpreter → writer to nowhere, on one core. Bad records would go to the dead letters.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Supervisor } from "datagraph";
import { PipelineTally, pipeline, step } from "datagraph/pipelines";
import { lines, N, people } from "./interpret.ts";
import { type Contender, perSecond, type Row } from "./row.ts";

const jsonLines: Contender = {
  n: N,
  async measure({ n }) {
    const folder = await mkdtemp(join(tmpdir(), "datagraph-bench-"));
    try {
      const file = join(folder, "people.jsonl");
      const all = lines();
      await writeFile(file, Array.from({ length: n }, (_, i) => `${all[i % all.length]}\n`).join(""));
      return await measureFile(file);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measureFile(path: string) {
  const plan = pipeline({
    name: "people",
    steps: [step.files({ paths: [path] }), step.interpret(people)],
    targets: [{ name: "nowhere", connector: "null" }],
  });
  const tally = new PipelineTally(plan.plan());
  await using supervisor = new Supervisor();
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const run = await supervisor.startFlow(plan.flow(), {}, { defaults: { retain: "unread" } });
  const readers = Object.entries(run.outputs).map(async ([name, io]) => {
    for await (const values of io.batches()) tally.take(name, values);
  });
  await Promise.all([run.done, ...readers]);
  const values = tally.summary(await run.progress()).targets[0]?.ingestions ?? 0;
  const { user, system } = process.cpuUsage(cpu);
  const score = perSecond(values, start);
  return { values, score, figures: { "ms per 1000": 1e6 / score, "CPU ms per 1000": (user + system) / values } };
}

export const pipelineRows: readonly Row[] = [
  {
    name: "pipelines/null",
    title: "a pipeline: a file of JSON Lines, interpreted, written nowhere",
    unit: "values/s",
    ours: jsonLines,
    // 20 times nodestream's 6,900 records/s.
    limits: { "ms per 1000": 7.24 },
  },
];
