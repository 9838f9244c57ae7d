import { normalisers } from "../../graph/index.ts";
import { parseJson } from "../../json/parse.ts";
import { BadRecordError, type Place } from "../errors.ts";
import type { Reading } from "./format.ts";
import { findJsonFault } from "./json-fault.ts";
import { readLines, readText } from "./text.ts";

/** One record: the document, whatever it is. */
export async function* readJson(reading: Reading): AsyncGenerator<readonly unknown[]> {
  const text = await readText(reading);
  yield [parsed(text, 1, reading.source)];
}

/** A record per line. Empty lines are no records, and no ends either. */
export async function* readJsonLines(reading: Reading): AsyncGenerator<readonly unknown[]> {
  for await (const lines of readLines(reading)) {
    const records: unknown[] = [];
    for (const line of lines) {
      if (line instanceof BadRecordError) records.push(line);
      else if (line.text.trim() !== "") records.push(parsed(line.text, line.number, reading.source));
    }
    yield records;
  }
}

/** A record per line: `{ line }`. Empty lines too. */
export async function* readTextLines(reading: Reading): AsyncGenerator<readonly (BadRecordError | { readonly line: string })[]> {
  const { trimLines } = reading;
  for await (const lines of readLines(reading)) {
    yield lines.map((line) => {
      if (line instanceof BadRecordError) return line;
      return { line: trimLines ? normalisers.trim(line.text) : line.text };
    });
  }
}

function parsed(text: string, line: number, source: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const fault = findJsonFault(text);
    const problem = fault >= text.length ? "this is not JSON: it ends too early" : "this is not JSON";
    // The parser's own message quotes the text.
    return new BadRecordError(source, problem, placeIn(text, fault, line), text, { cause });
  }
}

function placeIn(text: string, index: number, firstLine: number): Place {
  const before = text.slice(0, index).split("\n");
  return { line: firstLine + before.length - 1, column: (before.at(-1) ?? "").length + 1 };
}
