import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { BadRecordError, SourceError } from "../errors.ts";
import type { Reading } from "./format.ts";
import { decode } from "./text.ts";

/** What csv-parse gives with `info` and `raw`. */
interface Row {
  readonly record: readonly string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

export const readCsv = (reading: Reading) => readRows(reading, reading.csv.delimiter ?? ",");
export const readTsv = (reading: Reading) => readRows(reading, reading.csv.delimiter ?? "\t");

/**
 * A record per row: a map by the names in the first row. All values are texts, missing cells null, empty cells "". Empty lines are
 * no rows; cells keep their blanks. RFC 4180, with `\n`, `\r\n` and `\r` as ends.
 */
async function* readRows(reading: Reading, delimiter: string): AsyncGenerator<readonly unknown[]> {
  let names = reading.csv.columns === undefined ? undefined : checkNames(reading.csv.columns, reading.source, 1);
  for await (const { record, raw, info } of parseRows(reading, delimiter)) {
    if (names === undefined) names = checkNames(record, reading.source, info.lines);
    else if (record.length <= names.length) yield [toRecord(names, record)];
    else {
      const problem = `expected at most ${names.length} cells, as there are columns, found ${record.length}`;
      yield [new BadRecordError(reading.source, problem, { line: info.lines }, raw)];
    }
  }
}

async function* parseRows(reading: Reading, delimiter: string): AsyncGenerator<Row> {
  const { source, maxRecordBytes, csv } = reading;
  const parser = parse({
    delimiter,
    info: true,
    raw: true,
    relax_quotes: csv.relaxQuotes ?? false,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    max_record_size: maxRecordBytes,
  });
  const fed = pipeline(Readable.from(decode(reading)), parser);
  // Whoever iterates over the parser is told as well; and who stops earlier does not want to know.
  fed.catch(() => undefined);
  try {
    for await (const row of parser) yield row as Row;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = typeof cause.lines === "number" ? cause.lines : undefined;
    throw new SourceError(source, `this is not CSV: ${problemOf(cause)}`, { line, cause });
  } finally {
    parser.destroy();
    await fed.catch(() => undefined);
  }
}

/** In our words: those of the parser quote cells. */
function problemOf({ code }: CsvError): string {
  if (code === "CSV_QUOTE_NOT_CLOSED") return "a quoted cell has no end";
  if (code === "CSV_MAX_RECORD_SIZE") return 'a row is larger than "maxRecordBytes" allows; is there a quote without its end?';
  if (code === "CSV_INVALID_CLOSING_QUOTE") return "a quoted cell goes on behind its closing quote";
  return code === "INVALID_OPENING_QUOTE" ? "a quote in a cell that does not begin with one" : `the parser says ${code}`;
}

function checkNames(names: readonly string[], source: string, line: number): readonly string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return names;
  const columns = names.flatMap((name, index) => (name === twice ? [index + 1] : [])).join(" and ");
  throw new SourceError(source, `columns ${columns} have one name, ${JSON.stringify(twice)}: one would hide the other`, { line });
}

function toRecord(names: readonly string[], cells: readonly string[]): Readonly<Record<string, string | null>> {
  const record: Record<string, string | null> = {};
  for (const [index, name] of names.entries()) {
    const value = cells[index] ?? null;
    if (name === "__proto__")
      Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
    else record[name] = value;
  }
  return record;
}
