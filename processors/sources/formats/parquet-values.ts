import type { SchemaTree } from "hyparquet";
import type { Temporal } from "../../graph/index.ts";

type Convert = (value: unknown) => unknown;

/** Moments and days before their column is known. A `Date` has milliseconds: what is finer stays text. */
export const parsers = {
  timestampFromMilliseconds: (millis: bigint) => new Date(Number(millis)),
  timestampFromMicroseconds: (micros: bigint) => toMoment(micros * 1000n),
  timestampFromNanoseconds: (nanos: bigint) => toMoment(nanos),
  dateFromDays: (days: number): Temporal | undefined =>
    typeof days === "number" ? { temporal: "date", text: new Date(days * 86_400_000).toISOString().slice(0, 10) } : undefined,
};

function toMoment(nanos: bigint): Date | Temporal {
  const rest = ((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const date = new Date(Number((nanos - rest) / 1_000_000n));
  if (rest === 0n) return date;
  return { temporal: "zonedDateTime", text: `${date.toISOString().slice(0, -1)}${String(rest).padStart(6, "0")}Z` };
}

/** From what hyparquet reads in a column to what records hold: integers, whole floats and local times by the column's type. */
export function converterFor(node: SchemaTree): Convert {
  const convert = converterOf(node);
  return (value) => (value === undefined || value === null ? null : convert(value));
}

function converterOf({ children, element }: SchemaTree): Convert {
  const [inner] = children;
  const kind = element.converted_type ?? element.logical_type?.type;
  if (inner === undefined) return repeated(element.repetition_type, leaf(element));
  if (kind === "LIST") return each(converterFor(inner.children.length === 1 ? (inner.children[0] ?? inner) : inner));
  if (kind === "MAP" || kind === "MAP_KEY_VALUE") {
    const convert = converterFor(inner.children[1] ?? inner);
    return (value) => mapValues(value, () => convert);
  }
  const fields = new Map(children.map((child) => [child.element.name, converterFor(child)]));
  return repeated(element.repetition_type, (value) => mapValues(value, (name) => fields.get(name)));
}

const each = (convert: Convert) => (value: unknown) => (Array.isArray(value) ? value.map(convert) : convert(value));

function repeated(repetition: string | undefined, convert: Convert): Convert {
  return repetition === "REPEATED" ? each(convert) : convert;
}

function mapValues(value: unknown, converterOfField: (name: string) => Convert | undefined): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, (converterOfField(name) ?? ((as) => as))(inner)]),
  );
}

function leaf({ type, converted_type: converted, logical_type: logical }: SchemaTree["element"]): Convert {
  if (logical?.type === "TIME") return toTime(logical.unit, logical.isAdjustedToUTC);
  if (converted === "TIME_MILLIS") return toTime("MILLIS", true);
  if (converted === "TIME_MICROS") return toTime("MICROS", true);
  if (logical?.type === "TIMESTAMP" && !logical.isAdjustedToUTC) return toLocal;
  const isFloat = type === "FLOAT" || type === "DOUBLE" || converted === "DECIMAL" || logical?.type === "FLOAT16";
  return isFloat ? toFloat : toInteger;
}

function toFloat(value: unknown): unknown {
  if (typeof value !== "number") return value;
  return Number.isInteger(value) || !Number.isFinite(value) ? { float: value } : value;
}

function toInteger(value: unknown): unknown {
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function toLocal(value: unknown): unknown {
  const text = value instanceof Date ? value.toISOString() : textOf(value);
  return { temporal: "localDateTime", text: text.replace(/Z$/, "") };
}

function textOf(value: unknown): string {
  return typeof value === "object" && value !== null && "text" in value ? String(value.text) : String(value);
}

function toTime(unit: "MILLIS" | "MICROS" | "NANOS", zoned: boolean): Convert {
  const [perSecond, digits] = unit === "MILLIS" ? [1000n, 3] : unit === "MICROS" ? [1_000_000n, 6] : [1_000_000_000n, 9];
  return (value) => {
    if (typeof value !== "number" && typeof value !== "bigint") return value;
    const time = BigInt(value);
    const clock = new Date(Number(time / perSecond) * 1000).toISOString().slice(11, 19);
    const text = `${clock}.${String(time % perSecond).padStart(digits, "0")}`;
    return zoned ? { temporal: "zonedTime", text: `${text}Z` } : { temporal: "localTime", text };
  };
}
