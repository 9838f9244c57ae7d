import { identity, isMap, numeric } from "../values.ts";

/** A compiled expression. It gives null for what is not there. */
export type Find = (document: unknown) => unknown;

/** An own property of a map. Texts and lists have none here, and no prototype is asked. */
export function field(name: string): Find {
  return (document) => {
    if (typeof document !== "object" || document === null || Array.isArray(document)) return null;
    return Object.hasOwn(document, name) ? ((document as Record<string, unknown>)[name] ?? null) : null;
  };
}

/** Dotted names in one function. */
export function fields(names: readonly string[]): Find {
  const [first = "", second = "", third] = names;
  if (names.length === 1) return field(first);
  const [outer, inner] = [field(first), field(second)];
  if (third === undefined) return (document) => inner(outer(document));
  const rest = fields(names.slice(2));
  return (document) => rest(inner(outer(document)));
}

/** Every element for which the condition holds, through the right side; what becomes null is left out. */
export function projected(left: Find, right: Find, condition: Find = () => true): Find {
  return (document) => {
    const list = left(document);
    if (!Array.isArray(list)) return null;
    const results: unknown[] = [];
    for (const item of list) {
      if (!isTruthy(condition(item))) continue;
      const result = right(item);
      if (result !== null && result !== undefined) results.push(result);
    }
    return results;
  };
}

/** A slice as in Python: negative numbers count from the end, a negative step goes backwards. */
export function sliced(start: number | null, stop: number | null, step: number | null): Find {
  const by = step ?? 1;
  if (by === 0) throw new Error("a slice's step cannot be 0");
  return (document) => {
    if (!Array.isArray(document)) return null;
    const { length } = document;
    const [lowest, highest] = by > 0 ? [0, length] : [-1, length - 1];
    const bound = (given: number | null, otherwise: number) =>
      given === null ? otherwise : Math.min(Math.max(given < 0 ? given + length : given, lowest), highest);
    const from = bound(start, by > 0 ? lowest : highest);
    const to = bound(stop, by > 0 ? highest : lowest);
    const items: unknown[] = [];
    for (let i = from; by > 0 ? i < to : i > to; i += by) items.push(document[i]);
    return items;
  };
}

/** Everything but null, false, and what is empty. 0 is true. */
export function isTruthy(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isMap(value) || Object.keys(value).length > 0;
}

/** Equal by content; numbers of all kinds by value. */
export function sameContent(first: unknown, second: unknown): boolean {
  if (first === second) return true;
  if (typeof first !== "object" && typeof second !== "object" && typeof first !== "bigint" && typeof second !== "bigint")
    return false;
  return identity(first) === identity(second);
}

/** Which comes first: of two numbers or two texts (by code points). Undefined for anything else. */
export function order(first: unknown, second: unknown): number | undefined {
  if (typeof first === "string" && typeof second === "string") return compareTexts(first, second);
  const [a, b] = [numeric(first), numeric(second)];
  if (a === undefined || b === undefined) return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** JavaScript compares UTF-16 units, in which U+FFFD comes after U+1F600. */
function compareTexts(first: string, second: string): number {
  if (first === second) return 0;
  const end = Math.min(first.length, second.length);
  let at = 0;
  while (at < end && first.charCodeAt(at) === second.charCodeAt(at)) at++;
  if (at === end) return first.length - second.length;
  const [a, b] = [first.charCodeAt(at), second.charCodeAt(at)];
  const isSurrogate = (code: number) => code >= 0xd800 && code <= 0xdfff;
  return isSurrogate(a) === isSurrogate(b) ? a - b : isSurrogate(a) ? 1 : -1;
}

const signs = {
  LT: (sign: number) => sign < 0,
  LTE: (sign: number) => sign <= 0,
  GT: (sign: number) => sign > 0,
  GTE: (sign: number) => sign >= 0,
} as const;

/** A comparison; null where the two cannot be compared. */
export function comparison(name: keyof typeof signs): (first: unknown, second: unknown) => boolean | null {
  const holds = signs[name];
  return (first, second) => {
    const sign = order(first, second);
    return sign === undefined ? null : holds(sign);
  };
}
