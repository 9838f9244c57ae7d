/** What crosses between the main program and its threads: plain data and ports, by structured clone. */
import type { MessagePort } from "node:worker_threads";
import type { Failure } from "../errors.ts";
import type { Log, TaskContext } from "../processor/implementation.ts";
import { Many } from "../processor/many.ts";
import type { Thrown } from "./thrown.ts";

/** What a handler learns of its task that is plain data. */
export type PlainTask = Omit<TaskContext, "signal" | "log">;

/** One call of a handler, as a thread is asked for it. */
export interface CallRequest {
  /** URL of the module that implements the processor. */
  readonly module: string;
  /** URL of a module that exports `load(url)`, where `import()` would not do. */
  readonly loader: string | undefined;
  /** Names the task's attempt: its dependencies are made once in each thread. */
  readonly session: string;
  readonly task: PlainTask;
  /** The value, or the list of values. */
  readonly value: unknown;
  /** Whether buffers in results are moved instead of copied. */
  readonly transfer: boolean;
  /** What the call says goes here, and it hears from here that it must stop. */
  readonly port: MessagePort;
}

/** What a call says. */
export type CallMessage =
  | { readonly type: "log"; readonly level: keyof Log; readonly message: string; readonly fields?: Record<string, unknown> }
  /** The thread holds dependencies until it is told on this port that they are needed no more. */
  | { readonly type: "holds"; readonly until: "task" | "process"; readonly port: MessagePort }
  | { readonly type: "emissions"; readonly emissions: readonly PackedEmission[] }
  | { readonly type: "done"; readonly emissions: readonly PackedEmission[] }
  /** With what it had emitted before. */
  | { readonly type: "failed"; readonly emissions: readonly PackedEmission[]; readonly thrown: Thrown };

/** What a call is told. */
export type CallCommand =
  | { readonly type: "abort"; readonly reason: Failure }
  /** A list of emissions was taken: another one may come. */
  | { readonly type: "more" };

/** How holding dependencies ended. */
export interface Released {
  readonly failure?: Failure;
}

/** An emission's outputs: a clone would not keep what `many` made. Anything else goes as it is, to be refused. */
export type PackedEmission =
  | { readonly outputs: readonly (readonly [name: string, value: unknown, many: boolean])[] }
  | { readonly other: unknown };

export function packEmission(emission: unknown): PackedEmission {
  if (typeof emission !== "object" || emission === null) return { other: emission };
  return {
    outputs: Object.entries(emission).map(([name, value]) =>
      value instanceof Many ? [name, value.values, true] : [name, value, false],
    ),
  };
}

export function unpackEmission(packed: PackedEmission): unknown {
  if ("other" in packed) return packed.other;
  return Object.fromEntries(
    packed.outputs.map(([name, value, many]) => [name, many ? new Many(value as readonly unknown[]) : value]),
  );
}
