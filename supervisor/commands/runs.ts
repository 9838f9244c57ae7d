import type { Command } from "commander";
import { type FlowRun, type RunSummary, Supervisor } from "datagraph";
import { lineSink } from "../outputs/line-sink.ts";
import { lineLog } from "../reports/terminal-log.ts";
import { runDetails, runJson } from "../runs/details.ts";
import { listJson, listText } from "../runs/list.ts";
import type { Session } from "../session.ts";
import { type ConnectionFlags, sharedConnection } from "../settings/connection.ts";
import { timeSpan } from "../settings/numbers.ts";
import { addSubcommand } from "./subcommand.ts";

interface RunsFlags extends ConnectionFlags {
  readonly json?: true;
  readonly reason?: string;
  /** In milliseconds. */
  readonly olderThan?: number;
}

const HELP = `
Examples:
  datagraph runs list --redis redis://localhost:6379/0
  datagraph runs show ID --json
  datagraph runs cancel ID --reason "wrong file"
  datagraph runs prune --older-than 12h
`;

const NAME = "datagraph runs";

/** Looks after the runs in a Redis, whoever started them. */
export function addRunsCommand(program: Command, session: Session): void {
  const runs = program.command("runs").description("list, show, cancel and prune runs").addHelpText("after", HELP);
  const add = (name: string, description: string) => addSubcommand(runs, name, description, HELP);
  add("list", "the runs that are known, newest first: JSON Lines with --json").action((flags: RunsFlags) => list(flags, session));
  add("show", "state, counts and what is waited for")
    .argument("<id>", "the run")
    .action((id: string, flags: RunsFlags) => show(id, flags, session));
  add("cancel", "cancel a run: its handlers are told to stop, its streams are dropped")
    .argument("<id>", "the run")
    .option("--reason <text>", "what its handlers and readers are told")
    .action((id: string, flags: RunsFlags) => cancel(id, flags, session));
  add("prune", "delete runs that have ended, with their streams, before they expire")
    .option("--older-than <age>", "only runs created so long ago, as in 90s, 15m, 12h, 7d", timeSpan("--older-than"))
    .action((flags: RunsFlags) => prune(flags, session));
}

/** Connects, asks, prints and leaves. */
async function answer(
  flags: RunsFlags,
  { stop, verbose }: Session,
  ask: (supervisor: Supervisor) => Promise<string>,
): Promise<void> {
  const log = lineLog({ write: (line) => process.stderr.write(`${line}\n`), verbose });
  const supervisor = new Supervisor({ ...sharedConnection(flags, NAME), log });
  try {
    await lineSink(process.stdout).write(await stop.race(ask(supervisor)));
  } finally {
    await supervisor.close();
  }
}

function list(flags: RunsFlags, session: Session): Promise<void> {
  return answer(flags, session, async (supervisor) => (flags.json ? listJson : listText)(await supervisor.runs()));
}

function show(id: string, flags: RunsFlags, session: Session): Promise<void> {
  return answer(flags, session, async (supervisor) => {
    const run = await supervisor.run(id);
    const [status, progress] = await Promise.all([run.status(), run.progress()]);
    const colours = process.stdout.hasColors?.() ?? false;
    return flags.json ? runJson(id, status, progress) : runDetails(id, status, progress, colours);
  });
}

function cancel(id: string, flags: RunsFlags, session: Session): Promise<void> {
  return answer(flags, session, async (supervisor) => {
    const run: FlowRun = await supervisor.run(id);
    const before = await run.status();
    await run.cancel(flags.reason ?? "cancelled with datagraph runs cancel");
    const { state } = await run.status();
    const cancelled = before.state === "running" && state === "cancelled";
    if (flags.json) return `${JSON.stringify({ id, cancelled, state })}\n`;
    return cancelled ? `${id} is cancelled\n` : `${id} has ended already: ${state}\n`;
  });
}

function prune(flags: RunsFlags, session: Session): Promise<void> {
  return answer(flags, session, async (supervisor) => {
    const wanted = ({ state, ageMs }: RunSummary) => state !== "running" && ageMs >= (flags.olderThan ?? 0);
    const removed: string[] = [];
    for (const { id } of (await supervisor.runs()).filter(wanted)) if (await supervisor.remove(id)) removed.push(id);
    if (flags.json) return `${JSON.stringify({ removed })}\n`;
    return `${removed.length} ${removed.length === 1 ? "run" : "runs"} deleted\n`;
  });
}
