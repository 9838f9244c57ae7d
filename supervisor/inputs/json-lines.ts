import { UsageError } from "../exit-codes.ts";
import { shorten } from "./input-arguments.ts";

/** A value that takes more text than this is refused: without a bound, a file of another kind would fill the memory. */
export const MAX_VALUE_CHARS = 64 * 1024 * 1024;

/**
 * The values of JSON Lines, each as soon as its line is there. Blank lines are skipped; the last line needs no end.
 *
 * @throws UsageError with the line's number.
 */
export async function* jsonLines(text: AsyncIterable<string>, label: string): AsyncGenerator<unknown, void, undefined> {
  const parse = lineParser(label);
  let rest = "";
  for await (const chunk of text) {
    const lines = chunk.split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? "";
    for (const line of lines) yield* parse(line);
    if (rest.length > MAX_VALUE_CHARS) throw new UsageError(`${label}: expected JSON Lines, found a line of more than 64 MiB.`);
  }
  yield* parse(rest);
}

function lineParser(label: string): (line: string) => readonly unknown[] {
  let number = 0;
  return (line) => {
    number++;
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line)];
    } catch {
      const hint =
        number === 1 && /^\s*[[{]\s*$/.test(line)
          ? " A JSON document over several lines is read from a file whose name ends in .json."
          : "";
      throw new UsageError(`${label}:${number}: expected one JSON value per line, found ${shorten(line.trim())}.${hint}`);
    }
  };
}
