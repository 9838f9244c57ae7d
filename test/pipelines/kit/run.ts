import { type DeadLetter, Supervisor, type SupervisorOptions } from "datagraph";
import { loadProject, type Pipeline, type PipelineSummary, PipelineTally, type Project } from "datagraph/pipelines";

export interface PipelineRun extends PipelineSummary {
  readonly refusals: readonly string[];
  readonly letters: readonly DeadLetter[];
  /** What was logged, the message and the record. */
  readonly logged: readonly (readonly [message: string, record: unknown])[];
  /** What outputs gave that are not counted: there is no target. */
  readonly outputs: Readonly<Record<string, readonly unknown[]>>;
}

/** Runs a pipeline to its end, here. @throws what made it fail. */
export async function runPipeline(
  pipeline: Pipeline,
  annotations: readonly string[] = [],
  options: SupervisorOptions = {},
): Promise<PipelineRun> {
  const plan = pipeline.plan({ annotations });
  const tally = new PipelineTally(plan);
  const refusals: string[] = [];
  const logged: [string, unknown][] = [];
  const outputs: Record<string, unknown[]> = {};
  const note = (message: string, fields: Record<string, unknown> = {}) => {
    if ("record" in fields) logged.push([message, fields.record]);
  };
  await using supervisor = new Supervisor({ log: { debug: note, info: note, warn: note, error: note }, ...options });
  const run = await supervisor.startFlow(pipeline.flow({ annotations }));
  const readers = Object.entries(run.outputs).map(async ([name, io]) => {
    for await (const values of io.batches()) {
      refusals.push(...tally.take(name, values));
      outputs[name] = [...(outputs[name] ?? []), ...values];
    }
  });
  await Promise.all([run.done, ...readers]);
  const letters: DeadLetter[] = [];
  for await (const letter of supervisor.deadLetters.list({ run: run.id })) letters.push(letter);
  return { ...tally.summary(await run.progress()), refusals, letters, logged, outputs };
}

/** Loads a project and runs its pipelines, one after the other. */
export async function runProject(
  project: string | Project,
  names: readonly string[] = [],
  targets: readonly string[] = [],
): Promise<PipelineRun[]> {
  const loaded = typeof project === "string" ? await loadProject(project) : project;
  const runs: PipelineRun[] = [];
  for (const entry of loaded.select(names)) runs.push(await runPipeline(await loaded.load(entry, { targets })));
  return runs;
}
