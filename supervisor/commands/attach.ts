import type { Command } from "commander";
import { Supervisor } from "datagraph";
import { UsageError } from "../exit-codes.ts";
import { quoted } from "../inputs/input-arguments.ts";
import type { ChosenOutputs } from "../outputs/choose-outputs.ts";
import { chooseDisplay } from "../progress/display.ts";
import { lineLog } from "../reports/terminal-log.ts";
import { followRun } from "../running/follow-run.ts";
import { sinkFor, textFor } from "../running/surroundings.ts";
import type { Session } from "../session.ts";
import { addConnectionOptions, type ConnectionFlags, sharedConnection } from "../settings/connection.ts";

interface AttachFlags extends ConnectionFlags {
  readonly output?: readonly string[];
  readonly json?: true;
  readonly progress?: boolean;
}

const HELP = `
Prints what the run has given so far, then what it gives, until it ends. Ctrl-C
leaves; the run goes on (datagraph runs cancel ID ends it).

Exit codes:
  0 the run has completed, 1 it failed, was cancelled or is unknown, 2 wrong
  command line, 130 interrupted.

Examples:
  id=$(datagraph run flow.ts --input foo=5 --detach)
  datagraph attach "$id"
  datagraph attach "$id" --output totals > totals.jsonl
`;

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

export function addAttachCommand(program: Command, session: Session): void {
  const command = program
    .command("attach")
    .description("print the outputs of a run that was started elsewhere, as they come")
    .argument("<id>", "the run, as run --detach or runs list prints it")
    .option("--output <name>", "print only this output (repeatable)", collect)
    .option("--json", "print JSON Lines on a terminal too")
    .option("--progress", "show progress on stderr even when stdout is a pipe")
    .option("--no-progress", "show no progress")
    .option("--verbose", "print debug messages and the stacks of errors");
  addConnectionOptions(command)
    .addHelpText("after", HELP)
    .action((id: string, flags: AttachFlags) => attach(id, flags, session));
}

async function attach(id: string, flags: AttachFlags, { stop, verbose }: Session): Promise<void> {
  const display = chooseDisplay(flags.progress);
  const write = (line: string) => display.around(() => process.stderr.write(`${line}\n`));
  const log = lineLog({ write, verbose });
  const supervisor = new Supervisor({ ...sharedConnection(flags, "datagraph attach"), log });
  try {
    const run = await stop.race(supervisor.run(id));
    log.debug(`Attached to run ${id}`);
    const outputs = outputsOf(flags.output ?? [], Object.keys(run.outputs));
    const surroundings = { display, stop, log, sink: sinkFor(display), text: textFor(outputs, flags.json ?? false) };
    display.start(() => run.progress());
    try {
      await stop.race(followRun(run, outputs, surroundings, { cancels: false }));
    } finally {
      await display.stop();
    }
  } finally {
    await supervisor.close();
  }
}

/** What of a run is printed: its starter said which streams it hands out. */
function outputsOf(wanted: readonly string[], known: readonly string[]): ChosenOutputs {
  const names = wanted.length === 0 ? known : [...new Set(wanted)];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new UsageError(`Unknown output: ${quoted(unknown)}. This run's outputs: ${quoted(known) || "none"}.`);
  return { names, tagged: names.length > 1, inner: false };
}
