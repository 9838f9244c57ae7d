import { randomUUID } from "node:crypto";
import { DeclarationError, FlowInputError } from "../errors.ts";
import type { Topology } from "../flow/topology.ts";
import type { RunRecord, StreamRecord, TaskRecord } from "../streams/store.ts";
import { amount, boundsOf, describe, oneOf, type StartOptions } from "./options.ts";

const DEFAULT_KEEP_MS = 60 * 60 * 1000;
const MAX_ID_LENGTH = 200;

/** The record of a new run: a flow's topology with indices for names, and what the options say. */
export function newRunRecord({ processors, streams }: Topology, options: StartOptions, durable: boolean, now: number): RunRecord {
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
    tasks: processors.map(
      ({ name, wait, inputs, outputs, deadlineMs }): TaskRecord => ({
        processor: name,
        wait,
        ...(deadlineMs !== undefined && { deadlineMs: Math.ceil(deadlineMs) }),
        inputs: inputs.map((input) => indexOf(streamIndex, input)),
        outputs: outputs.map((output) => indexOf(streamIndex, output)),
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
