import { inspect } from "node:util";

/**
 * Every error this library throws on purpose is a {@link DatagraphError}: it has a stable `code`, says what was
 * expected, what was found and what to do, and keeps its `cause`.
 */
export class DatagraphError extends Error {
  /** A stable, upper-case identifier, for programs; the message is for people. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  override get name(): string {
    return this.constructor.name;
  }
}

/** A declaration, flow, option or argument that cannot work; found before anything runs. */
export class DeclarationError extends DatagraphError {
  constructor(message: string, options?: ErrorOptions) {
    super("DECLARATION", message, options);
  }
}

/** A flow that cannot be resolved; `problems` lists every mistake found, not only the first. */
export class FlowResolutionError extends DatagraphError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const list = problems.length === 1 ? problems[0] : problems.map((p) => `\n  - ${p}`).join("");
    super("FLOW_RESOLUTION", `This flow cannot be resolved: ${list}`);
    this.problems = problems;
  }
}

/** Inputs handed to `startFlow` that do not match the flow's floating inputs. */
export class FlowInputError extends DatagraphError {
  constructor(message: string, options?: ErrorOptions) {
    super("FLOW_INPUT", message, options);
  }
}

/** A value that its stream's schema refuses. `issues` are those of the schema, with their paths in the value. */
export class ValidationError extends DatagraphError {
  readonly stream: string;
  readonly issues: readonly ValidationIssue[];

  constructor(stream: string, issues: readonly ValidationIssue[], where: string) {
    const list = issues.map((i) => `${i.path === "" ? "the value" : i.path}: ${i.message}`).join("; ");
    super("VALIDATION", `A value of stream "${stream}" (${where}) does not match its schema: ${list}`);
    this.stream = stream;
    this.issues = issues;
  }
}

/** One complaint of a schema about one place in a value. */
export interface ValidationIssue {
  /** Path in the value, as in `items[3].price`; empty for the value itself. */
  readonly path: string;
  readonly message: string;
}

/** A handler that broke its contract: an unknown output, no output at all, a second end. */
export class HandlerError extends DatagraphError {
  constructor(message: string, options?: ErrorOptions) {
    super("HANDLER", message, options);
  }
}

/** A handler that took longer for a value, or a list of values, than its processor allows (`timeoutMs`). */
export class TimeoutError extends DatagraphError {
  constructor(processor: string, limitMs: number) {
    super(
      "TIMEOUT",
      `Processor "${processor}" took longer than ${limitMs} ms for one call. ` +
        "Its signal was aborted; pass it to whatever the handler waits for, or raise timeoutMs.",
    );
  }
}

/** A run or a task that has not ended in time (`deadlineMs`). */
export class DeadlineError extends DatagraphError {
  /** @param pending what it was still about, as in `"resize" (running)`. */
  constructor(what: string, limitMs: number, pending: readonly string[] = []) {
    const rest = pending.length === 0 ? "" : ` Still to be done: ${pending.join(", ")}.`;
    super("DEADLINE", `${what} has not ended within its deadline of ${limitMs} ms.${rest}`);
  }
}

/** A dead letter that is not there, or that cannot be tried again. */
export class DeadLetterError extends DatagraphError {
  constructor(message: string) {
    super("DEAD_LETTER", message);
  }
}

/** Dead letters take as much room as they may: nothing more is set aside, and the value's run fails. */
export class DeadLettersFullError extends DatagraphError {
  constructor(run: string, limit: string) {
    super(
      "DEAD_LETTERS_FULL",
      `Run ${run} has as many dead letters as are kept (${limit}), so its next failure is one of the run. ` +
        "Look at them (datagraph dead-letters list), retry or drop them, or raise the supervisor's deadLetters limits.",
    );
  }
}

/** A processor that no implementation is known for, in a place that must perform it. */
export class NotImplementedHereError extends DatagraphError {
  constructor(processors: readonly string[]) {
    const names = processors.map((p) => `"${p}"`).join(", ");
    super(
      "NOT_IMPLEMENTED_HERE",
      `No implementation of ${names} is known in this process, and its executor performs tasks here. ` +
        "Import the module that calls `.implement(…)` on it before starting the flow, or attach an executor that has workers.",
    );
  }
}

