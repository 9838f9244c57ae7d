import { DeclarationError, DecodingError, EncodingError, type Failure, HandlerError, revive, toFailure } from "../errors.ts";
import { RetryableError, TerminalError } from "../processor/verbs.ts";

/** What a handler threw, as it crosses to the main program. */
export interface Thrown {
  readonly failure: Failure;
  /** What a {@link RetryableError} asks for. */
  readonly retryAfter?: number | Date;
}

export function toThrown(error: unknown, run: string): Thrown {
  const { retryAfter } = error instanceof RetryableError ? error : {};
  return { failure: toFailure(error, { run }), ...(retryAfter !== undefined && { retryAfter }) };
}

type ErrorMaker = (message: string, options: ErrorOptions & Pick<Thrown, "retryAfter">) => Error;

/** Errors whose class says what is to be done, by code; a copy of any other is an `Error` of its name and code. */
const CLASSES: ReadonlyMap<string, ErrorMaker> = new Map([
  ["TERMINAL", (message, options) => new TerminalError(message, options)],
  ["RETRYABLE", (message, options) => new RetryableError(message, options)],
  ["HANDLER", (message, options) => new HandlerError(message, options)],
  ["ENCODING", (message, options) => new EncodingError(message, options)],
  ["DECODING", (message, options) => new DecodingError(message, options)],
  ["DECLARATION", (message, options) => new DeclarationError(message, options)],
]);

/** What was thrown in a thread, with the same meaning here. */
export function fromThrown({ failure, ...asked }: Thrown): Error {
  const copy = revive(failure);
  const make = CLASSES.get(failure.code ?? "");
  if (!make) return copy;
  const error = make(failure.message, { ...asked, ...(copy.cause !== undefined && { cause: copy.cause }) });
  if (failure.stack !== undefined) error.stack = failure.stack;
  // A class of the user's that extends one of these keeps its name.
  return error.name === failure.name ? error : Object.defineProperty(error, "name", { value: failure.name });
}
