import { extname } from "node:path";
import { type Command, Option } from "commander";
import type { ResolvedFlow } from "datagraph";
import { chooseFlow } from "../modules/exported-flows.ts";
import { loadModule } from "../modules/load-module.ts";
import { printOrWrite } from "../outputs/print-or-write.ts";
import { chooseWork, type Work } from "../pipelines/choose-work.ts";
import { pipelineList } from "../pipelines/list.ts";
import { addPipelineOptions, checkTargets, type ProjectFlags } from "../pipelines/options.ts";
import { consoleToStderr } from "../reports/console-to-stderr.ts";
import type { Session } from "../session.ts";

const RENDERERS = {
  text: (flow: ResolvedFlow) => flow.toString(),
  mermaid: (flow: ResolvedFlow) => flow.toMermaid(),
  dot: (flow: ResolvedFlow) => flow.toDot(),
  svg: (flow: ResolvedFlow) => flow.toSvg(),
  json: (flow: ResolvedFlow) => JSON.stringify(flow, undefined, 2),
};

export type ShowFormat = keyof typeof RENDERERS;

interface ShowFlags extends ProjectFlags {
  readonly flow?: string;
  readonly format?: ShowFormat;
  readonly out?: string;
}

const ENDINGS: Readonly<Record<string, ShowFormat>> = {
  ".mmd": "mermaid",
  ".mermaid": "mermaid",
  ".dot": "dot",
  ".gv": "dot",
  ".svg": "svg",
  ".json": "json",
};

const HELP = `
Without a name the pipelines of the project are listed (as JSON with --format json).
A name that the project knows is a pipeline; anything else is a module.

Examples:
  datagraph show
  datagraph show people --out people.svg
  datagraph show flow.ts
  datagraph show flow.ts --out flow.svg
  datagraph show flow.js --flow totals --format mermaid
`;

export function addShowCommand(program: Command, session: Session): void {
  const command = program
    .command("show")
    .description("list the pipelines of a project; draw one, or a flow that a module exports, without running it")
    .argument("[what]", "a pipeline of the project, or a JavaScript or TypeScript file that exports the flow");
  addPipelineOptions(command)
    .option("--flow <name>", "which export to draw, when there are several")
    .addOption(
      new Option("--format <format>", "how to draw it (default: what the ending of --out says, else text)").choices(
        Object.keys(RENDERERS),
      ),
    )
    .option("--out <file>", "write to this file instead of stdout")
    .option("--verbose", "print the stacks of errors")
    .addHelpText("after", HELP)
    .action((what: string | undefined, flags: ShowFlags) => show(what, flags, session));
}

/** The format that is asked for, else the one of the file's ending, else text. */
export function formatOf({ format, out }: ShowFlags): ShowFormat {
  return format ?? ENDINGS[extname(out ?? "").toLowerCase()] ?? "text";
}

async function show(what: string | undefined, flags: ShowFlags, { stop, folder }: Session): Promise<void> {
  consoleToStderr((text) => process.stderr.write(text), process.stderr.hasColors?.() ?? false);
  const work = await stop.race(chooseWork(what === undefined ? [] : [what], flags.project, folder));
  const picture = await stop.race(pictureOf(what, work, flags, folder));
  await printOrWrite(picture, flags.out, folder);
}

async function pictureOf(what: string | undefined, work: Work, flags: ShowFlags, folder: string): Promise<string> {
  if (work.kind === "module") {
    return RENDERERS[formatOf(flags)](chooseFlow(await loadModule(work.module, folder), flags.flow, work.module));
  }
  if (what === undefined) return pipelineList(work.entries, formatOf(flags) === "json");
  const { target: targets = [], annotation: annotations = [] } = flags;
  await checkTargets(work.project, targets);
  const pictures: string[] = [];
  for (const entry of work.entries) {
    const pipeline = await work.project.load(entry, { targets, offline: true });
    pictures.push(await RENDERERS[formatOf(flags)](pipeline.flow({ annotations })));
  }
  return pictures.join("\n");
}
