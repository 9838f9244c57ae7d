import { inspect } from "node:util";
import pc from "picocolors";
import { printable } from "../progress/printable.ts";
import { toJsonLine } from "./jsonable.ts";

/** Turns the values of one stream into text that ends with a line's end. */
export type ValueText = (stream: string, value: unknown) => string;

/** JSON Lines: the bare value, or with the name of its stream where there are several. */
export function jsonText(tagged: boolean): ValueText {
  if (!tagged) return (_, value) => `${toJsonLine(value)}\n`;
  return (stream, value) => `{"output":${JSON.stringify(stream)},"value":${toJsonLine(value)}}\n`;
}

/** For a person: text as it is, all else as Node's console shows it. */
export function readableText(tagged: boolean, { colours, columns }: { colours: boolean; columns: () => number }): ValueText {
  const { cyan } = pc.createColors(colours);
  return (stream, value) => {
    const label = tagged ? `${cyan(printable(stream))} ` : "";
    // Values come from anywhere: what they contain must not steer the terminal.
    const text = typeof value === "string" ? printable(value, { lines: true }) : show(value, colours, columns());
    return `${label}${text.includes("\n") && tagged ? "\n" : ""}${text}\n`;
  };
}

function show(value: unknown, colors: boolean, breakLength: number): string {
  return inspect(value, { colors, breakLength, depth: 6, maxArrayLength: 100, maxStringLength: 10_000 });
}