/** A task's failure as it is stored and travels: plain data, for any process and any store. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  /** Where it happened. Absent when the caller's own input failed. */
  readonly processor?: string;
  /** The supplied input that failed, when it was one. */
  readonly input?: string;
  readonly run: string;
  readonly attempt?: number;
  /** The failure's own chain of causes, outermost first. */
  readonly cause?: Omit<Failure, "run">;
}

/**
 * A stream or run that failed, as its readers see it. `failure` says where and why; when the failure happened in
 * this process `cause` is the very error that was thrown, else a copy with its name, message and stack.
 */
export class StreamFailedError extends DatagraphError {
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super("STREAM_FAILED", `${whereOf(failure)} failed: ${failure.name}: ${failure.message}`, {
      cause: cause ?? revive(failure),
    });
    this.failure = failure;
  }
}

function whereOf(failure: Failure): string {
  const origin = originName(failure);
  return origin === THE_RUN ? `run ${failure.run}` : `${origin} of run ${failure.run}`;
}

const THE_RUN = "the run";

/** What failed, in words: `processor "split"`, `supplied input "text"`, or `the run` itself. */
export function originName({ processor, input, code }: Pick<Failure, "processor" | "input" | "code">): string {
  if (processor !== undefined) return `processor "${processor}"`;
  if (code === "DEADLINE") return THE_RUN;
  return input === undefined ? "a supplied input" : `supplied input "${input}"`;
}

/** A stream or run that was cancelled, as its readers see it. */
export class CancelledError extends DatagraphError {
  readonly reason: string;

  constructor(reason: string) {
    super("CANCELLED", `Cancelled: ${reason}`);
    this.reason = reason;
  }
}

/** Values that were read were dropped before by the stream's retention. */
export class TrimmedError extends DatagraphError {
  constructor(stream: string, position: number, floor: number) {
    super(
      "TRIMMED",
      `Stream "${stream}" was asked for value ${position + 1}, but its values up to ${floor} were dropped once all its consumers had ` +
        'streamed past them. Read it once, or keep its values with startFlow(…, { streams: { [name]: { retain: "all" } } }).',
    );
  }
}

/** `first()` on a stream that completed without a value. */
export class EmptyStreamError extends DatagraphError {
  constructor(stream: string) {
    super("EMPTY_STREAM", `Stream "${stream}" completed without a value, so it has no first one.`);
  }
}

/** A value that the codec or a limit refuses: not serialisable, too large, too deep. Nothing of it was written. */
export class EncodingError extends DatagraphError {
  constructor(message: string, options?: ErrorOptions) {
    super("ENCODING", message, options);
  }

  /** A checkpoint's state that passes the limit of its store. */
  static stateTooLarge(processor: string, bytes: number, limit: number): EncodingError {
    return new EncodingError(
      `The state in a checkpoint of processor "${processor}" takes ${bytes} bytes; the limit is ${limit}. ` +
        "Save what is needed to go on, not what can be read again; or raise the supervisor's maxValueBytes.",
    );
  }

  /** A value of a stream that passes the limit of its store. */
  static tooLarge(stream: string, bytes: number, limit: number): EncodingError {
    return new EncodingError(
      `A value of stream "${stream}" takes ${bytes} bytes; the limit is ${limit}. ` +
        "Store large data elsewhere and pass a reference, split it into several values, or raise the supervisor's maxValueBytes.",
    );
  }
}

/** Bytes that the codec cannot decode. */
export class DecodingError extends DatagraphError {
  constructor(message: string, options?: ErrorOptions) {
    super("DECODING", message, options);
  }
}

/** Signed bytes whose signature does not match: altered on the way, or written with another key. */
export class TamperedDataError extends DatagraphError {
  constructor(message: string) {
    super("TAMPERED_DATA", message);
  }
}

/** A writer or task whose lease another owner holds by now; whatever it writes is refused. */
export class FencedError extends DatagraphError {
  constructor(what: string) {
    super("FENCED", `${what} is owned by a newer attempt, so this one stops. Nothing it wrote after the hand-over was kept.`);
  }
}

