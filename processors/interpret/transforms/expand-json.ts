import { parseJson } from "../../json/parse.ts";
import type { Declared } from "../declared.ts";
import { Problem } from "../errors.ts";
import { messageOf } from "../providers/compile.ts";
import { describeValue, isMap, setOwn } from "../values.ts";

/** Replaces a JSON text by what it holds, in a copy of the record. */
export function compileExpandJson(declaration: Declared): (record: unknown) => readonly unknown[] {
  const declared = declaration.map("type", "path").at("path");
  const names = typeof declared.value === "string" ? [declared.text()] : declared.texts("a name, or a list of names");
  if (names.length === 0) declared.refuse("a name, or a list of names");
  return (record) => [expandedAt(record, names, declared.path)];
}

function expandedAt(value: unknown, names: readonly string[], declaration: string): unknown {
  const [name, ...rest] = names;
  if (name === undefined) return expanded(value, declaration);
  if (!isMap(value) || !Object.hasOwn(value, name)) return value;
  const [before, after] = [value[name], expandedAt(value[name], rest, declaration)];
  if (before === after) return value;
  const copy = { ...value };
  setOwn(copy, name, after);
  return copy;
}

function expanded(text: unknown, declaration: string): unknown {
  if (text === null || text === undefined) return text;
  if (typeof text !== "string") throw new Problem(declaration, `expected a text that is JSON, found ${describeValue(text)}`);
  try {
    return parseJson(text);
  } catch (cause) {
    throw new Problem(declaration, messageOf(cause), { cause });
  }
}
