import { type ResolvedFlow, Supervisor, type SupervisorOptions } from "datagraph";
import type { InputSources } from "../inputs/input-sources.ts";
import { threads } from "../modules/threads.ts";
import type { ChosenOutputs } from "../outputs/choose-outputs.ts";
import { type AnyRun, followRun } from "./follow-run.ts";
import type { Surroundings } from "./surroundings.ts";

export interface RunRequest {
  readonly flow: ResolvedFlow;
  readonly sources: InputSources;
  readonly outputs: ChosenOutputs;
  /** Where its streams are, and who performs its tasks. */
  readonly options: Pick<SupervisorOptions, "redis" | "executor" | "leaseMs">;
  /** How long the run may take. */
  readonly deadlineMs?: number;
}

/**
 * Runs a flow from its inputs to its last output, and frees everything however it ends.
 *
 * @throws what made it fail, or the reason of `stop`. A reader of stdout that leaves ends it quietly.
 */
export async function runFlow(request: RunRequest, surroundings: Surroundings): Promise<void> {
  const { flow, sources, outputs, options } = request;
  const { display, log, stop } = surroundings;
  const supervisor = new Supervisor({ ...options, threads, log });
  try {
    // Every stream is read once, here: what was printed needs not be kept, and a slow reader of stdout slows the flow.
    const defaults = { retain: "unread" } as const;
    const starting = supervisor.startFlow(flow, sources.inputs, { ...startOptions(request), defaults });
    const run: AnyRun = await stop.race(starting);
    log.debug(`Run ${run.id} started`);
    display.start(() => run.progress());
    try {
      await followRun(run, outputs, surroundings, { cancels: true });
    } catch (error) {
      throw sources.problem() ?? error;
    } finally {
      await display.stop();
    }
  } finally {
    await supervisor.close();
  }
}

/**
 * Starts a flow on workers, prints its run's id and leaves when its inputs are complete; an interrupt before that cancels it.
 *
 * @throws what was wrong with an input, or the reason of `stop`.
 */
export async function detachFlow(request: RunRequest, surroundings: Surroundings): Promise<void> {
  const { flow, sources, options } = request;
  const { log, sink, stop } = surroundings;
  const supervisor = new Supervisor({ ...options, threads, log });
  try {
    const starting = supervisor.startFlow(flow, sources.inputs, startOptions(request));
    const run: AnyRun = await stop.race(starting);
    await sink.write(`${run.id}\n`);
    await stop.race(run.supplied);
    const problem = sources.problem();
    if (problem) throw problem;
  } finally {
    await supervisor.close();
  }
}

function startOptions({ outputs, deadlineMs }: RunRequest) {
  return { outputs: outputs.inner ? "all" : "unconsumed", ...(deadlineMs !== undefined && { deadlineMs }) } as const;
}
