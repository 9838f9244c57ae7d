import { DatagraphError } from "../errors.ts";

/**
 * Thrown by a handler: this value will never succeed, so it is not tried again, whatever `retry` says.
 *
 * @example
 * throw new TerminalError(`Order ${order.id} has no customer`);
 */
export class TerminalError extends DatagraphError {
  /** @param options `code` is for classes of one's own that extend this one. */
  constructor(message: string, { code = "TERMINAL", ...options }: ErrorOptions & { readonly code?: string } = {}) {
    super(code, message, options);
  }
}

/** @see RetryableError */
export interface RetryableErrorOptions extends ErrorOptions {
  /** When to try again: in so many milliseconds, or not before this moment. Default: as the processor's backoff says. */
  readonly retryAfter?: number | Date;
}

/**
 * Thrown by a handler: it may well succeed later, so it is tried again even where `nonRetryable` would refuse its cause.
 * How often stays as the processor's `retry` says; without `retry` it fails like any other error.
 *
 * @example
 * if (response.status === 429) throw new RetryableError("Rate limited", { retryAfter: 2_000 });
 */
export class RetryableError extends DatagraphError {
  readonly retryAfter: number | Date | undefined;

  constructor(message: string, { retryAfter, ...options }: RetryableErrorOptions = {}) {
    super("RETRYABLE", message, options);
    this.retryAfter = retryAfter;
  }
}
