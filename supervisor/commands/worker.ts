import type { Command } from "commander";
import { DeclarationError, type Log, Supervisor } from "datagraph";
import { InterruptedError, UsageError } from "../exit-codes.ts";
import { loadModule } from "../modules/load-module.ts";
import { threads } from "../modules/threads.ts";
import { addPipelineOptions, checkTargets, needProject, type ProjectFlags } from "../pipelines/options.ts";
import { consoleToStderr } from "../reports/console-to-stderr.ts";
import { lineLog } from "../reports/terminal-log.ts";
import type { Session } from "../session.ts";
import { addConnectionOptions } from "../settings/connection.ts";
import { seconds, wholeNumber } from "../settings/numbers.ts";
import { addLeaseOption, type WorkerFlags, workersOptions } from "../settings/workers.ts";

interface WorkFlags extends WorkerFlags, ProjectFlags {
  readonly concurrency?: number;
  /** In milliseconds. */
  readonly grace?: number;
  readonly processors?: string;
}

const HELP = `
Performs tasks of the processors that the modules implement, whoever starts their
runs, until it is told to stop. What it performs is logged on stderr. With --project
those of the project's pipelines as well, which write to their own targets and to
those of --target; give it the same --target and --annotation as datagraph run.

Stopping:
  SIGTERM, or Ctrl-C: no more tasks are taken, and those under way may finish
  within --grace; what has not is given back, and another worker goes on with it.
  A second signal ends the process at once: others notice when the lease is over.

Exit codes:
  0 stopped by SIGTERM, 1 failed (also: no Redis is named, or it cannot be
  reached or used), 2 wrong command line, 130 stopped by Ctrl-C; after a second
  signal 143 or 130.

Examples:
  datagraph worker handlers.ts --redis redis://localhost:6379/0
  datagraph worker -p datagraph.yaml --target graph
  datagraph worker resize.js render.js --concurrency 4 --processors resize,render
`;

export function addWorkerCommand(program: Command, session: Session): void {
  const command = program
    .command("worker")
    .description("perform tasks for the processors that modules implement, or that pipelines are made of")
    .argument(
      "[what...]",
      "JavaScript or TypeScript files that implement processors; with --project also its pipelines (default: all)",
    )
    .option("--concurrency <number>", "tasks of each processor at once (default: 10)", wholeNumber("--concurrency"))
    .option("--processors <names>", "only these processors, separated by commas (default: all that are implemented)")
    .option("--grace <seconds>", "how long tasks under way may take to finish (default: 30)", seconds("--grace", 0))
    .option("--verbose", "print debug messages and the stacks of errors");
  addConnectionOptions(addLeaseOption(addPipelineOptions(command)))
    .addHelpText("after", HELP)
    .action((names: string[], flags: WorkFlags) => work(names, flags, session));
}

async function work(names: readonly string[], flags: WorkFlags, { stop, folder, verbose }: Session): Promise<void> {
  const toStderr = (text: string) => process.stderr.write(text);
  consoleToStderr(toStderr, process.stderr.hasColors?.() ?? false);
  if (names.length === 0 && flags.project === undefined) {
    throw new UsageError("A worker needs something to perform: a module that implements processors, or a project (-p).");
  }
  const options = await workersOptions(flags, "A worker");
  const log = lineLog({ write: (line) => toStderr(`${line}\n`), verbose });
  const modules = flags.project === undefined ? names : await stop.race(implementPipelines(names, flags, folder, log));
  for (const module of modules) await stop.race(loadModule(module, folder));
  const supervisor = new Supervisor({ ...options, threads, log });
  try {
    await supervisor.work({
      signal: stop.signal,
      ...(flags.concurrency !== undefined && { concurrency: flags.concurrency }),
      ...(flags.grace !== undefined && { graceMs: flags.grace }),
      ...(flags.processors !== undefined && { processors: namesIn(flags.processors) }),
    });
  } catch (error) {
    // Nothing was wrong with a declaration but what the command line says of it.
    if (error instanceof DeclarationError) throw new UsageError(error.message);
    throw error;
  } finally {
    await supervisor.close();
  }
  if (!isOrderlyEnd(stop.signal.reason)) throw stop.signal.reason;
}

/**
 * Making a pipeline's processors implements them here: those of the pipelines that are named, or of all.
 *
 * @returns the names that are no pipelines'.
 */
async function implementPipelines(
  names: readonly string[],
  flags: WorkFlags,
  folder: string,
  log: Log,
): Promise<readonly string[]> {
  const { target: targets = [], annotation: annotations = [] } = flags;
  const project = await needProject(flags.project, folder);
  await checkTargets(project, targets);
  const wanted = names.filter((name) => project.pipelines.some((entry) => entry.name === name || entry.id === name));
  for (const entry of project.select(wanted)) {
    const pipeline = await project.load(entry, { targets });
    try {
      pipeline.plan({ annotations });
    } catch (error) {
      // The other ones are not affected: whoever runs this one will hear the same.
      if (!(error instanceof DeclarationError) || wanted.includes(entry.name)) throw error;
      log.warn(`Not performed here: ${error.message}`);
    }
  }
  return names.filter((name) => !wanted.includes(name));
}

function namesIn(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name !== "")) return names;
  throw new UsageError(`--processors takes names separated by commas, found ${JSON.stringify(text)}.`);
}

/** A service is ended with SIGTERM: that is no failure. */
function isOrderlyEnd(reason: unknown): boolean {
  return reason instanceof InterruptedError && reason.signal === "SIGTERM";
}
