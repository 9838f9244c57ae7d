import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { CommandError, UsageError } from "../exit-codes.ts";
import { printOrWrite } from "../outputs/print-or-write.ts";
import { skeletonFiles } from "../pipelines/skeleton.ts";
import type { Session } from "../session.ts";

const HELP = `
Example:
  datagraph new people
  cd people
  datagraph run
`;

export function addNewCommand(program: Command, session: Session): void {
  program
    .command("new")
    .description("make a project: a pipeline that runs at once, to begin with")
    .argument("<folder>", "where to; what is there already is left alone")
    .option("-d, --database <name>", "where it writes to: memory (a file) or neo4j", "memory")
    .option("--verbose", "print the stacks of errors")
    .addHelpText("after", HELP)
    .action((folder: string, { database }: { readonly database: string }) => make(folder, database, session));
}

async function make(name: string, database: string, { folder }: Session): Promise<void> {
  if (database !== "memory" && database !== "neo4j") {
    throw new UsageError(`--database takes memory or neo4j, found ${JSON.stringify(database)}.`);
  }
  const target = resolve(folder, name);
  const files = Object.entries(skeletonFiles(database)).map(([path, text]) => [join(target, path), text] as const);
  for (const [path] of files) {
    if (await stat(path).catch(() => undefined)) throw new UsageError(`${path} is there already; nothing was written.`);
  }
  for (const [path, text] of files) {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: "wx" });
    } catch (error) {
      throw new CommandError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const made = files.map(([path]) => `  ${relative(folder, path)}`);
  const where = relative(folder, target);
  const hint = where === "" ? "datagraph run" : `cd ${where} && npx datagraph run`;
  await printOrWrite([`Made a project in ${target}:`, ...made, `Try it: ${hint}`].join("\n"), undefined, folder);
}
