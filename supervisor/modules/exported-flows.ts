import { type AnyProcessor, Flow, Processor, ResolvedFlow } from "datagraph";
import { CommandError, UsageError } from "../exit-codes.ts";

/**
 * The flow of a module to work with, resolved: its only one, or the one that is exported as `name`. A processor counts as
 * a flow of itself where a module exports no flow, or when it is asked for by name.
 *
 * @throws UsageError when there is none, or several and no name; FlowResolutionError when the flow cannot be resolved.
 */
export function chooseFlow(module: Readonly<Record<string, unknown>>, name: string | undefined, label: string): ResolvedFlow {
  const flows = exportsOf(module, isFlow);
  const processors = exportsOf(module, isProcessor).map(({ names, value }) => ({ names, value: Flow.fromProcessors(value) }));
  const candidates = flows.length > 0 ? flows : processors;
  if (name !== undefined) {
    const named = [...flows, ...processors].find(({ names }) => names.includes(name));
    if (!named) throw new UsageError(`${label} exports no flow "${name}". ${describeCandidates(module, candidates)}`);
    return resolved(named.value);
  }
  const [only, ...others] = candidates;
  if (!only) throw new UsageError(`${label} exports no flow. ${describeCandidates(module, candidates)}`);
  if (others.length > 0)
    throw new UsageError(`${label} exports several flows: choose one with --flow. ${describeCandidates(module, candidates)}`);
  return resolved(only.value);
}

interface Candidate<T> {
  readonly names: readonly string[];
  readonly value: T;
}

function exportsOf<T>(module: Readonly<Record<string, unknown>>, accepts: (value: unknown) => value is T): Candidate<T>[] {
  const found = new Map<T, string[]>();
  for (const [name, value] of Object.entries(module)) {
    assertOwnLibrary(name, value);
    if (accepts(value)) found.set(value, [...(found.get(value) ?? []), name]);
  }
  return [...found].map(([value, names]) => ({ names, value }));
}

function isFlow(value: unknown): value is Flow | ResolvedFlow {
  return value instanceof Flow || value instanceof ResolvedFlow;
}

function isProcessor(value: unknown): value is AnyProcessor {
  return value instanceof Processor;
}

function resolved(flow: Flow | ResolvedFlow): ResolvedFlow {
  return flow instanceof Flow ? flow.resolve() : flow;
}

function describeCandidates(module: Readonly<Record<string, unknown>>, candidates: readonly Candidate<unknown>[]): string {
  if (candidates.length > 0) return `Its flows: ${candidates.map(({ names }) => names.join(" = ")).join(", ")}.`;
  const others = Object.entries(module).map(([name, value]) => `${name} (${kindOf(value)})`);
  const found = others.length === 0 ? "It exports nothing" : `It exports: ${others.join(", ")}`;
  return `${found}. Expected an export made by Flow.fromProcessors(…), as in: export const flow = Flow.fromProcessors(a, b);`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "function") return /^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "function";
  return typeof value;
}

/** A flow of another copy of the library has its own classes and cannot be run by this one: say so, not "no flow". */
function assertOwnLibrary(name: string, value: unknown): void {
  if (typeof value !== "object" || value === null || isFlow(value)) return;
  if (!["Flow", "ResolvedFlow"].includes(value.constructor?.name) || !("processors" in value)) return;
  throw new CommandError(
    `The export "${name}" is a flow of another copy of datagraph than the one that this command belongs to. ` +
      "Install one copy for both, and run the command from your project: npx datagraph …",
  );
}
