import { isNameList, type StreamsDeclaration } from "../processor/declaration.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import { quoted, repeated } from "./name-text.ts";

const MAX_NAME_LENGTH = 10_000;
const STANDARD = "Standard Schema (Zod, Valibot, ArkType, …; stream<T>() checks nothing)";

/** Whether something given to a flow is a processor. Its type says so, but programs without types exist. */
export function isProcessor(item: unknown): item is AnyProcessor {
  if (typeof item !== "object" || item === null) return false;
  const { declaration, inputs, outputs }: { declaration?: unknown; inputs?: unknown; outputs?: unknown } = item;
  return typeof declaration === "object" && declaration !== null && inputs instanceof Map && outputs instanceof Map;
}

/** What is wrong with one processor by itself: its name, the names of its streams, their schemas. */
export function declarationProblems({ declaration, inputs, outputs }: AnyProcessor): string[] {
  const name: unknown = declaration.name;
  const who = typeof name === "string" ? `Processor ${quoted(name)}` : "A processor";
  const nameProblem = problemOfName(name);
  return [
    ...(nameProblem === undefined ? [] : [`${who}: its name ${nameProblem}`]),
    ...(inputs.size + outputs.size === 0 ? [`${who} has neither inputs nor outputs, so it has no place in a flow`] : []),
    ...deadlineProblems(declaration.deadlineMs, who),
    ...streamProblems(declaration.inputs, `${who}: input`),
    ...streamProblems(declaration.outputs, `${who}: output`),
    ...(declaration.state === undefined || isSchema(declaration.state)
      ? []
      : [`${who}: its state has no schema that follows ${STANDARD}`]),
  ];
}

function deadlineProblems(deadlineMs: unknown, who: string): string[] {
  if (deadlineMs === undefined || (typeof deadlineMs === "number" && deadlineMs > 0 && deadlineMs < Infinity)) return [];
  return [`${who}: its deadlineMs must be more than 0 milliseconds, found ${String(deadlineMs)}`];
}

function streamProblems(streams: StreamsDeclaration | undefined, which: string): string[] {
  if (streams === undefined) return [];
  if (isNameList(streams)) {
    const twice = repeated(streams);
    return [...new Set(streams)].flatMap((name) => [
      ...nameProblems(name, which),
      ...(twice.has(name) ? [`${which} ${quoted(name)} is listed twice`] : []),
    ]);
  }
  return Object.entries(streams).flatMap(([name, schema]) => [
    ...nameProblems(name, which),
    ...(isSchema(schema) ? [] : [`${which} ${quoted(name)} has no schema that follows ${STANDARD}`]),
  ]);
}

function nameProblems(name: string, which: string): string[] {
  const problem = problemOfName(name);
  return problem === undefined ? [] : [`${which} ${quoted(name)}: its name ${problem}`];
}

/** What is wrong with a name, if anything. Any text is a name: spaces within, emoji, control characters. */
function problemOfName(name: unknown): string | undefined {
  if (typeof name !== "string") return `must be text, found ${name === null ? "null" : typeof name}`;
  if (name.trim() === "") return name === "" ? "is empty" : "is blank";
  if (name.length > MAX_NAME_LENGTH) return `has ${name.length} characters; ${MAX_NAME_LENGTH} are allowed`;
  // Stores keep names as UTF-8, where all lone surrogates look the same.
  if (/\p{Surrogate}/u.test(name)) return "has half of a surrogate pair, which is not valid Unicode";
  return undefined;
}

function isSchema(schema: unknown): boolean {
  // ArkType's schemas are functions.
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null || !("~standard" in schema)) return false;
  const standard = schema["~standard"];
  return typeof standard === "object" && standard !== null && "validate" in standard && typeof standard.validate === "function";
}
