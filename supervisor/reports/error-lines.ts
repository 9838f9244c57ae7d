import { DatagraphError, originName, StreamFailedError } from "datagraph";
import { CommandError, EXIT, InterruptedError, UsageError } from "../exit-codes.ts";
import { ModuleLoadError } from "../modules/module-load-error.ts";

/** How the command ends after this error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return error.exitCode;
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

/** What a person is told of an error: one line, the causes, and the stack of what is not ours or where it is asked for. */
export function errorLines(error: unknown, { verbose }: { readonly verbose: boolean }): string[] {
  if (error instanceof StreamFailedError) return failureLines(error, verbose);
  if (error instanceof ModuleLoadError) return [`error: ${error.message}`, ...stackLines(error.cause, error.hasStack || verbose)];
  if (error instanceof DatagraphError) {
    return [
      `error: ${error.message} [${error.code}]`,
      ...(verbose ? [...stackLines(error, true), ...causeLines(error, true)] : []),
    ];
  }
  if (error instanceof InterruptedError) return [error.message];
  if (error instanceof UsageError || error instanceof CommandError) {
    return [`error: ${error.message}`, ...stackLines(error, verbose)];
  }
  if (!(error instanceof Error)) return [`error: thrown: ${String(error)}`];
  return [`error: ${error.name === "Error" ? "" : `${error.name}: `}${error.message}`, ...stackLines(error, true)];
}

/** A failed run: which processor, in which run and attempt, and why. */
function failureLines(error: StreamFailedError, verbose: boolean): string[] {
  const { run, attempt, name, message, code } = error.failure;
  const where = originName(error.failure);
  const which = [`run ${run}`, ...(attempt === undefined ? [] : [`attempt ${attempt}`])].join(", ");
  const origin = error.cause;
  return [
    `error: ${where} failed: ${name}: ${message}${code === undefined ? "" : ` [${code}]`} (${which})`,
    ...(origin instanceof Error ? [...stackLines(origin, verbose), ...causeLines(origin, verbose)] : []),
    ...(verbose ? [] : ["  Run it again with --verbose for the stack."]),
  ];
}

const MOST_CAUSES = 8;

function causeLines(error: Error, verbose: boolean): string[] {
  const lines: string[] = [];
  for (let cause = error.cause; cause !== undefined && lines.length < MOST_CAUSES; ) {
    lines.push(cause instanceof Error ? `  caused by ${cause.name}: ${cause.message}` : `  caused by ${String(cause)}`);
    if (verbose) lines.push(...stackLines(cause, true));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

function stackLines(error: unknown, wanted: boolean): string[] {
  if (!wanted || !(error instanceof Error) || error.stack === undefined) return [];
  // The message is said already; a stack begins with it, and it may have several lines.
  const frames = error.stack.split("\n").filter((line) => /^\s+at /.test(line));
  return frames.map((frame) => `    ${frame.trim()}`);
}
