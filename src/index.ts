/**
 * Datagraph: distributed, decentralised dataflow. Declare processors with named streams, wire them into flows, run them
 * here or on workers, and stream the results back while they are made.
 */
export * from "./errors.ts";
export {
  type Executor,
  type ExecutorHost,
  type Task,
  TaskLeftError,
  type TaskWorker,
  type WorkerOptions,
} from "./executors/executor.ts";
export { LocalExecutor } from "./executors/local.ts";
export { Flow } from "./flow/flow.ts";
export type { AllStreamsOf, FlowInputs, FlowShape, OutputsOf, StartArguments } from "./flow/flow-types.ts";
export type { FlowJson, ProcessorJson, StreamJson } from "./flow/render/index.ts";
export { ResolvedFlow } from "./flow/resolved-flow.ts";
export type * from "./flow/topology.ts";
export { IO } from "./io/io.ts";
export type { Tagged } from "./io/merge.ts";
export { UnequalStreamsError, type ZipOptions } from "./io/zip.ts";
export { Checkpoint, checkpoint } from "./processor/checkpoint.ts";
export type * from "./processor/declaration.ts";
export { DeclarationMismatchError, type DeclarationRecord, type StreamSignature } from "./processor/declaration-record.ts";
export * from "./processor/dependency.ts";
export type { FailureOptions } from "./processor/failure-policy.ts";
export type { BatchHandler, EachHandler, Handler, HandlerContext, HandlerTask } from "./processor/handler.ts";
export type { BatchOptions, EachOptions, Log, PlainOptions, TaskContext } from "./processor/implementation.ts";
export type { IsolateOptions } from "./processor/isolate.ts";
export { Many, many } from "./processor/many.ts";
export { type AnyProcessor, Processor } from "./processor/processor.ts";
export type { Backoff, NonRetryable, RetryOptions } from "./processor/retry.ts";
export { type Schema, stream, type UncheckedSchema } from "./processor/schema.ts";
export { RetryableError, type RetryableErrorOptions, TerminalError } from "./processor/verbs.ts";
export { FlowRun, type RunOutputs, type RunStatus } from "./run/flow-run.ts";
export type { StartOptions, StreamOptions } from "./run/options.ts";
export * from "./streams/codecs/index.ts";
export type { DeadLetter, DeadLetterLimits, DeadLetterStore, SetAside, TaskFailures } from "./streams/dead-letters.ts";
export { UnknownFormatError } from "./streams/envelope.ts";
export { MemoryStore, type MemoryStoreOptions } from "./streams/memory/memory-store.ts";
export type { RedisOptions } from "./streams/redis/options.ts";
export { RunConflictError } from "./streams/run-record.ts";
export type * from "./streams/store.ts";
export { UndecodableValue } from "./streams/undecodable.ts";
export type { DeadLetters, RetryLetterOptions } from "./supervisor/dead-letters.ts";
export type { SupervisorOptions } from "./supervisor/options.ts";
export { Supervisor } from "./supervisor/supervisor.ts";
export type { WorkOptions } from "./supervisor/work.ts";
export type { LeaseLost } from "./tasks/lease-lost.ts";
export { ThreadLostError } from "./threads/errors.ts";
export type { ThreadOptions } from "./threads/options.ts";
