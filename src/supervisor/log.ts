import type { Log } from "../processor/implementation.ts";

/** Warnings and errors as lines on stderr: what a supervisor does without a `log` option. */
export const stderrLog: Log = {
  debug: () => {},
  info: () => {},
  warn: (message, fields) => {
    console.error(line("warn", message, fields));
  },
  error: (message, fields) => {
    console.error(line("error", message, fields));
  },
};

function line(level: string, message: string, fields: Record<string, unknown> = {}): string {
  const rest = Object.entries(fields).map(
    ([key, value]) => ` ${key}=${value instanceof Error ? (value.stack ?? value.message) : String(value)}`,
  );
  return `datagraph ${level}: ${message}${rest.join("")}`;
}
