import { randomUUID } from "node:crypto";
import { DeclarationError, FlowInputError } from "../errors.ts";
import type { ResolvedFlow } from "../flow/resolved-flow.ts";
import type { Implementation } from "../processor/implementation.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import type { Schema } from "../processor/schema.ts";
import { schemaDigest } from "../processor/schema-digest.ts";
import type { RunRecord, StreamRecord, TaskRecord } from "../streams/store.ts";
import { amount, boundsOf, describe, oneOf, type StartOptions } from "./options.ts";

const DEFAULT_KEEP_MS = 60 * 60 * 1000;
const MAX_ID_LENGTH = 200;

/** What a record says of its start. */
export interface RunStart {
  /** Whether its tasks outlive the processes that perform them. */
  readonly durable: boolean;
  /** Who starts it. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How a processor is implemented in this process, which performs the run where it is not durable. */
  readonly implementationOf: (processor: string) => Implementation | undefined;
}

/** The record of a new run: a flow's topology with indices for names, and what the options say. */
export function newRunRecord(
  { topology: { processors, streams }, processors: declared }: Pick<ResolvedFlow, "topology" | "processors">,
  options: StartOptions,
  { durable, by, now, implementationOf }: RunStart,
): RunRecord {
  const taskIndex = new Map(processors.map((processor, index) => [processor.name, index]));
  const streamIndex = new Map(streams.map((stream, index) => [stream.name, index]));
  const outputs = oneOf("outputs", options.outputs ?? "unconsumed", ["unconsumed", "all"]);
  const unknown = Object.keys(options.streams ?? {}).filter((name) => !streamIndex.has(name));
  if (unknown.length > 0) {
    throw new DeclarationError(
      `Options for unknown streams: ${unknown.join(", ")}. The flow has: ${[...streamIndex.keys()].join(", ")}.`,
    );
  }
  const indexOf = (indices: ReadonlyMap<string, number>, name: string): number => {
    const index = indices.get(name);
    if (index === undefined) throw new RangeError(`The topology lacks "${name}"`);
    return index;
  };
  return {
    id: checkedId(options.id ?? randomUUID()),
    createdAt: now,
    onError: oneOf("onError", options.onError ?? "cancel", ["cancel", "continue"]),
    keepMs: amount("keepMs", options.keepMs ?? DEFAULT_KEEP_MS),
    durable,
    ...(options.deadlineMs !== undefined && { deadlineMs: amount("deadlineMs", options.deadlineMs) }),
    startedBy: by,
    tasks: processors.map(
      ({ name, wait, inputs, outputs, deadlineMs }): TaskRecord => ({
        processor: name,
        wait,
        ...(deadlineMs !== undefined && { deadlineMs: Math.ceil(deadlineMs) }),
        inputs: inputs.map((input) => indexOf(streamIndex, input)),
        outputs: outputs.map((output) => indexOf(streamIndex, output)),
        // Only other processes could have other ones.
        ...(durable && schemasOf(declared.get(name))),
        ...(!durable && isRetried(implementationOf(name)) && { restarts: true }),
      }),
    ),
    streams: streams.map(({ name, producer, consumers }): StreamRecord => {
      const output = consumers.length === 0 || outputs === "all";
      return {
        name,
        ...(producer !== undefined && { producer: indexOf(taskIndex, producer) }),
        consumers: consumers.map((consumer) => indexOf(taskIndex, consumer)),
        output,
        bounds: boundsOf(name, output, options.streams?.[name], options.defaults),
      };
    }),
  };
}

/** Whether it may begin anew where it fails. Handlers of values do not read their input again. */
function isRetried(implementation: Implementation | undefined): boolean {
  return implementation?.kind === "stream" && implementation.retry !== undefined;
}

function schemasOf(processor: AnyProcessor | undefined): Pick<TaskRecord, "schemas"> {
  const digests = (schemas: Iterable<Schema | undefined> = []) => Array.from(schemas, (schema) => schemaDigest(schema) ?? null);
  const [inputs, outputs] = [digests(processor?.inputs.values()), digests(processor?.outputs.values())];
  return [...inputs, ...outputs].some((digest) => digest !== null) ? { schemas: { inputs, outputs } } : {};
}

function checkedId(id: string): string {
  if (typeof id !== "string" || id.trim() === "" || id.length > MAX_ID_LENGTH) {
    throw new DeclarationError(`A run's id is text of 1 to ${MAX_ID_LENGTH} characters, found ${describe(id)}.`);
  }
  return id;
}

/** Checks that exactly the floating inputs are supplied, each as something that can be iterated. */
export function checkInputs(floating: readonly string[], supplied: Readonly<Record<string, unknown>>): void {
  if (typeof supplied !== "object" || supplied === null) {
    throw new FlowInputError(
      `A flow's inputs are an object with an iterable of values for each of them, found ${describe(supplied)}.`,
    );
  }
  const missing = floating.filter((name) => supplied[name] === undefined);
  const unknown = Object.keys(supplied).filter((name) => !floating.includes(name));
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");
  const expected =
    floating.length === 0 ? "This flow has no floating inputs" : `This flow's floating inputs are: ${quoted(floating)}`;
  if (missing.length > 0) throw new FlowInputError(`No values were supplied for ${quoted(missing)}. ${expected}.`);
  if (unknown.length > 0)
    throw new FlowInputError(`Values were supplied for ${quoted(unknown)}, which the flow does not take. ${expected}.`);
  for (const name of floating) {
    const source = supplied[name];
    if (typeof source === "object" && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source)) continue;
    throw new FlowInputError(
      `Input "${name}" must be an iterable or async iterable of values, found ${kindOf(source)}. Wrap a single value in a list: [value].`,
    );
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? `an object of ${value.constructor?.name ?? "no class"}` : `a ${typeof value}`;
}
