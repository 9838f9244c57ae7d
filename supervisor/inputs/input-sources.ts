import { constants, createReadStream } from "node:fs";
import { access, stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { UsageError } from "../exit-codes.ts";
import type { InputArgument } from "./input-arguments.ts";
import { jsonDocument } from "./json-document.ts";
import { jsonLines } from "./json-lines.ts";
import { decodeText } from "./text-chunks.ts";

export interface InputSources {
  /** Values by the name of their input; those of files and of stdin are read as the run takes them. */
  readonly inputs: Readonly<Record<string, AsyncIterable<unknown>>>;
  /** What was wrong with an input that was being read, once something was. */
  readonly problem: () => UsageError | undefined;
}

/** Makes what `startFlow` takes of the inputs that a command line asks for. @throws UsageError for files that cannot be read. */
export async function openInputs(inputs: readonly InputArgument[], folder: string): Promise<InputSources> {
  for (const input of inputs) if (input.kind === "file") await checkFile(input.name, resolve(folder, input.path));
  const byName = groupByName(inputs);
  let problem: UsageError | undefined;
  // A run's failure may come back from its store as a copy, so the first problem is also kept here.
  const remember = (error: unknown) => {
    if (error instanceof UsageError) problem ??= error;
  };
  const sources = [...byName].map(([name, parts]) => [name, values(parts, folder, remember)] as const);
  return { inputs: Object.fromEntries(sources), problem: () => problem };
}

function groupByName(inputs: readonly InputArgument[]): Map<string, InputArgument[]> {
  const groups = new Map<string, InputArgument[]>();
  for (const input of inputs) groups.set(input.name, [...(groups.get(input.name) ?? []), input]);
  return groups;
}

async function* values(
  parts: readonly InputArgument[],
  folder: string,
  onError: (error: unknown) => void,
): AsyncGenerator<unknown, void, undefined> {
  try {
    for (const part of parts) yield* valuesOf(part, folder);
  } catch (error) {
    onError(error);
    throw error;
  }
}

async function* valuesOf(input: InputArgument, folder: string): AsyncGenerator<unknown, void, undefined> {
  switch (input.kind) {
    case "values":
      yield* input.values;
      return;
    case "stdin":
      yield* jsonLines(decodeText(process.stdin, "stdin"), "stdin");
      return;
    case "file": {
      const text = decodeText(createReadStream(resolve(folder, input.path)), input.path);
      // The ending decides, because the first line of JSON Lines may well be an array.
      yield* extname(input.path).toLowerCase() === ".json" ? jsonDocument(text, input.path) : jsonLines(text, input.path);
    }
  }
}

async function checkFile(name: string, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new UsageError(`Input "${name}": there is no file ${path}.`);
  if (found.isDirectory()) throw new UsageError(`Input "${name}": ${path} is a folder, expected a file of JSON Lines or JSON.`);
  await access(path, constants.R_OK).catch(() => {
    throw new UsageError(`Input "${name}": the file ${path} may not be read.`);
  });
}
