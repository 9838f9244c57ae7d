import type { AnyProcessor, FailureOptions } from "datagraph";
import type { TimeToLive } from "datagraph/graph";
import type { HandleRecord, InterpreterDeclaration } from "datagraph/interpret";

/** What can be said of every step. */
export interface StepNaming {
  /** Names its processor within the pipeline. Default: what kind of step it is. */
  readonly name?: string;
  /** With `annotations` of a run, a step takes part when it has none of its own or shares one. */
  readonly annotations?: readonly string[];
}

interface Common extends StepNaming {
  /** What it does, in a word. */
  readonly kind: string;
}

/** The streams of a source, and its processor's name. */
export interface SourceNaming {
  readonly name: string;
  readonly output: string;
  /** Where records go that cannot be read. */
  readonly refused: string;
}

/** Where records come from. Behind other steps it hands on what these give, and then its own. */
export interface SourceStep extends Common {
  readonly role: "source";
  /** Whether it has an output for records that cannot be read. */
  readonly refuses: boolean;
  source(names: SourceNaming): AnyProcessor;
}

/** What becomes of records, one by one. */
export interface RecordStep extends Common {
  readonly role: "record";
  /** Whether what it gives is for a graph writer; `either`: where its input is. */
  readonly gives: "records" | "ingestions" | "either";
  /** The interpreters in it, for the schema. */
  readonly declarations: readonly InterpreterDeclaration[];
  /** Default: that of the pipeline. */
  readonly deadLetter?: DeadLetterChoice;
  /** How many of it share the records of a run. Default 1. */
  readonly replicas?: number;
  /** Loads what it needs beside the declaration: a module, a package. Those who run it call it first, so that what is missing is told of before. */
  load?(): Promise<void>;
  /** @param name stands in errors. */
  handler(name: string): HandleRecord<unknown>;
}

/** Deletes, once everything else is written, what has not been ingested for long. */
export interface ExpiryStep extends Common {
  readonly role: "expiry";
  readonly timesToLive: readonly TimeToLive[];
}

export type PipelineStep = SourceStep | RecordStep | ExpiryStep;

/** What becomes of a record that a step cannot handle: it is set aside and the run goes on, or stops; or the run fails. */
export type DeadLetterChoice = NonNullable<FailureOptions["deadLetter"]> | "fail";
