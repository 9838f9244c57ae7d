import type { Log } from "datagraph";
import { expect } from "vitest";

type Level = keyof Log;

interface Line {
  readonly level: Level;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** A log that a test looks at. */
export class Logged implements Log {
  readonly lines: Line[] = [];

  debug = this.#keeping("debug");
  info = this.#keeping("info");
  warn = this.#keeping("warn");
  error = this.#keeping("error");

  /** Takes the lines of a level out: they are accounted for. */
  take(level: Level): Line[] {
    const taken = this.lines.filter((line) => line.level === level);
    this.lines.splice(0, this.lines.length, ...this.lines.filter((line) => line.level !== level));
    return taken;
  }

  expectNoErrors(): void {
    const bad = this.lines.filter(({ level }) => level === "error" || level === "warn");
    expect(bad.map(({ level, message, fields }) => `${level}: ${message} ${String(fields.error ?? "")}`)).toEqual([]);
  }

  #keeping(level: Level) {
    return (message: string, fields: Record<string, unknown> = {}): void => {
      this.lines.push({ level, message, fields });
    };
  }
}
