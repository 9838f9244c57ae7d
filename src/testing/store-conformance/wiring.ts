import type { RunRecord, StreamBounds } from "../../streams/store.ts";

/** A run by the names of its streams; everything else has a default. */
export interface Wiring {
  readonly id?: string;
  readonly createdAt?: number;
  readonly tasks: readonly WiredTask[];
  readonly onError?: "cancel" | "continue";
  readonly keepMs?: number;
  /** Whether tasks can have another attempt. Default false. */
  readonly durable?: boolean;
  /** How long it may take. */
  readonly deadlineMs?: number;
  /** Bounds of every stream. */
  readonly bounds?: Partial<StreamBounds>;
  /** Streams that have consumers and are handed to the caller, too. */
  readonly outputs?: readonly string[];
}

export interface WiredTask {
  readonly processor: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly wait?: boolean;
  /** How long it may take. */
  readonly deadlineMs?: number;
  /** Whether who performs it may begin anew, also where the run is not durable. */
  readonly restarts?: true;
}

/** The record of a run; its streams are in the order in which the tasks name them. */
export function wire({
  id = "run",
  createdAt = 0,
  tasks,
  onError = "cancel",
  keepMs = 60_000,
  durable = false,
  deadlineMs,
  bounds,
  outputs,
}: Wiring): RunRecord {
  const names = [...new Set(tasks.flatMap((task) => [...(task.inputs ?? []), ...(task.outputs ?? [])]))];
  const indices = (wanted: readonly string[] = []) => wanted.map((name) => names.indexOf(name));
  return {
    id,
    createdAt,
    onError,
    keepMs,
    durable,
    ...(deadlineMs !== undefined && { deadlineMs }),
    tasks: tasks.map((task) => ({
      processor: task.processor,
      wait: task.wait ?? false,
      ...(task.deadlineMs !== undefined && { deadlineMs: task.deadlineMs }),
      ...(task.restarts && { restarts: task.restarts }),
      inputs: indices(task.inputs),
      outputs: indices(task.outputs),
    })),
    streams: names.map((name) => {
      const producer = tasks.findIndex((task) => task.outputs?.includes(name));
      const consumers = tasks.flatMap((task, index) => (task.inputs?.includes(name) ? [index] : []));
      const output = consumers.length === 0 || (outputs?.includes(name) ?? false);
      return {
        name,
        ...(producer >= 0 && { producer }),
        consumers,
        output,
        bounds: {
          retain: output ? "all" : "unread",
          highWaterValues: 1000,
          highWaterBytes: 1024 * 1024,
          maxBacklogBytes: 1024 * 1024,
          ...bounds,
        },
      };
    }),
  };
}
