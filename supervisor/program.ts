import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { addAttachCommand } from "./commands/attach.ts";
import { addAuditCommand } from "./commands/audit.ts";
import { addCopyCommand } from "./commands/copy.ts";
import { addDeadLettersCommand } from "./commands/dead-letters.ts";
import { addNewCommand } from "./commands/new.ts";
import { addPrintCommand } from "./commands/print.ts";
import { addRunCommand } from "./commands/run.ts";
import { addRunsCommand } from "./commands/runs.ts";
import { addShowCommand } from "./commands/show.ts";
import { addWorkerCommand } from "./commands/worker.ts";
import { EXIT } from "./exit-codes.ts";
import { errorLines, exitCodeOf } from "./reports/error-lines.ts";
import { Stop } from "./running/stop.ts";
import type { Session } from "./session.ts";
import { loadEnvironment } from "./settings/env-file.ts";

const HELP = `
Environment:
  Connection options come from flags, else from environment variables, else from
  the file .env in this folder. NO_COLOR turns colours off, TERM=dumb turns the
  progress table into lines.

Exit codes:
  0    done (also when whoever reads stdout has left, as after "| head", and
       when a worker is stopped by SIGTERM)
  1    failed: the flow, its module, a project's files, a database, a connection
  2    the command line is wrong: options, inputs, outputs, a pipeline, target or
       module that does not exist, values that are not JSON
  130  interrupted with Ctrl-C, when its run is cancelled; a second Ctrl-C does
       not wait for that (143 after SIGTERM)

Examples:
  datagraph new people && cd people && datagraph run
  datagraph run flow.ts --input foo=5
  datagraph show flow.ts --out flow.svg
  datagraph worker handlers.ts --redis redis://localhost:6379/0
  datagraph help run
`;

/** Runs the command line and ends the process: a module's timers and connections must not keep a finished command alive. */
export async function main(argv: readonly string[]): Promise<void> {
  const session: Session = { folder: process.cwd(), stop: new Stop(), verbose: false };
  session.stop.listen((reason) => process.exit(report(reason, session)));
  const exitCode = await runCommand(argv, session);
  // Whoever interrupts does not wait for a reader that has stalled.
  if (!session.stop.signal.aborted) await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(exitCode);
}

async function runCommand(argv: readonly string[], session: Session): Promise<number> {
  try {
    loadEnvironment(session.folder);
    await createProgram(session).parseAsync(argv);
    return EXIT.done;
  } catch (error) {
    // Its message is printed already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return report(error, session);
  }
}

/** Says what went wrong. Returns the exit code. */
function report(error: unknown, session: Session): number {
  process.stderr.write(`${errorLines(error, session).join("\n")}\n`);
  return exitCodeOf(error);
}

function createProgram(session: Session): Command {
  const { version } = createRequire(import.meta.url)("datagraph/package.json") as { version: string };
  const program = new Command("datagraph")
    .description("Run and draw pipelines and flows of processors, here or on workers.")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print help, also of a command")
    .addHelpText("after", HELP)
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError("(datagraph --help lists commands and options)")
    .exitOverride()
    .hook("preAction", (_, action) => {
      session.verbose = action.opts<{ verbose?: true }>().verbose ?? false;
    });
  addRunCommand(program, session);
  addShowCommand(program, session);
  addPrintCommand(program, session);
  addNewCommand(program, session);
  addCopyCommand(program, session);
  addAuditCommand(program, session);
  addWorkerCommand(program, session);
  addAttachCommand(program, session);
  addRunsCommand(program, session);
  addDeadLettersCommand(program, session);
  return program;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) return resolve();
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}
