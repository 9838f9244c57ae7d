import type { Command } from "commander";
import type { Log } from "datagraph";
import { UsageError } from "../exit-codes.ts";
import { parseInputs } from "../inputs/input-arguments.ts";
import { openInputs } from "../inputs/input-sources.ts";
import { chooseFlow } from "../modules/exported-flows.ts";
import { loadModule } from "../modules/load-module.ts";
import { chooseOutputs } from "../outputs/choose-outputs.ts";
import { chooseWork, type Work } from "../pipelines/choose-work.ts";
import { addPipelineOptions, checkTargets, type ProjectFlags } from "../pipelines/options.ts";
import { runPipelines } from "../pipelines/run-pipelines.ts";
import { chooseDisplay, type Display } from "../progress/display.ts";
import { consoleToStderr } from "../reports/console-to-stderr.ts";
import { lineLog } from "../reports/terminal-log.ts";
import { detachFlow, type RunRequest, runFlow } from "../running/run-flow.ts";
import { sinkFor, textFor } from "../running/surroundings.ts";
import type { Session } from "../session.ts";
import { addConnectionOptions, connectionOptions } from "../settings/connection.ts";
import { timeSpan, wholeNumber } from "../settings/numbers.ts";
import { addLeaseOption, type WorkerFlags, workersOptions } from "../settings/workers.ts";

interface RunFlags extends WorkerFlags, ProjectFlags {
  readonly flow?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly json?: true;
  readonly workers?: true;
  readonly detach?: true;
  readonly progress?: boolean;
  /** In milliseconds. */
  readonly deadline?: number;
  readonly reportingFrequency?: number;
  readonly stepOutboxSize?: number;
}

const HELP = `
Pipelines:
  A name that the project knows is a pipeline; anything else is a module. Without
  names all pipelines of the project run, one after the other, in its order. Each
  prints what it has done: a line for it and one for each target, or JSON with
  --json. It writes to its own targets and to those of --target. Records that
  cannot be read, interpreted or stored are told of and counted, and the run goes
  on, unless the project says otherwise.

Inputs of a module's flow:
  --input foo=5              one value, as JSON
  --input 'foo=[1,2,3]'      the elements of an array are the values
                             (one value that is an array: 'foo=[[1,2,3]]')
  --input foo=@values.jsonl  values from a file of JSON Lines
  --input foo=@values.json   values from a file of one JSON array, or one value
  --input foo=-              values from stdin, JSON Lines, as they arrive
  Files are read as the run needs them. An input that is given several times
  gets the values of all, in order.

Outputs of a module's flow:
  All outputs of the flow, unless --output names some. On a pipe, in a file and
  with --json they are JSON Lines: the bare value when one output is printed,
  {"output": name, "value": …} when several are. What JSON lacks: BigInt, NaN and
  the infinities are text, dates are ISO text, bytes are base64, a Set is an
  array, a Map an object (an array of pairs when a key is no text), and what has
  no value is null. What handlers print with console.log goes to stderr, as do
  logs.

Workers:
  --workers hands the tasks to processes started with datagraph worker, which
  implement the flow's processors; this module needs only their declarations.
  --detach does so too, prints the run's id and leaves when the inputs are
  complete; datagraph attach ID prints the outputs, datagraph runs looks after
  runs. Both need --redis or REDIS_URL.

Exit codes:
  0 done, 1 failed, 2 wrong command line, 130 interrupted; see datagraph --help.

Examples:
  datagraph run people
  datagraph run people visits --target graph --annotation full --json
  datagraph run -p other/nodestream.yaml
  datagraph run flow.ts --input foo=5
  datagraph run flow.js --flow totals --input orders=@orders.jsonl > totals.jsonl
  datagraph run flow.ts --input order=@orders.jsonl --workers
  id=$(datagraph run flow.ts --input foo=5 --detach) && datagraph attach "$id"
  tail -f events.jsonl | datagraph run flow.js --input event=- --redis redis://localhost:6379/0
`;

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

