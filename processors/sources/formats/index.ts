import type { Compression } from "../decompress.ts";
import { SourceError } from "../errors.ts";
import { readCsv, readTsv } from "./csv.ts";
import type { ReadRecords } from "./format.ts";
import { readJson, readJsonLines, readTextLines } from "./json.ts";
import { readParquet } from "./parquet.ts";
import { readYaml } from "./yaml.ts";

/** How records are written in a source. */
export type FileFormat = "json" | "jsonl" | "csv" | "tsv" | "yaml" | "text" | "parquet";

export const formats: Readonly<Record<FileFormat, ReadRecords>> = {
  json: readJson,
  jsonl: readJsonLines,
  csv: readCsv,
  tsv: readTsv,
  yaml: readYaml,
  text: readTextLines,
  parquet: readParquet,
};

const suffixes: ReadonlyMap<string, FileFormat> = new Map([
  ["json", "json"],
  ["jsonl", "jsonl"],
  ["ndjson", "jsonl"],
  ["csv", "csv"],
  ["tsv", "tsv"],
  ["tab", "tsv"],
  ["yaml", "yaml"],
  ["yml", "yaml"],
  ["txt", "text"],
  ["parquet", "parquet"],
]);

const packings: ReadonlyMap<string, Compression> = new Map([
  ["gz", "gzip"],
  ["bz2", "bzip2"],
  ["zst", "zstd"],
]);

/** What a name says about its content: its format, and what it is packed in, outermost first. `data.csv.gz` */
export function formatOf(source: string, name: string, given: FileFormat | undefined) {
  const parts = name.toLowerCase().split(".");
  const packed: Compression[] = [];
  for (let packing = packings.get(parts.at(-1) ?? ""); packing !== undefined; packing = packings.get(parts.at(-1) ?? "")) {
    packed.push(packing);
    parts.pop();
  }
  const format = given ?? (parts.length > 1 ? suffixes.get(parts.at(-1) ?? "") : undefined);
  if (format !== undefined) return { format, packed };
  const known = [...suffixes.keys()].map((suffix) => `.${suffix}`).join(", ");
  throw new SourceError(source, `its name does not say its format; expected one of ${known}, or the option "format"`);
}
