import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CommandError } from "../exit-codes.ts";
import { lineSink } from "./line-sink.ts";

/** A text on stdout, or in a file. @throws CommandError for a file that cannot be written. */
export async function printOrWrite(text: string, out: string | undefined, folder: string): Promise<void> {
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  if (out === undefined) return lineSink(process.stdout).write(whole);
  const path = resolve(folder, out);
  await writeFile(path, whole).catch((error: unknown) => {
    throw new CommandError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  });
}
