import type { Log } from "datagraph";

export interface LogOptions {
  readonly write: (line: string) => void;
  /** Debug messages and stacks too. */
  readonly verbose: boolean;
}

/** Log messages as lines: of the library, and of handlers that use `task.log`. */
export function lineLog({ write, verbose }: LogOptions): Log {
  const at =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${show(value, verbose)}`);
      write(`${level}: ${message}${rest.join("")}`);
    };
  return { debug: verbose ? at("debug") : () => {}, info: at("info"), warn: at("warn"), error: at("error") };
}

function show(value: unknown, verbose: boolean): string {
  if (value instanceof Error) return verbose ? (value.stack ?? value.message) : `${value.name}: ${value.message}`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