/** A generator that was performed again and did not give the values that it had given before. */
export class DeterminismError extends DatagraphError {
  readonly processor: string;
  readonly stream: string;

  /** @param found what is not as before: `gave other values …`. */
  constructor(processor: string, stream: string, found: string) {
    super(
      "NOT_DETERMINISTIC",
      `Processor "${processor}" was performed again, as its process was lost or it had thrown, and ${found} stream "${stream}". What is stored stays, and what would ` +
        "follow does not belong to it. A generator that is performed again must give the same values for the same inputs: not by the time, by chance, " +
        "or by which of two inputs came first. Use implementEach, which goes on where it was; or save such things with `yield checkpoint(state)` " +
        "when they are known; or get them in a processor of their own.",
    );
    this.processor = processor;
    this.stream = stream;
  }
}

/** A task whose processes are gone, so often that it is given up; or inputs whose supplier is. */
export class ProcessLostError extends DatagraphError {
  constructor(message: string) {
    super("PROCESS_LOST", message);
  }
}

/** The run is not (or no longer) known to the store: expired, deleted, or its server lost data. */
export class RunLostError extends DatagraphError {
  constructor(run: string, what = "it is unknown to the store") {
    super("RUN_LOST", `Run ${run}: ${what}. It expired, was deleted, or its server lost data (persistence, FLUSHALL, eviction).`);
  }
}

/** The stream store cannot be reached or used: address, credentials, version, memory. */
export class StoreError extends DatagraphError {
  constructor(message: string, options?: ErrorOptions) {
    super("STORE", message, options);
  }
}

/** The supervisor was used before `attach`, after `close`, or attached twice. */
export class SupervisorStateError extends DatagraphError {
  constructor(message: string) {
    super("SUPERVISOR_STATE", message);
  }
}

/** An optional package that a feature needs and that is not installed. */
export class MissingPackageError extends DatagraphError {
  constructor(packageName: string, feature: string, options?: ErrorOptions) {
    super("MISSING_PACKAGE", `${feature} needs the package "${packageName}". Install it: npm install ${packageName}`, options);
  }
}

/** The plain-data form of anything that was thrown. A failure that travelled already keeps its origin. */
export function toFailure(error: unknown, origin: Pick<Failure, "processor" | "input" | "run" | "attempt">): Failure {
  const known = findStreamFailure(error);
  if (known) return known.failure;
  return { ...describe(error, 0), ...origin };
}

/** What was thrown in the first place, where it is at hand: not what it was wrapped in on its way through the streams. */
export function originOf(error: unknown): unknown {
  return findStreamFailure(error)?.cause ?? error;
}

/** The stream failure in an error's chain of causes: a handler that fails because its input failed passes it on. */
function findStreamFailure(error: unknown): StreamFailedError | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 16; e = e.cause, depth++) {
    if (e instanceof StreamFailedError) return e;
  }
  return undefined;
}

function describe(error: unknown, depth: number): Omit<Failure, "run"> {
  try {
    return error instanceof Error ? describeError(error, depth) : { name: "Error", message: describeValue(error) };
  } catch {
    // Anything can be thrown, also what throws when it is looked at.
    return { name: "Error", message: "something was thrown that cannot be described" };
  }
}

function describeError(error: Error, depth: number): Omit<Failure, "run"> {
  const code: unknown = "code" in error ? error.code : undefined;
  return {
    name: String(error.name),
    message: String(error.message),
    ...(error.stack !== undefined && { stack: String(error.stack) }),
    ...(typeof code === "string" && { code }),
    ...(error.cause !== undefined && depth < 8 && { cause: describe(error.cause, depth + 1) }),
  };
}

function describeValue(value: unknown): string {
  return typeof value === "string"
    ? value
    : `thrown: ${typeof value === "object" ? inspect(value, { depth: 1 }) : String(value)}`;
}

/** A copy of what was thrown, from its plain data: name, message, stack, code and causes. */
export function revive(failure: Omit<Failure, "run">): Error {
  const error = new Error(failure.message, failure.cause && { cause: revive(failure.cause) });
  error.name = failure.name;
  if (failure.stack !== undefined) error.stack = failure.stack;
  return Object.assign(error, failure.code !== undefined && { code: failure.code });
}
