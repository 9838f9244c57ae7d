import { UsageError } from "../exit-codes.ts";

/** Where values of one input come from, as `--input` says. */
export type InputArgument = { readonly name: string } & InputOrigin;

export type InputOrigin =
  | { readonly kind: "values"; readonly values: readonly unknown[] }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "stdin" };

const FORM = "--input takes name=VALUE, name=@FILE or name=- (values from stdin)";

/**
 * What the `--input` options of a run say about its floating inputs. An input that is given several times gets the values
 * of all, in order.
 *
 * @throws UsageError for what cannot be read as an input, and for unknown and missing ones.
 */
export function parseInputs(texts: readonly string[], floating: readonly string[]): InputArgument[] {
  const inputs = texts.map((text) => parseInput(text, floating));
  const unknown = unique(inputs.map(({ name }) => name).filter((name) => !floating.includes(name)));
  const missing = floating.filter((name) => !inputs.some((input) => input.name === name));
  const expected = floating.length === 0 ? "This flow takes no inputs." : `This flow's inputs: ${quoted(floating)}.`;
  if (unknown.length > 0) throw new UsageError(`Unknown input: ${quoted(unknown)}. ${expected}`);
  if (missing.length > 0) throw new UsageError(`Missing input: ${quoted(missing)}. ${expected} ${FORM}.`);
  if (inputs.filter(({ kind }) => kind === "stdin").length > 1)
    throw new UsageError("Only one --input can be read from stdin (name=-).");
  return inputs;
}

function parseInput(text: string, floating: readonly string[]): InputArgument {
  // Names are any text, so they may contain "=": a name that the flow has wins, the longest first.
  const known = floating.filter((name) => text.startsWith(`${name}=`)).sort((a, b) => b.length - a.length)[0];
  const end = known?.length ?? text.indexOf("=");
  if (end < 1) throw new UsageError(`${FORM}, found ${JSON.stringify(text)}.`);
  const name = text.slice(0, end);
  const value = text.slice(end + 1);
  if (value === "-") return { name, kind: "stdin" };
  if (value === "@") throw new UsageError(`Input "${name}": expected a path behind "@".`);
  if (value.startsWith("@")) return { name, kind: "file", path: value.slice(1) };
  return { name, kind: "values", values: parseValues(name, value) };
}

/** The elements of a JSON array, each a value; anything else is one value. */
function parseValues(name: string, text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    throw new UsageError(`Input "${name}": expected JSON, found ${shorten(text)}.${hintFor(name, text)}`);
  }
}

function hintFor(name: string, text: string): string {
  if (/^[\s[{"]/.test(text) || text === "") return "";
  return ` A text needs its quotes: --input '${name}=${JSON.stringify(text.slice(0, 40))}'.`;
}

/** What was found, in a message: the beginning is enough to recognise it. */
export function shorten(text: string): string {
  if (text === "") return "nothing";
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

export function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
