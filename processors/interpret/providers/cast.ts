import { normalisers } from "../../graph/normalise.ts";
import { Problem } from "../errors.ts";
import { describeValue, isFloat, numeric, toFloat } from "../values.ts";
import type { CastType } from "./provider.ts";
import { pythonText } from "./python-text.ts";

type Cast = (value: unknown) => unknown;

/** What no value of this type can be made of. */
const REFUSED = Symbol("refused");

const INTEGER = /^[-+]?\d+(_\d+)*$/;
const NUMBER = /^[-+]?((\d+(_\d+)*)(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)(e[-+]?\d+(_\d+)*)?$/i;
const NOT_FINITE = /^([-+]?)(inf|infinity|nan)$/i;

const casts: Readonly<Record<CastType, Cast>> = { int, float, decimal: float, str: text, bool, bytes };

/**
 * A cast as a function. Null stays null.
 *
 * @param python as Python's constructors have it: `bool` of every text but "" is true, `str` of null "None" and of true "True".
 * @throws Problem (the function) for a value that cannot be converted.
 */
export function compileCast(to: CastType, python: boolean, declaration: string): Cast {
  const convert = python && to === "bool" ? pythonBool : python && to === "str" ? pythonStr : casts[to];
  const keepsNull = !python || (to !== "bool" && to !== "str");
  return (value) => {
    if (keepsNull && (value === null || value === undefined)) return null;
    const converted = convert(value);
    if (converted !== REFUSED) return converted;
    throw new Problem(declaration, `expected what can be cast to ${to}, found ${describeValue(value)} that cannot`);
  };
}

/** Towards zero; texts of digits, with a sign, white space around and single `_` between. */
function int(value: unknown): unknown {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") {
    const digits = normalisers.trim(value);
    return INTEGER.test(digits) ? integer(BigInt(digits.replace("+", "").replaceAll("_", ""))) : REFUSED;
  }
  const number = numeric(value);
  if (number === undefined) return REFUSED;
  if (typeof number === "bigint") return number;
  return Number.isFinite(number) ? integer(BigInt(Math.trunc(number))) : REFUSED;
}

function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function float(value: unknown): unknown {
  if (typeof value === "boolean") return toFloat(Number(value));
  if (typeof value !== "string") {
    const number = numeric(value);
    return number === undefined ? REFUSED : toFloat(Number(number));
  }
  const digits = normalisers.trim(value);
  const special = NOT_FINITE.exec(digits);
  if (special) {
    const size = special[2]?.toLowerCase() === "nan" ? Number.NaN : Number.POSITIVE_INFINITY;
    return toFloat(special[1] === "-" ? -size : size);
  }
  return NUMBER.test(digits) ? toFloat(Number(digits.replaceAll("_", ""))) : REFUSED;
}

function text(value: unknown): unknown {
  return typeof value === "boolean" ? String(value) : (pythonText(value) ?? REFUSED);
}

const words = new Map(
  Object.entries({ true: true, false: false, yes: true, no: false, on: true, off: false, "1": true, "0": false, "": false }),
);

function bool(value: unknown): unknown {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return words.get(normalisers.trim(value).toLowerCase()) ?? REFUSED;
  const number = numeric(value);
  return number === undefined ? REFUSED : Number(number) !== 0;
}

function bytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  return typeof value === "string" ? new TextEncoder().encode(value) : REFUSED;
}

function pythonBool(value: unknown): unknown {
  if (value === null || value === undefined || value === "" || value === false) return false;
  if (isFloat(value) || typeof value === "number" || typeof value === "bigint") return Number(numeric(value)) !== 0;
  return Array.isArray(value) || value instanceof Uint8Array ? value.length > 0 : true;
}

function pythonStr(value: unknown): unknown {
  return pythonText(value) ?? REFUSED;
}
