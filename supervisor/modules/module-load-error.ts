/** A user's module that did not load; the cause is what it threw. */
export class ModuleLoadError extends Error {
  override readonly name = "ModuleLoadError";
  /** Whether the stack of the cause leads to the mistake; else the message says all. */
  readonly hasStack: boolean;

  /** @param details said in place of the cause, where it says more. */
  constructor(specifier: string, cause: unknown, details?: string) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
    const message = details ?? (cause instanceof Error ? `${cause.name}: ${cause.message}` : `thrown: ${String(cause)}`);
    super(`${specifier} failed to load: ${message}${missing ? hint(message) : ""}`, { cause });
    this.hasStack = details === undefined && !missing;
  }
}

function hint(message: string): string {
  const name = /Cannot find package '([^']+)'/.exec(message)?.[1];
  return name === undefined ? "" : `. Install it where the module is: npm install ${name}`;
}
