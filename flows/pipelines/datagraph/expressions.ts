import { DeclarationError } from "datagraph";
import type { Provider } from "datagraph/interpret";

/** Parts of declarations whose texts are what they are. */
const LITERAL = new Set(["pattern", "regex", "path", "variable", "delimiter", "query", "schema"]);

/**
 * The same data with providers in place of texts that have expressions: `${team.name}` is what a JMESPath expression finds in the record, with anything
 * around it a text made of it (null where one of its parts is). `$${` stands for `${`. What stands under `value` is left as it is.
 *
 * @throws DeclarationError for an expression without its end.
 */
export function withExpressions(data: unknown): unknown {
  if (typeof data === "string") return expression(data);
  if (Array.isArray(data)) return data.map(withExpressions);
  if (data instanceof Map) return new Map([...data].map(([key, value]) => [key, withExpressions(value)]));
  if (typeof data !== "object" || data === null || Object.getPrototypeOf(data) !== Object.prototype) return data;
  const keys = Object.keys(data);
  if (keys.length === 1 && keys[0] === "value") return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      LITERAL.has(key) && typeof value === "string" ? value : withExpressions(value),
    ]),
  );
}

/** Whether a text has an expression in it. */
export function hasExpression(text: string): boolean {
  return partsOf(text).some((part) => typeof part !== "string");
}

interface Expression {
  readonly path: string;
}

function expression(text: string): string | Provider {
  if (!text.includes("${")) return text;
  const parts = partsOf(text);
  const [first, ...others] = parts;
  if (first === undefined) return "";
  if (others.length === 0) return first;
  const values = parts.flatMap((part, i) => (typeof part === "string" ? [] : [[`p${i}`, part] as const]));
  const template = parts.map((part, i) => (typeof part === "string" ? part.replaceAll(/[{}]/g, "$&$&") : `{p${i}}`)).join("");
  return { format: { text: template, parts: Object.fromEntries(values) } };
}

/** Texts and expressions, in turn. */
function partsOf(text: string): (string | Expression)[] {
  const parts: (string | Expression)[] = [];
  let plain = "";
  for (let i = 0; i < text.length; ) {
    if (text.startsWith("$${", i)) {
      plain += "${";
      i += 3;
    } else if (text.startsWith("${", i)) {
      const end = endOf(text, i + 2);
      if (plain !== "") parts.push(plain);
      plain = "";
      parts.push({ path: text.slice(i + 2, end).trim() });
      i = end + 1;
    } else plain += text[i++];
  }
  return plain === "" ? parts : [...parts, plain];
}

const QUOTES = new Set(["'", '"', "`"]);

/** Where the brace is that closes an expression; those inside of it, and of its texts, belong to it. */
function endOf(text: string, start: number): number {
  let depth = 0;
  let quote: string | undefined;
  for (let i = start; i < text.length; i++) {
    const letter = text[i] ?? "";
    if (quote !== undefined) {
      if (letter === "\\") i++;
      else if (letter === quote) quote = undefined;
    } else if (QUOTES.has(letter)) quote = letter;
    else if (letter === "{") depth++;
    else if (letter === "}" && depth-- === 0) return i;
  }
  throw new DeclarationError('Expected a "}" at the end of an expression that begins with "${"; "$${" stands for "${" itself.');
}
