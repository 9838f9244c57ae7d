/**
 * How texts are made alike before they are compared. Cases follow Unicode's full mappings (ß becomes SS, Σ at the end of a
 * word ς); white space is what Unicode and Python take for it.
 */
export const normalisers = {
  lowercase: (text: string) => text.toLowerCase(),
  uppercase: (text: string) => text.toUpperCase(),
  trim: (text: string) => trim(text),
  removeTrailingDots: (text: string) => withoutTrailingDots(text),
} as const;

export type NormaliserName = keyof typeof normalisers;

/** One function that applies normalisers in this order to texts, and leaves everything else as it is. */
export function normaliser(names: readonly NormaliserName[]): <T>(value: T) => T | string {
  const steps = names.map((name) => normalisers[name]);
  const [first, second] = steps;
  if (first === undefined) return (value) => value;
  // Mostly it is one: then there is nothing to loop over, for each value of a record.
  if (second === undefined) return (value) => (typeof value === "string" ? first(value) : value);
  return (value) => {
    if (typeof value !== "string") return value;
    let text: string = value;
    for (const step of steps) text = step(text);
    return text;
  };
}

// Loops, because a regular expression that looks for the end of a text tries every blank inside it.
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function withoutTrailingDots(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === DOT) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** As Python's `str.isspace`: not U+FEFF, which JavaScript trims, but the separators U+001C to U+001F and U+0085. */
function isBlank(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f);
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  return (
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x1680 ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

const DOT = 0x2e;