export function addRunCommand(program: Command, session: Session): void {
  const command = program
    .command("run")
    .description("run pipelines of a project, or a flow that a module exports")
    .argument("[what...]", "pipelines of the project, or a JavaScript or TypeScript file that exports the flow");
  addPipelineOptions(command)
    .option(
      "--reporting-frequency <records>",
      "report a pipeline's progress each so many records",
      wholeNumber("--reporting-frequency"),
    )
    .option(
      "--step-outbox-size <values>",
      "how far a step may be ahead of the next one (default: 8192)",
      wholeNumber("--step-outbox-size"),
    )
    .option("--flow <name>", "which export to run, when there are several")
    .option("--input <name=value>", "values for an input, see below (repeatable)", collect)
    .option("--output <name>", "print only this output; any stream of the flow can be named (repeatable)", collect)
    .option("--json", "print JSON Lines on a terminal too")
    .option("--workers", "let workers perform the tasks, not this process")
    .option("--detach", "let workers perform the tasks, print the run's id and leave")
    .option("--deadline <time>", "fail the run when it takes longer, as in 90s, 15m, 12h, 7d", timeSpan("--deadline"))
    .option("--progress", "show progress on stderr even when stdout is a pipe")
    .option("--no-progress", "show no progress")
    .option("--verbose", "print debug messages and the stacks of errors");
  addConnectionOptions(addLeaseOption(command))
    .addHelpText("after", HELP)
    .action((names: string[], flags: RunFlags) => run(names, flags, session));
}

async function run(names: readonly string[], flags: RunFlags, session: Session): Promise<void> {
  const display = chooseDisplay(flags.progress);
  const toStderr = (text: string) => {
    display.around(() => process.stderr.write(text));
  };
  consoleToStderr(toStderr, process.stderr.hasColors?.() ?? false);
  const options = await optionsOf(flags);
  const work = await session.stop.race(chooseWork(names, flags.project, session.folder));
  const log = lineLog({ write: (line) => toStderr(`${line}\n`), verbose: session.verbose });
  const scene = { display, log, options };
  await (work.kind === "pipelines" ? runProject(work, flags, session, scene) : runModule(work.module, flags, session, scene));
}

/** What both kinds of work are done with. */
interface Scene {
  readonly display: Display;
  readonly log: Log;
  readonly options: RunRequest["options"];
}

async function runProject(
  { project, entries }: Extract<Work, { kind: "pipelines" }>,
  flags: RunFlags,
  { stop }: Session,
  { display, log, options }: Scene,
): Promise<void> {
  refuseFlags(flags, ["flow", "input", "output"], "a module's flow, not for pipelines");
  const { target: targets = [], annotation: annotations = [], deadline, reportingFrequency, stepOutboxSize } = flags;
  await checkTargets(project, targets);
  const request = {
    ...{ project, entries, targets, annotations, options, json: flags.json ?? false, detach: flags.detach ?? false },
    ...(deadline !== undefined && { deadlineMs: deadline }),
    ...(reportingFrequency !== undefined && { reportingFrequency }),
    ...(stepOutboxSize !== undefined && { highWater: stepOutboxSize }),
  };
  await runPipelines(request, { display, log, stop, sink: sinkFor(display) });
}

async function runModule(
  module: string,
  flags: RunFlags,
  { stop, folder }: Session,
  { display, log, options }: Scene,
): Promise<void> {
  refuseFlags(
    flags,
    ["target", "annotation", "reportingFrequency", "stepOutboxSize"],
    "pipelines of a project, not for a module",
  );
  const flow = chooseFlow(await stop.race(loadModule(module, folder)), flags.flow, module);
  const outputs = chooseOutputs(flags.output ?? [], flow);
  const sources = await openInputs(parseInputs(flags.input ?? [], flow.floatingInputs), folder);
  const surroundings = { display, stop, log, sink: sinkFor(display), text: textFor(outputs, flags.json ?? false) };
  const { deadline: deadlineMs } = flags;
  const request = { flow, sources, outputs, options, ...(deadlineMs !== undefined && { deadlineMs }) };
  await (flags.detach ? detachFlow : runFlow)(request, surroundings);
}

function refuseFlags(flags: RunFlags, names: readonly (keyof RunFlags)[], what: string): void {
  const given = names.find((name) => flags[name] !== undefined);
  if (given !== undefined)
    throw new UsageError(`--${given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is for ${what}.`);
}

function optionsOf(flags: RunFlags): Promise<RunRequest["options"]> | RunRequest["options"] {
  if (flags.detach) return workersOptions(flags, "datagraph run --detach");
  return flags.workers ? workersOptions(flags, "datagraph run --workers") : connectionOptions(flags);
}
