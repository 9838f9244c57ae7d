import { describeValue, isFloat, isMap, numeric, setOwn, toFloat } from "../values.ts";
import { type Find, order, sameContent } from "./jmespath-steps.ts";

/*
 * The functions of JMESPath 1.0 (https://jmespath.org/specification.html#built-in-functions), over numbers of all kinds: integers
 * stay exact, floats stay floats. Texts are ordered and counted by code points.
 */

type Kind =
  | "any"
  | "number"
  | "text"
  | "list"
  | "map"
  | "expression"
  | "numbers"
  | "texts"
  | "sortable"
  | "countable"
  | "reversible";

const is: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  any: (value) => typeof value !== "function",
  number: (value) => numeric(value) !== undefined,
  text: (value) => typeof value === "string",
  list: Array.isArray,
  map: isMap,
  expression: (value) => typeof value === "function",
  numbers: (value) => Array.isArray(value) && value.every(is.number),
  texts: (value) => Array.isArray(value) && value.every(is.text),
  sortable: (value) => is.numbers(value) || is.texts(value),
  countable: (value) => is.text(value) || is.list(value) || is.map(value),
  reversible: (value) => is.text(value) || is.list(value),
};

interface Definition {
  readonly takes: readonly Kind[];
  /** Any number of the last one, at least one. */
  readonly variadic?: true;
  // The kinds in `takes` were checked before: what a function declares is what it gets.
  readonly call: (...args: never[]) => unknown;
}

function define(takes: readonly Kind[], call: Definition["call"]): Definition {
  return { takes, call };
}

const functions: ReadonlyMap<string, Definition> = new Map(
  Object.entries({
    abs: define(["number"], (n: unknown) => likeIts(n, (x) => (x < 0 ? -x : x))),
    ceil: define(["number"], (n: unknown) => rounded(n, Math.ceil)),
    floor: define(["number"], (n: unknown) => rounded(n, Math.floor)),
    sum: define(["numbers"], sum),
    avg: define(["numbers"], (list: unknown[]) =>
      list.length === 0 ? null : toFloat(list.reduce<number>((total, n) => total + Number(numeric(n)), 0) / list.length),
    ),
    max: define(["sortable"], (list: unknown[]) => extreme(list, (item) => item, 1)),
    min: define(["sortable"], (list: unknown[]) => extreme(list, (item) => item, -1)),
    max_by: define(["list", "expression"], (list: unknown[], by: Find) => extreme(list, by, 1)),
    min_by: define(["list", "expression"], (list: unknown[], by: Find) => extreme(list, by, -1)),
    sort: define(["sortable"], (list: unknown[]) => sortedBy(list, (item) => item)),
    sort_by: define(["list", "expression"], (list: unknown[], by: Find) => sortedBy(list, by)),
    map: define(["expression", "list"], (change: Find, list: unknown[]) => list.map((item) => change(item) ?? null)),
    contains: define(["reversible", "any"], contains),
    starts_with: define(["text", "text"], (text: string, start: string) => text.startsWith(start)),
    ends_with: define(["text", "text"], (text: string, end: string) => text.endsWith(end)),
    join: define(["text", "texts"], (glue: string, list: string[]) => list.join(glue)),
    length: define(["countable"], (value: string | unknown[] | object) =>
      typeof value === "string" ? [...value].length : Array.isArray(value) ? value.length : Object.keys(value).length,
    ),
    reverse: define(["reversible"], (value: string | unknown[]) =>
      typeof value === "string" ? [...value].reverse().join("") : value.toReversed(),
    ),
    keys: define(["map"], (map: object) => Object.keys(map)),
    values: define(["map"], (map: object) => Object.values(map)),
    merge: { takes: ["map"], variadic: true, call: merge },
    not_null: { takes: ["any"], variadic: true, call: (...values: unknown[]) => values.find((one) => one !== null) ?? null },
    to_array: define(["any"], (value: unknown) => (Array.isArray(value) ? value : [value])),
    to_string: define(["any"], (value: unknown) => (typeof value === "string" ? value : toJson(value))),
    to_number: define(["any"], toNumber),
    type: define(["any"], typeName),
  } satisfies Record<string, Definition>),
);

/**
 * A function as one of its arguments' values.
 *
 * @throws Error for a name or a number of arguments that cannot work.
 */
