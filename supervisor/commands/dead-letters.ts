import type { Command } from "commander";
import { type DeadLetter, type ResolvedFlow, Supervisor, type SupervisorOptions } from "datagraph";
import { letterDetails, letterJson, letterLine } from "../dead-letters/text.ts";
import { CommandError, UsageError } from "../exit-codes.ts";
import { chooseFlow } from "../modules/exported-flows.ts";
import { loadModule } from "../modules/load-module.ts";
import { lineSink } from "../outputs/line-sink.ts";
import { consoleToStderr } from "../reports/console-to-stderr.ts";
import { errorLines } from "../reports/error-lines.ts";
import { lineLog } from "../reports/terminal-log.ts";
import type { Session } from "../session.ts";
import { sharedConnection } from "../settings/connection.ts";
import { addLeaseOption, type WorkerFlags, workersOptions } from "../settings/workers.ts";
import { addSubcommand } from "./subcommand.ts";

interface LetterFlags extends WorkerFlags {
  readonly json?: true;
  readonly run?: string;
  readonly processor?: string;
  readonly module?: string;
  readonly flow?: string;
}

const HELP = `
Values that a processor could not handle, where it declares dead letters. They
outlive their run.

  retry handles values again, each in a run of its own, and forgets those that
  succeed. Workers that implement the processor do it, or this process with
  --module. With --flow NAME, an export of that module, the value goes through
  that flow: what is downstream of the processor happens again as well.

Exit codes:
  0 done, 1 failed (also: an unknown id, a value that failed again), 2 wrong
  command line, 130 interrupted.

Examples:
  datagraph dead-letters list --redis redis://localhost:6379/0
  datagraph dead-letters list --run RUN --json
  datagraph dead-letters show ID
  datagraph dead-letters retry ID --module handlers.ts
  datagraph dead-letters retry --processor charge
  datagraph dead-letters drop ID ID
`;

const NAME = "datagraph dead-letters";

/** Looks after the values that were set aside in a Redis, by any run. */
export function addDeadLettersCommand(program: Command, session: Session): void {
  const letters = program
    .command("dead-letters")
    .description("list, show, retry and drop values that could not be handled")
    .addHelpText("after", HELP);
  const add = (name: string, description: string) => addSubcommand(letters, name, description, HELP);
  const addFilters = (command: Command) =>
    command.option("--run <id>", "only those of this run").option("--processor <name>", "only those of this processor");
  addFilters(add("list", "those that are kept: JSON Lines with --json")).action((flags: LetterFlags) => list(flags, session));
  add("show", "one of them: its value, its error with causes and stack")
    .argument("<id>", "as list prints it")
    .action((id: string, flags: LetterFlags) => show(id, flags, session));
  addLeaseOption(addFilters(add("retry", "handle values again, and forget those that succeed")))
    .argument("[id...]", "as list prints them; none: all that --run and --processor name")
    .option("--module <file>", "handle them in this process, as this module implements their processors")
    .option("--flow <name>", "let them go through this flow of the module, not through their processor alone")
    .action((ids: string[], flags: LetterFlags) => retry(ids, flags, session));
  addFilters(add("drop", "forget values for good"))
    .argument("[id...]", "as list prints them; none: all that --run and --processor name")
    .action((ids: string[], flags: LetterFlags) => drop(ids, flags, session));
}

type Write = (text: string) => Promise<void>;

/** Connects, does it and leaves. */
async function withSupervisor(
  options: SupervisorOptions,
  { stop, verbose }: Session,
  work: (supervisor: Supervisor, write: Write) => Promise<void>,
): Promise<void> {
  const log = lineLog({ write: (line) => process.stderr.write(`${line}\n`), verbose });
  const supervisor = new Supervisor({ ...options, log });
  const sink = lineSink(process.stdout);
  try {
    await stop.race(work(supervisor, (text) => sink.write(text)));
  } finally {
    await supervisor.close();
  }
}

