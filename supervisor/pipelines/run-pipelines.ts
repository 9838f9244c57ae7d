import { Flow, type Log, Supervisor, type SupervisorOptions } from "datagraph";
import type { Pipeline, PipelineEntry, PipelinePlan, PipelineSummary, PipelineTally, Project } from "datagraph/pipelines";
import { threads } from "../modules/threads.ts";
import type { LineSink } from "../outputs/line-sink.ts";
import type { Display } from "../progress/display.ts";
import { type AnyRun, readRun } from "../running/follow-run.ts";
import type { Stop } from "../running/stop.ts";
import { frequencyDisplay } from "./frequency-display.ts";
import { type PipelineResult, summaryText, targetLines } from "./summary.ts";

export interface PipelinesRequest {
  readonly project: Project;
  readonly entries: readonly PipelineEntry[];
  /** More targets, by name. */
  readonly targets: readonly string[];
  readonly annotations: readonly string[];
  /** Where streams are, and who performs the tasks. */
  readonly options: Pick<SupervisorOptions, "redis" | "executor" | "leaseMs">;
  readonly deadlineMs?: number;
  /** How many values a step may be ahead of the next one. */
  readonly highWater?: number;
  /** Report progress for each so many records. */
  readonly reportingFrequency?: number;
  readonly json: boolean;
  /** Start the runs, print their ids and leave. */
  readonly detach: boolean;
}

export interface PipelineSurroundings {
  readonly display: Display;
  readonly sink: LineSink;
  readonly log: Log;
  readonly stop: Stop;
}

/** How many refused records are told of one by one. */
const MOST_PROBLEMS = 10;

/**
 * Runs pipelines one after the other, and prints what each has done.
 *
 * @throws what made one of them fail, or the reason of `stop`: those after it do not run.
 */
export async function runPipelines(request: PipelinesRequest, surroundings: PipelineSurroundings): Promise<void> {
  const { log, stop } = surroundings;
  const { project, entries } = request;
  for (const { note, file, line, column } of project.notes) log.warn(`${file}:${line}:${column}: ${note}`);
  const supervisor = new Supervisor({ ...request.options, threads, log });
  try {
    for (const [i, entry] of entries.entries()) {
      try {
        await runOne(entry, supervisor, request, surroundings);
      } catch (error) {
        const rest = entries.slice(i + 1).map(({ name }) => name);
        if (rest.length > 0 && !stop.signal.aborted)
          log.warn(`Because ${entry.name} failed, these did not run: ${rest.join(", ")}`);
        throw error;
      }
    }
  } finally {
    await supervisor.close();
  }
}

async function runOne(
  entry: PipelineEntry,
  supervisor: Supervisor,
  request: PipelinesRequest,
  surroundings: PipelineSurroundings,
) {
  const { stop, log } = surroundings;
  const { targets, annotations } = request;
  const pipeline = await stop.race(request.project.load(entry, { targets }));
  const plan = pipeline.plan({ annotations });
  if (plan.writes.length === 0) log.warn(`${entry.name} writes nowhere: it has no target, and --target names none.`);
  const { PipelineTally } = await import("datagraph/pipelines");
  const starting = supervisor.startFlow(Flow.fromProcessors(...plan.processors).resolve(), {}, startOptions(request));
  const run: AnyRun = await stop.race(starting);
  if (request.detach) return surroundings.sink.write(`${run.id}\n`);
  const started = performance.now();
  const tally = new PipelineTally(plan);
  await followPipeline(run, { pipeline, plan, tally, request }, surroundings);
  const seconds = (performance.now() - started) / 1000;
  const result: PipelineResult = { pipeline: entry.name, run: run.id, ...tally.summary(await run.progress()), seconds };
  await surroundings.sink.write(request.json ? `${JSON.stringify(result)}\n` : summaryText(result));
  if (result.deadLetters > 0) log.warn(deadLetterHint(result, request));
}

function startOptions({ deadlineMs, highWater, detach }: PipelinesRequest) {
  const defaults = {
    ...(!detach && { retain: "unread" as const }),
    ...(highWater !== undefined && { highWater: { values: highWater } }),
  };
  return { defaults, ...(deadlineMs !== undefined && { deadlineMs }) };
}

interface Followed {
  readonly pipeline: Pipeline;
  readonly plan: PipelinePlan;
  readonly tally: PipelineTally;
  readonly request: PipelinesRequest;
}

async function followPipeline(run: AnyRun, followed: Followed, surroundings: PipelineSurroundings): Promise<void> {
  const { log } = surroundings;
  const { plan, tally, pipeline } = followed;
  const display = displayOf(followed, surroundings);
  const batchSizes = new Map(pipeline.targets.map(({ name, batchSize = 1000 }) => [name, batchSize]));
  let problems = 0;
  const take = (stream: string, values: readonly unknown[]) => {
    for (const problem of tally.take(stream, values)) {
      problems += 1;
      if (problems <= MOST_PROBLEMS) log.warn(`Refused: ${problem}`);
      else if (problems === MOST_PROBLEMS + 1) log.warn("Refused: and more, which are counted only");
    }
  };
  display.start(
    () => run.progress(),
    (progress) => targetLines(plan, tally.summary(progress), progress, batchSizes),
  );
  try {
    await readRun(run, Object.keys(run.outputs), take, { ...surroundings, cancels: true });
  } finally {
    await display.stop();
  }
}

function displayOf({ plan, tally, pipeline, request }: Followed, { display }: PipelineSurroundings): Display {
  const { reportingFrequency: every, json } = request;
  if (every === undefined) return display;
  const started = performance.now();
  const write = (line: string) => {
    process.stderr.write(`${line}\n`);
  };
  const report = (summary: PipelineSummary) => {
    const seconds = (performance.now() - started) / 1000;
    if (json) return JSON.stringify({ pipeline: pipeline.name, ...summary, seconds });
    return summaryText({ pipeline: pipeline.name, run: "", ...summary, seconds })
      .trimEnd()
      .replaceAll(/\n\s*/g, "; ");
  };
  return frequencyDisplay({
    every,
    recordsOf: (progress) => plan.records.reduce((total, name) => total + (progress.streams[name]?.values ?? 0), 0),
    report: (progress) => report(tally.summary(progress)),
    write,
  });
}

function deadLetterHint({ pipeline, deadLetters, run }: PipelineResult, { options }: PipelinesRequest): string {
  const where =
    options.redis === undefined
      ? "They were kept in this process only; with --redis they stay until they are retried or dropped."
      : `Look at them: datagraph dead-letters list --run ${run}`;
  return `${pipeline} has set ${deadLetters === 1 ? "one record" : `${deadLetters} records`} aside. ${where}`;
}
