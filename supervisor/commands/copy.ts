import type { Command } from "commander";
import type { CopyOptions } from "datagraph/copy";
import type { ConnectorChoice } from "datagraph/graph";
import type { Project } from "datagraph/pipelines";
import { UsageError } from "../exit-codes.ts";
import { runCopy } from "../graphs/run-copy.ts";
import { addProjectOption, checkTargets, needProject, type ProjectFlags } from "../pipelines/options.ts";
import { chooseDisplay } from "../progress/display.ts";
import { consoleToStderr } from "../reports/console-to-stderr.ts";
import { lineLog } from "../reports/terminal-log.ts";
import { sinkFor } from "../running/surroundings.ts";
import type { Session } from "../session.ts";
import { wholeNumber } from "../settings/numbers.ts";

interface CopyFlags extends ProjectFlags {
  readonly from: string;
  readonly to: string;
  readonly node?: readonly string[];
  readonly relationship?: readonly string[];
  readonly discover?: true;
  readonly key?: readonly string[];
  readonly relationshipId?: string;
  readonly preloadNodes?: true;
  readonly shardSize?: number;
  readonly batchSize?: number;
  readonly concurrency?: number;
  readonly retrieverOption?: readonly string[];
  readonly connectorOption?: readonly string[];
  readonly json?: true;
  readonly progress?: boolean;
}

const HELP = `
What is copied are the types that the project's pipelines make, by their keys; with
--discover, and in a project without pipelines, all types that the database has. Keys
that nobody knows are said with --key: of nodes, and of relationships of which there
are several between two nodes; or these keep their ids (--relationship-id). Labels, properties and stamps are kept. Copying again
changes nothing.

At the end it is counted: where less is there than was read, the copy has failed.

Exit codes:
  0 done, 1 failed, 2 wrong command line, 130 interrupted; see datagraph --help.

Examples:
  datagraph copy --from production --to laptop
  datagraph copy --from production --to laptop --node Person --relationship KNOWS
  datagraph copy --from graph --to file --discover --key PLAYS_FOR=season --preload-nodes
`;

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** Copies a graph from one target of a project to another. */
export function addCopyCommand(program: Command, session: Session): void {
  const command = program
    .command("copy")
    .description("copy a graph from one target of a project to another")
    .requiredOption("--from <target>", "the target to read")
    .requiredOption("--to <target>", "the target to write")
    .option("-n, --node <type>", "nodes of this type, what is at them and at its other end (repeatable)", collect)
    .option("-r, --relationship <type>", "of the relationships only those of this type (repeatable)", collect)
    .option("--discover", "all types that the database has, not only those of the project's pipelines")
    .option("--key <type=name,…>", "what identifies a type's nodes or relationships (repeatable)", collect)
    .option("--relationship-id <property>", "what relationships without a key keep their ids as, to tell them apart")
    .option("--preload-nodes", "all nodes before the first relationship")
    .option("--shard-size <count>", "nodes or relationships per part (default: 50000)", wholeNumber("--shard-size"))
    .option("--batch-size <count>", "how many are read and written at once (default: 1000)", wholeNumber("--batch-size"))
    .option("--concurrency <count>", "parts side by side (default: 4)", wholeNumber("--concurrency"))
    .option("--retriever-option <name=value>", "an option of the connector that reads (repeatable)", collect)
    .option("--connector-option <name=value>", "an option of the connector that writes (repeatable)", collect);
  addProjectOption(command)
    .option("--json", "print the summary as JSON")
    .option("--progress", "show progress on stderr even when stdout is a pipe")
    .option("--no-progress", "show no progress")
    .option("--verbose", "print debug messages and the stacks of errors")
    .addHelpText("after", HELP)
    .action((flags: CopyFlags) => copy(flags, session));
}

async function copy(flags: CopyFlags, { stop, folder, verbose }: Session): Promise<void> {
  const display = chooseDisplay(flags.progress);
  const toStderr = (text: string) => {
    display.around(() => process.stderr.write(text));
  };
  consoleToStderr(toStderr, process.stderr.hasColors?.() ?? false);
  const log = lineLog({ write: (line) => toStderr(`${line}\n`), verbose });
  const project = await stop.race(needProject(flags.project, folder));
  const options = await stop.race(copyOptions(project, flags));
  await runCopy(options, { json: flags.json ?? false, display, log, stop, sink: sinkFor(display) });
}

async function copyOptions(project: Project, flags: CopyFlags): Promise<CopyOptions> {
  const { from, to, node, relationship, discover, relationshipId, preloadNodes, shardSize, batchSize, concurrency } = flags;
  await checkTargets(project, [from, to]);
  if (from === to) throw new UsageError(`--from and --to are both "${from}"; a copy goes somewhere else.`);
  const schema = discover || project.pipelines.length === 0 ? undefined : await declaredSchema(project);
  const keys = keysOf(flags.key ?? []);
  return {
    from: await target(project, from, settingsOf("--retriever-option", flags.retrieverOption)),
    to: await target(project, to, settingsOf("--connector-option", flags.connectorOption)),
    ...(schema && { schema }),
    ...(node && { nodes: node }),
    ...(relationship && { relationships: relationship }),
    keys: { nodes: keys, relationships: keys },
    ...(relationshipId !== undefined && { relationshipId }),
    ...(preloadNodes && { preloadNodes }),
    ...(shardSize !== undefined && { shardSize }),
    ...(batchSize !== undefined && { batchSize }),
    ...(concurrency !== undefined && { concurrency }),
  };
}

async function declaredSchema(project: Project) {
  const { copySchemaOf } = await import("datagraph/copy");
  // A node is copied once, as of its own type; its additional ones come along.
  return copySchemaOf(await project.schema([], { additionalTypes: false }));
}

async function target(project: Project, name: string, more: Readonly<Record<string, unknown>>): Promise<ConnectorChoice> {
  const { connector, options } = await project.connector(name);
  return { connector, options: Object.keys(more).length === 0 ? options : { ...(options as object | undefined), ...more } };
}

/** From `PLAYS_FOR=season,league`. */
function keysOf(given: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(given.map((text) => pair("--key", text)).map(([type, names]) => [type, names.split(",")]));
}

/** Numbers and truth values are such; names are taken as nodestream writes them, too. */
function settingsOf(option: string, given: readonly string[] = []): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    given
      .map((text) => pair(option, text))
      .map(([name, value]) => [name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), parsed(value)]),
  );
}

function parsed(text: string): unknown {
  return /^(true|false|-?\d+(\.\d+)?)$/.test(text) ? JSON.parse(text) : text;
}

function pair(option: string, text: string): readonly [name: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(`${option} takes name=value, found ${JSON.stringify(text)}.`);
}
