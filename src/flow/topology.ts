/**
 * A resolved flow as plain data: what the renderers draw, the stores keep and `toJSON` prints.
 * Names are in the order of declaration.
 */
export interface Topology {
  readonly processors: readonly ProcessorNode[];
  readonly streams: readonly StreamNode[];
}

export interface ProcessorNode {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whether it starts only when its inputs are complete. */
  readonly wait: boolean;
  /** How long it may take within one run, in milliseconds. */
  readonly deadlineMs?: number;
  /** Index of its partition in the plan. */
  readonly partition: number;
}

export interface StreamNode {
  readonly name: string;
  /** The processor that writes it; absent for a floating input, which the caller supplies. */
  readonly producer?: string;
  /** The processors that read it; none for an output of the flow. */
  readonly consumers: readonly string[];
}

/** A run's state laid over its topology, for pictures and the progress display. */
export interface Progress {
  readonly state: RunState;
  /** By processor name. */
  readonly tasks: Readonly<Record<string, TaskProgress>>;
  /** By stream name. */
  readonly streams: Readonly<Record<string, StreamProgress>>;
}

export type RunState = "running" | "completed" | "failed" | "cancelled";
export type TaskState = "waiting" | "ready" | "running" | "completed" | "failed" | "cancelled";

export interface TaskProgress {
  readonly state: TaskState;
  readonly attempt: number;
  /** Values that were set aside in the dead letters, where there were any. */
  readonly deadLetters?: number;
  /** How often values were tried again, where they were. */
  readonly retries?: number;
  /** How many replicas share it; absent for one. */
  readonly replicas?: number;
}

export interface StreamProgress {
  readonly state: "open" | "completed" | "failed" | "cancelled";
  /** Values written so far. */
  readonly values: number;
  /** Bytes written so far (in memory: an estimate). */
  readonly bytes: number;
  /** Values that the slowest consumer has not passed yet. */
  readonly backlog: number;
  /** Values per second since the progress before, where one is known. */
  readonly rate?: number;
  /** How far the writer may run ahead, in values, where that had to grow: the bounds alone would have blocked the run. */
  readonly bound?: number;
  /** For whom the writer waits, when it does. */
  readonly waitsFor?: string;
}
