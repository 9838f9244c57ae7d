/** How the command ends; part of its interface, and printed by `--help`. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The command line asks for something that cannot be: said in one line, before anything runs. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A failure that is told in one line, because its stack would show only this command's own code. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** A signal asked the command to end. By convention the exit code is 128 + its number. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  readonly signal: string;
  readonly exitCode: number;

  constructor(signal: string, exitCode: number) {
    super(signal === "SIGINT" ? "interrupted" : `interrupted (${signal})`);
    this.signal = signal;
    this.exitCode = exitCode;
  }
}
