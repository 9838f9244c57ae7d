import type { Command } from "commander";
import type { AuditedType, Due, TimeToLiveFinding } from "datagraph/audit";
import type { TimeToLive } from "datagraph/graph";
import type { PipelineEntry, Project } from "datagraph/pipelines";
import { CommandError } from "../exit-codes.ts";
import { printOrWrite } from "../outputs/print-or-write.ts";
import { addProjectOption, checkTargets, needProject, type ProjectFlags, selectPipelines } from "../pipelines/options.ts";
import { counted } from "../progress/counted.ts";
import type { Session } from "../session.ts";

interface AuditFlags extends ProjectFlags {
  readonly json?: true;
}

const HELP = `
Compares the types of nodes and relationships that the pipelines make with the times to
live that they configure: what has none lives for ever. With --target it is counted
what is due in that database now, and what was never stamped; nothing is deleted.

Exit codes:
  0 all types have one time to live, 1 some have none or several, or it failed,
  2 wrong command line

Examples:
  datagraph audit ttls
  datagraph audit ttls people expiry --target production --json
`;

/** Looks for what a project does not say about its graph. */
export function addAuditCommand(program: Command, session: Session): void {
  const audit = program.command("audit").description("look for what a project does not say");
  const command = audit
    .command("ttls")
    .description("which types live for ever, and what is due to be deleted")
    .argument("[pipeline...]", "pipelines of the project (default: all)");
  addProjectOption(command)
    .option("-t, --target <name>", "count in this target what is due (repeatable)", collect)
    .option("--json", "print JSON")
    .option("--verbose", "print the stacks of errors")
    .addHelpText("after", HELP)
    .action((names: string[], flags: AuditFlags) => auditTtls(names, flags, session));
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

async function auditTtls(names: readonly string[], flags: AuditFlags, { stop, folder }: Session): Promise<void> {
  const project = await stop.race(needProject(flags.project, folder));
  const entries = await selectPipelines(project, names);
  await checkTargets(project, flags.target);
  const types = await stop.race(typesOf(project, names));
  const timesToLive = await stop.race(timesToLiveOf(entries));
  const { auditTimesToLive } = await import("datagraph/audit");
  const findings = auditTimesToLive(types, timesToLive);
  const due = await stop.race(dueIn(project, flags.target ?? [], timesToLive));
  const report = flags.json ? JSON.stringify({ types: types.length, findings, due }) : reportText(types.length, findings, due);
  await printOrWrite(report, undefined, folder);
  const wrong = findings.filter(({ problem }) => problem !== "unknown");
  if (wrong.length > 0)
    throw new CommandError(`Of ${counted(types.length, "type")}, ${counted(wrong.length)} have no time to live, or several.`);
}

async function typesOf(project: Project, names: readonly string[]): Promise<readonly AuditedType[]> {
  // What lives for ever is a node, whichever more types it has.
  const { nodes, relationships } = await project.schema(names, { additionalTypes: false });
  return [
    ...nodes.map(({ name }) => ({ on: "node", type: name }) as const),
    ...relationships.map(({ name }) => ({ on: "relationship", type: name }) as const),
  ];
}

async function timesToLiveOf(entries: readonly PipelineEntry[]): Promise<readonly TimeToLive[]> {
  const steps = await Promise.all(entries.map((entry) => entry.readSteps()));
  return steps.flat().flatMap((step) => (step.role === "expiry" ? step.timesToLive : []));
}

async function dueIn(project: Project, targets: readonly string[], timesToLive: readonly TimeToLive[]) {
  const { dueByTimesToLive } = await import("datagraph/audit");
  const due: (Due & { readonly target: string })[] = [];
  for (const target of targets) {
    for (const each of await dueByTimesToLive(await project.connector(target), timesToLive)) due.push({ target, ...each });
  }
  return due;
}

function reportText(
  types: number,
  findings: readonly TimeToLiveFinding[],
  due: readonly (Due & { readonly target: string })[],
): string {
  const lines = findings.map(({ message }) => message);
  const counts = due.map(({ target, on, type, expiryHours, total, due, unstamped }) => {
    const old = due === undefined ? "what is due is for its own query to say" : `${counted(due)} older than ${expiryHours} h`;
    return `${target}: ${on} type "${type}": ${old}, of ${counted(total)}${unstamped > 0 ? `; ${counted(unstamped)} never stamped` : ""}`;
  });
  const fine = findings.length === 0 ? [`All ${counted(types, "type")} have a time to live.`] : [];
  return [...lines, ...fine, ...counts].join("\n");
}
