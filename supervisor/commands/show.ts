import { writeFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { ResolvedFlow } from "datagraph";
import { CommandError } from "../exit-codes.ts";
import { chooseFlow } from "../modules/exported-flows.ts";
import { loadModule } from "../modules/load-module.ts";
import { lineSink } from "../outputs/line-sink.ts";
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

interface ShowFlags {
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
Examples:
  datagraph show flow.ts
  datagraph show flow.ts --out flow.svg
  datagraph show flow.js --flow totals --format mermaid
`;

export function addShowCommand(program: Command, session: Session): void {
  program
    .command("show")
    .description("draw a flow that a module exports, without running it")
    .argument("<module>", "JavaScript or TypeScript file that exports the flow")
    .option("--flow <name>", "which export to draw, when there are several")
    .addOption(
      new Option("--format <format>", "how to draw it (default: what the ending of --out says, else text)").choices(
        Object.keys(RENDERERS),
      ),
    )
    .option("--out <file>", "write to this file instead of stdout")
    .option("--verbose", "print the stacks of errors")
    .addHelpText("after", HELP)
    .action((module: string, flags: ShowFlags) => show(module, flags, session));
}

/** The format that is asked for, else the one of the file's ending, else text. */
export function formatOf({ format, out }: ShowFlags): ShowFormat {
  return format ?? ENDINGS[extname(out ?? "").toLowerCase()] ?? "text";
}

async function show(module: string, flags: ShowFlags, { stop, folder }: Session): Promise<void> {
  consoleToStderr((text) => process.stderr.write(text), process.stderr.hasColors?.() ?? false);
  const flow = chooseFlow(await stop.race(loadModule(module, folder)), flags.flow, module);
  const picture = await RENDERERS[formatOf(flags)](flow);
  const text = picture.endsWith("\n") ? picture : `${picture}\n`;
  if (flags.out === undefined) return lineSink(process.stdout).write(text);
  const path = resolve(folder, flags.out);
  await writeFile(path, text).catch((error: unknown) => {
    throw new CommandError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  });
}
