import { DatagraphError } from "datagraph";
import { parseExactly } from "./exact.ts";

/** Text that is not JSON. The message says where; `cause` is the parser's own error. */
export class JsonError extends DatagraphError {
  constructor(message: string, options?: ErrorOptions) {
    super("JSON", message, options);
  }
}

/**
 * A number that `JSON.parse` alone could read as another one: with a point or an exponent, of 16 digits and more, or `-0`. It looks
 * only at what begins like a number in JSON begins; a string that contains such a thing costs time and no more.
 */
const SUSPICIOUS = /(?:^|[:,[\s])-?(?:\d{16,}|0(?=[\s,}\]]|$)|\d+(?=[.eE]))(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Reads JSON and keeps the kinds of its numbers: an integer stays one, as a bigint from 2^53 on; a number with a point or an exponent
 * is a float, also where it is whole: `1.0` becomes `{ float: 1 }`. `-0` is 0. Of a key that is there twice the last one counts;
 * `__proto__` is a key like any other.
 *
 * @throws JsonError when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JsonError(`This is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return losesNumbers(text) ? parseExactly(text) : value;
}

function losesNumbers(text: string): boolean {
  SUSPICIOUS.lastIndex = 0;
  for (let found = SUSPICIOUS.exec(text); found !== null; found = SUSPICIOUS.exec(text)) {
    const token = found[0];
    // What follows the sign or the character before it; a blank in front does no harm to Number.
    const number = Number(/[:,[]/.test(token.charAt(0)) ? token.slice(1) : token);
    if (Number.isInteger(number) ? !isPlainInteger(token, number) : !Number.isFinite(number)) return true;
  }
  return false;
}

function isPlainInteger(token: string, number: number): boolean {
  return Number.isSafeInteger(number) && !Object.is(number, -0) && !/[.eE]/.test(token);
}
