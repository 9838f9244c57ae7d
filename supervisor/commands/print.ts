import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { overrideSchema, renderSchema, type SchemaFormat, type SchemaOverrides, schemaFormats } from "datagraph/interpret";
import { CommandError, UsageError } from "../exit-codes.ts";
import { printOrWrite } from "../outputs/print-or-write.ts";
import { addProjectOption, needProject, type ProjectFlags, selectPipelines } from "../pipelines/options.ts";
import type { Session } from "../session.ts";

interface PrintFlags extends ProjectFlags {
  readonly format: SchemaFormat;
  readonly overrides?: string;
  readonly out?: string;
}

const HELP = `
The schema is what the pipelines say of the graph that they make: types of nodes and
relationships, their keys and properties. Nothing is run, and no database is asked.

Overrides are a YAML or JSON file that says it better:
  nodes:
    - name: Person
      properties: { age: { type: INTEGER }, name: { is_indexed: true } }

Examples:
  datagraph print schema
  datagraph print schema people --format mermaid --out people.mmd
`;

export function addPrintCommand(program: Command, session: Session): void {
  const print = program.command("print").description("print what is known without running anything");
  const command = print
    .command("schema")
    .description("print the schema of the graph that pipelines make")
    .argument("[pipeline...]", "pipelines of the project (default: all)");
  addProjectOption(command)
    .addOption(new Option("--format <format>", "how to write it").choices(schemaFormats).default("plain"))
    .option("--overrides <file>", "a file that says more of types and properties")
    .option("--out <file>", "write to this file instead of stdout")
    .option("--verbose", "print the stacks of errors")
    .addHelpText("after", HELP)
    .action((names: string[], flags: PrintFlags) => printSchema(names, flags, session));
}

async function printSchema(names: readonly string[], flags: PrintFlags, { stop, folder }: Session): Promise<void> {
  const project = await stop.race(needProject(flags.project, folder));
  await selectPipelines(project, names);
  const schema = await stop.race(project.schema(names));
  const overrides = flags.overrides === undefined ? {} : await readOverrides(resolve(folder, flags.overrides));
  await printOrWrite(renderSchema(overrideSchema(schema, overrides), flags.format), flags.out, folder);
}

/** nodestream writes its words in another way. */
const words: Readonly<Record<string, string>> = {
  is_key: "isKey",
  is_indexed: "isIndexed",
  from_node_type: "from",
  to_node_type: "to",
  relationship_type: "relationship",
  from_side_cardinality: "fromMany",
  to_side_cardinality: "toMany",
};

async function readOverrides(path: string): Promise<SchemaOverrides> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The overrides ${path} cannot be read (${error.code}).`);
  });
  try {
    const { parse } = await import("yaml");
    const found: unknown = extname(path) === ".json" ? JSON.parse(text) : parse(text);
    return translated(found ?? {}) as SchemaOverrides;
  } catch (error) {
    throw new CommandError(`The overrides ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function translated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(translated);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [words[key] ?? key, translated(inner)]));
}
