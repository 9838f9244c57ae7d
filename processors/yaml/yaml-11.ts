import type { DocumentOptions, ParseOptions, ScalarTag, SchemaOptions } from "yaml";
import type { Float, Temporal } from "../graph/index.ts";

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

/** Reads YAML 1.1 as Python does: `yes` is true, `010` is 8, `1:30` is 90; days and moments are dates. Integers come as bigints: {@link plainScalar}. */
export const yaml11: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.1",
  // With bigints for integers, what is a number is a float.
  intAsBigInt: true,
  customTags: (tags) => [
    ...ours,
    ...tags.filter((theirs) => typeof theirs === "string" || ours.every(({ tag }) => tag !== theirs.tag)),
  ],
};

/** A scalar as records hold it: whole numbers that were written as floats stay floats. */
export function plainScalar(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return typeof value === "number" ? toFloat(value) : value;
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

function toFloat(value: number): number | Float {
  return Number.isInteger(value) || !Number.isFinite(value) ? { float: value } : value;
}
