import type { ScalarTag } from "yaml";
import type { Float, Temporal } from "../../graph/index.ts";
import { BadRecordError, SourceError } from "../errors.ts";
import type { Reading } from "./format.ts";
import { readText } from "./text.ts";

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIMESTAMP = /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|[+-]\d\d?(?::?\d\d)?))?$/;

/** Days and moments: without a zone they are local, with one they are instants. */
const timestamp: ScalarTag = {
  tag: "tag:yaml.org,2002:timestamp",
  default: true,
  test: /^\d{4}-(?:\d{2}-\d{2}|\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[+-]\d\d?(?::?\d\d)?))?)$/,
  resolve: (text, onError) => {
    const value = toTemporal(text);
    if (value === undefined) onError("expected a date or time that exists");
    return value ?? text;
  },
};

/** Without `y` and `n`, which are truth values by the letter of YAML 1.1 and coordinates or names to everybody, PyYAML included. */
const truth: ScalarTag = {
  tag: "tag:yaml.org,2002:bool",
  default: true,
  test: /^(?:[Yy]es|YES|[Nn]o|NO|[Tt]rue|TRUE|[Ff]alse|FALSE|[Oo]n|ON|[Oo]ff|OFF)$/,
  resolve: (text) => /^(?:y|t|on)/i.test(text),
};

const ours: readonly ScalarTag[] = [timestamp, truth];

/** A record per document, as YAML 1.1: `yes` is true, `010` is 8, `1:30` is 90. */
export async function* readYaml(reading: Reading): AsyncGenerator<unknown> {
  const text = await readText(reading);
  const { parseAllDocuments } = await import("yaml");
  // With bigints for integers, what is a number is a float.
  const documents = parseAllDocuments(text, {
    version: "1.1",
    intAsBigInt: true,
    customTags: (tags) => [
      ...ours,
      ...tags.filter((theirs) => typeof theirs === "string" || ours.every(({ tag }) => tag !== theirs.tag)),
    ],
  });
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) {
      const [{ line, col } = { line: undefined, col: undefined }] = error.linePos ?? [];
      const problem = `this is not YAML: ${error.code.toLowerCase().replaceAll("_", " ")}`;
      throw new SourceError(reading.source, problem, { line, column: col, cause: error });
    }
    try {
      yield plain(document.toJS({ maxAliasCount: 100 }), 0);
    } catch (cause) {
      if (!(cause instanceof ReferenceError || cause instanceof RangeError)) throw cause;
      const problem = "a document refers to itself, is too deep, or repeats itself too often by its aliases";
      yield new BadRecordError(reading.source, problem, {}, "", { cause });
    }
  }
}

function toTemporal(text: string): Date | Temporal | undefined {
  if (DATE.test(text)) return isDay(text) ? { temporal: "date", text } : undefined;
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "", fraction = "", zone] =
    TIMESTAMP.exec(text) ?? [];
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const local = `${date}T${hour.padStart(2, "0")}:${minute}:${second}${fraction === "" ? "" : `.${fraction}`}`;
  if (!isDay(date) || Number.isNaN(Date.parse(`${local}Z`))) return undefined;
  if (zone === undefined) return { temporal: "localDateTime", text: local };
  const offset = toOffset(zone);
  // A Date has milliseconds and no more.
  return /^\d{0,3}0*$/.test(fraction) ? new Date(`${local}${offset}`) : { temporal: "zonedDateTime", text: `${local}${offset}` };
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function toOffset(zone: string): string {
  const [, sign = "+", hours = "0", minutes = "00"] = /^([+-])(\d\d?):?(\d\d)?$/.exec(zone) ?? [];
  return zone === "Z" ? "Z" : `${sign}${hours.padStart(2, "0")}:${minutes}`;
}

const MAX_DEPTH = 1000;

/** What YAML holds as what records hold. */
function plain(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RangeError("too deep");
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value === "number") return toFloat(value);
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  if ("temporal" in value && "text" in value && Object.getPrototypeOf(value) === Object.prototype) return value;
  if (Array.isArray(value) || value instanceof Set) return Array.from(value, (item) => plain(item, depth + 1));
  const entries =
    value instanceof Map ? Array.from(value, ([key, inner]) => [String(key), inner] as const) : Object.entries(value);
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner, depth + 1)]));
}

function toFloat(value: number): number | Float {
  return Number.isInteger(value) || !Number.isFinite(value) ? { float: value } : value;
}
