import type { Declared } from "./declared.ts";

/** What can be done to texts on their way into the graph. */
export type Normalization = "lowercase" | "uppercase" | "trim" | "removeTrailingDots";

const rules: Readonly<Record<Normalization, (text: string) => string>> = {
  lowercase: (text) => text.toLowerCase(),
  uppercase: (text) => text.toUpperCase(),
  trim: trimmed,
  removeTrailingDots: withoutTrailingDots,
};
export const normalizations = Object.keys(rules) as readonly Normalization[];

export type Normalize = (value: unknown) => unknown;

/** Applies these in their order, to texts; other values, lists too, stay as they are. `undefined` where there is nothing to do. */
export function normalizer(names: readonly Normalization[]): Normalize | undefined {
  const steps = names.map((name) => rules[name]);
  const [first, second] = steps;
  if (first === undefined) return undefined;
  if (second === undefined) return (value) => (typeof value === "string" ? first(value) : value);
  return (value) => (typeof value === "string" ? steps.reduce((text, step) => step(text), value) : value);
}

/** A list of names, or `otherwise` where nothing is declared. */
export function declaredNormalization(declared: Declared, otherwise: readonly Normalization[]): readonly Normalization[] {
  if (!declared.isThere) return otherwise;
  return declared.items(`a list of ${normalizations.join(", ")}`).map((item) => item.oneOf(normalizations));
}

/** Unicode's white space, as Python has it: separators such as U+001F and U+0085 count, the byte order mark does not. */
function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f);
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** Without white space at both ends. Not by a regular expression: those take quadratic time for long runs of blanks. */
export function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function withoutTrailingDots(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x2e) end--;
  return text.slice(0, end);
}