function list(flags: LetterFlags, session: Session): Promise<void> {
  return withSupervisor(sharedConnection(flags, NAME), session, async (supervisor, write) => {
    const text = flags.json ? letterJson : letterLine;
    for await (const letter of supervisor.deadLetters.list(filterOf(flags))) await write(text(letter));
  });
}

function show(id: string, flags: LetterFlags, session: Session): Promise<void> {
  return withSupervisor(sharedConnection(flags, NAME), session, async (supervisor, write) => {
    const letter = await supervisor.deadLetters.get(id);
    if (!letter) throw unknown(id);
    const screen = { colours: process.stdout.hasColors?.() ?? false, columns: process.stdout.columns || 80 };
    await write(flags.json ? letterJson(letter) : letterDetails(letter, screen));
  });
}

async function retry(ids: readonly string[], flags: LetterFlags, session: Session): Promise<void> {
  const { options, flow } = await performerOf(flags, session);
  await withSupervisor(options, session, async (supervisor, write) => {
    let failed = 0;
    for (const id of await chosen(ids, flags, supervisor)) {
      try {
        const run = await supervisor.deadLetters.retry(id, flow && { flow });
        await write(flags.json ? `${JSON.stringify({ id, retried: true, run: run.id })}\n` : `${id} is done, in run ${run.id}\n`);
      } catch (error) {
        failed++;
        if (flags.json) await write(`${JSON.stringify({ id, retried: false, error: messageOf(error) })}\n`);
        process.stderr.write(`${[`${id} has failed again`, ...errorLines(error, session)].join("\n")}\n`);
      }
    }
    if (failed > 0) throw new CommandError(`${failed} could not be retried.`);
  });
}

function drop(ids: readonly string[], flags: LetterFlags, session: Session): Promise<void> {
  return withSupervisor(sharedConnection(flags, NAME), session, async (supervisor, write) => {
    const missing: string[] = [];
    for (const id of await chosen(ids, flags, supervisor)) {
      const dropped = await supervisor.deadLetters.drop(id);
      if (!dropped) missing.push(id);
      if (flags.json) await write(`${JSON.stringify({ id, dropped })}\n`);
      else if (dropped) await write(`${id} is dropped\n`);
    }
    if (missing.length > 0) throw unknown(missing.join(", "));
  });
}

/** Who performs what is retried: this process, with a module; else workers. */
async function performerOf(
  flags: LetterFlags,
  { folder, stop }: Session,
): Promise<{ options: SupervisorOptions; flow?: ResolvedFlow }> {
  if (flags.module === undefined) {
    if (flags.flow !== undefined) throw new UsageError("--flow needs --module: it names one of its exports.");
    return { options: await workersOptions(flags, `${NAME} retry without --module`) };
  }
  consoleToStderr((text) => process.stderr.write(text), process.stderr.hasColors?.() ?? false);
  const options = sharedConnection(flags, NAME);
  const module = await stop.race(loadModule(flags.module, folder));
  return { options, ...(flags.flow !== undefined && { flow: chooseFlow(module, flags.flow, flags.module) }) };
}

async function chosen(ids: readonly string[], flags: LetterFlags, supervisor: Supervisor): Promise<readonly string[]> {
  const filter = filterOf(flags);
  if (ids.length > 0) return ids;
  if (filter.run === undefined && filter.processor === undefined) {
    throw new UsageError("Say which: their ids, or --run or --processor for all of those.");
  }
  const found: DeadLetter["id"][] = [];
  for await (const { id } of supervisor.deadLetters.list(filter)) found.push(id);
  return found;
}

function filterOf({ run, processor }: LetterFlags): { run?: string; processor?: string } {
  return { ...(run !== undefined && { run }), ...(processor !== undefined && { processor }) };
}

function unknown(id: string): CommandError {
  return new CommandError(`There is no dead letter ${id}: it was retried or dropped, or has expired.`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