export function functionOf(name: string, count: number): (args: readonly unknown[]) => unknown {
  const definition = functions.get(name);
  if (!definition) throw new Error(`Unknown function: ${name}(). Known are: ${[...functions.keys()].sort().join(", ")}`);
  const { takes, variadic, call } = definition;
  if (variadic ? count < takes.length : count !== takes.length) {
    throw new Error(`${name}() takes ${takes.length}${variadic ? " or more arguments" : " argument(s)"}, found ${count}`);
  }
  const kinds = Array.from({ length: count }, (_, i) => takes[Math.min(i, takes.length - 1)] ?? "any");
  return (args) => {
    for (const [i, kind] of kinds.entries()) {
      if (!is[kind](args[i]))
        throw new Error(`${name}() expects a ${kind} as argument ${i + 1}, found ${describeValue(args[i])}`);
    }
    return call(...(args as never[]));
  };
}

/** The result is of the argument's kind. */
function likeIts(value: unknown, change: (n: number | bigint) => number | bigint): unknown {
  const number = numeric(value) ?? 0;
  return isFloat(value) ? toFloat(Number(change(number))) : change(number);
}

function rounded(value: unknown, round: (n: number) => number): unknown {
  const number = numeric(value) ?? 0;
  return typeof number === "bigint" ? number : round(number);
}

/** Of integers it is exact; of any float, a float. */
function sum(list: readonly unknown[]): unknown {
  const numbers = list.map((item) => numeric(item) ?? 0);
  const isExact = list.every((item) => typeof item === "bigint" || Number.isInteger(item));
  if (!isExact) return toFloat(numbers.reduce<number>((total, n) => total + Number(n), 0));
  const total = numbers.reduce<bigint>((whole, n) => whole + BigInt(n), 0n);
  return Number.isSafeInteger(Number(total)) ? Number(total) : total;
}

function keysOf(list: readonly unknown[], by: Find): (readonly [item: unknown, key: unknown])[] {
  const keyed = list.map((item) => [item, by(item)] as const);
  const first = keyed[0]?.[1];
  const kind: Kind = typeof first === "string" ? "text" : "number";
  for (const [, key] of keyed) {
    if (!is[kind](key)) throw new Error(`it can order by numbers or by texts, found ${describeValue(key)}`);
  }
  return keyed;
}

/** The first of those that are largest (`sign` 1) or smallest (`sign` -1). */
function extreme(list: readonly unknown[], by: Find, sign: 1 | -1): unknown {
  const [first, ...rest] = keysOf(list, by);
  if (!first) return null;
  return rest.reduce((best, one) => ((order(one[1], best[1]) ?? 0) * sign > 0 ? one : best), first)[0];
}

function sortedBy(list: readonly unknown[], by: Find): unknown[] {
  return keysOf(list, by)
    .sort(([, a], [, b]) => order(a, b) ?? 0)
    .map(([item]) => item);
}

function contains(inside: string | unknown[], wanted: unknown): boolean {
  if (typeof inside === "string") return typeof wanted === "string" && inside.includes(wanted);
  return inside.some((item) => sameContent(item, wanted));
}

function merge(...maps: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const map of maps) for (const [key, value] of Object.entries(map)) setOwn(all, key, value);
  return all;
}

function toNumber(value: unknown): unknown {
  if (is.number(value)) return value;
  if (typeof value !== "string" || !/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(value)) return null;
  const number = Number(value);
  if (/[.eE]/.test(value)) return toFloat(number);
  return Number.isSafeInteger(number) ? number : BigInt(value.trim().replace("+", ""));
}

/** As JSON; floats keep their point, integers all their digits. */
function toJson(value: unknown): string {
  const number = numeric(value);
  if (number !== undefined) return isFloat(value) && Number.isInteger(number) ? `${number}.0` : String(number);
  if (Array.isArray(value)) return `[${value.map(toJson).join(",")}]`;
  if (!isMap(value)) return JSON.stringify(value) ?? "null";
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}:${toJson(inner)}`)
    .join(",")}}`;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (is.number(value)) return "number";
  if (Array.isArray(value)) return "array";
  return isMap(value) ? "object" : typeof value === "boolean" ? "boolean" : "string";
}
