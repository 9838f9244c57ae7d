import { Problem } from "../errors.ts";
import { describeValue, isFloat, numeric } from "../values.ts";
import { floatText, pythonText } from "./python-text.ts";

/** A template as a list of texts and fields. */
export type Template = readonly (string | Field)[];
interface Field {
  readonly name: string;
  readonly spec: Spec | undefined;
}
interface Spec {
  readonly fill: string;
  readonly align: string;
  /** Where a number goes without `align`. */
  readonly numberAlign: string;
  readonly sign: string;
  readonly width: number;
  readonly comma: boolean;
  readonly precision: number | undefined;
  readonly type: string;
}

const PART = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
const FIELD = /^([^!:]*)(![a-z])?(?::(.*))?$/su;
const SPEC = /^(?:(.)?([<>^=]))?([-+ ])?(0)?(\d{1,4})?(,)?(?:\.(\d{1,3}))?([sdfFeE%xXob])?$/su;

/**
 * Reads a template of Python's `str.format`: `{name}`, `{name!s}`, `{name:spec}`, `{{` and `}}`. A spec is
 * `[[fill]align][sign][0][width][,][.precision][type]` with the types s d f F e E % x X o b.
 *
 * @throws Error what cannot be understood. Attributes and indexes of parts (`{a.b}`, `{a[0]}`) are not supported, on purpose.
 */
export function parseTemplate(text: string): Template {
  const parts: (string | Field)[] = [];
  let end = 0;
  for (const found of text.matchAll(PART)) {
    parts.push(text.slice(end, found.index));
    end = found.index + found[0].length;
    if (found[0] === "{{" || found[0] === "}}") parts.push(found[0].charAt(0));
    else if (found[1] === undefined) throw new Error(`a single "${found[0]}" in a format is written twice`);
    else parts.push(parseField(found[1]));
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== "");
}

function parseField(text: string): Field {
  const [, name = "", conversion, spec] = FIELD.exec(text) ?? [];
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) throw new Error(`a format's fields are named {name}, found {${text}}`);
  if (conversion !== undefined && conversion !== "!s") throw new Error(`a format knows no conversion but !s, found {${text}}`);
  return { name, spec: spec === undefined || spec === "" ? undefined : parseSpec(spec, text) };
}

function parseSpec(spec: string, text: string): Spec {
  const found = SPEC.exec(spec);
  if (!found) throw new Error(`a format has no specification ":${spec}", found {${text}}`);
  const [, fill, align = "", sign = "", zero, width = "0", comma, precision, type = ""] = found;
  return {
    fill: fill ?? (zero ? "0" : " "),
    align,
    numberAlign: zero ? "=" : ">",
    sign,
    width: Number(width),
    comma: comma !== undefined,
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
}

/** The names of the parts a template needs. */
export function fieldNames(template: Template): readonly string[] {
  return template.flatMap((part) => (typeof part === "string" ? [] : [part.name]));
}

/** @throws Problem for a value that its specification does not fit, or that has no text. */
export function fillTemplate(template: Template, partOf: (name: string) => unknown, declaration: string): string {
  let text = "";
  for (const part of template) text += typeof part === "string" ? part : fieldText(part, partOf(part.name), declaration);
  return text;
}

function fieldText({ name, spec }: Field, value: unknown, declaration: string): string {
  const text = spec ? specified(value, spec) : pythonText(value);
  if (text !== undefined) return text;
  throw new Problem(declaration, `the format's part "${name}" cannot be written like this, found ${describeValue(value)}`);
}

function specified(value: unknown, spec: Spec): string | undefined {
  const number = typeof value === "boolean" ? Number(value) : numeric(value);
  if (typeof value === "string" || (number === undefined && spec.type === "s")) return textual(value, spec);
  if (number === undefined) return spec.type === "" ? textual(value, spec) : undefined;
  const isWhole = !isFloat(value) && (typeof number === "bigint" || Number.isInteger(number));
  const negative = number < 0 || Object.is(number, -0);
  const size = typeof number === "bigint" ? (negative ? -number : number) : Math.abs(number);
  const digits = isWhole && "dxXob".includes(spec.type) ? wholeText(BigInt(size), spec) : fractionText(Number(size), spec);
  if (digits === undefined) return undefined;
  const sign = negative ? "-" : spec.sign === "-" ? "" : spec.sign;
  return padded(sign, digits, spec, spec.numberAlign);
}

function textual(value: unknown, spec: Spec): string | undefined {
  const text = pythonText(value);
  if (text === undefined || spec.sign !== "" || spec.comma || spec.align === "=" || !["", "s"].includes(spec.type))
    return undefined;
  return padded("", spec.precision === undefined ? text : [...text].slice(0, spec.precision).join(""), spec, "<");
}

const bases = new Map([
  ["x", 16],
  ["X", 16],
  ["o", 8],
  ["b", 2],
]);

function wholeText(size: bigint, { type, comma, precision }: Spec): string | undefined {
  if (precision !== undefined) return undefined;
  const base = bases.get(type);
  if (base === undefined) return grouped(size.toString(), comma);
  if (comma) return undefined;
  return type === "X" ? size.toString(base).toUpperCase() : size.toString(base);
}

function fractionText(size: number, { type, comma, precision }: Spec): string | undefined {
  if (type !== "" && !"fFeE%".includes(type)) return undefined;
  if (type === "" && precision !== undefined) return undefined;
  if (!Number.isFinite(size)) return floatText(size);
  if (type === "e" || type === "E") {
    const text = size.toExponential(precision ?? 6).replace(/e([-+])(\d)$/, "e$10$2");
    return type === "E" ? text.toUpperCase() : text;
  }
  const text = type === "" ? floatText(size) : fixed(type === "%" ? size * 100 : size, precision ?? 6);
  return `${grouped(text, comma)}${type === "%" ? "%" : ""}`;
}

/** Rounded to even where it is exactly between two. */
function fixed(size: number, precision: number): string {
  // `toFixed` gives an exponent from 1e21 on, where there are no fractions any more.
  if (size >= 1e21) return precision === 0 ? BigInt(size).toString() : `${BigInt(size)}.${"0".repeat(precision)}`;
  const text = size.toFixed(Math.min(precision, 100));
  if (precision > 90) return text;
  const exact = size.toFixed(100);
  const rest = exact.slice(exact.indexOf(".") + 1 + precision);
  const kept = exact.slice(0, exact.length - rest.length).replace(/\.$/, "");
  return /^50*$/.test(rest) && /[02468]$/.test(kept) ? kept : text;
}

function grouped(digits: string, comma: boolean): string {
  if (!comma) return digits;
  const [whole = "", ...rest] = digits.split(/(?=[.e])/);
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + rest.join("");
}

function padded(sign: string, text: string, { fill, align, width }: Spec, otherwise: string): string {
  const missing = Math.max(0, width - [...sign, ...text].length);
  const where = align || otherwise;
  if (where === "=") return sign + fill.repeat(missing) + text;
  const before = where === "<" ? 0 : where === ">" ? missing : Math.floor(missing / 2);
  return fill.repeat(before) + sign + text + fill.repeat(missing - before);
}
