import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { within } from "../../../src/testing/eventually.ts";
import { afterwards } from "./scene.ts";

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** When, as `performance.now()` says here. */
  readonly at: number;
}

/** A program of `test/faults/programs/` in a process of its own. It says things as lines of JSON: `{ "say": …, … }`. */
export class Program {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #said: Record<string, unknown>[] = [];
  readonly #waiting = new Set<() => void>();
  #stderr = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => this.#hear(line));
    this.ended = new Promise((resolve) => {
      child.on("close", (code, signal) => {
        resolve({ code, signal, stderr: this.#stderr, at: performance.now() });
        this.#wakeAll();
      });
    });
  }

  /** Starts a program on the built library. It is killed after the test. */
  static start(name: string, options: Readonly<Record<string, unknown>>): Program {
    const file = join(import.meta.dirname, "../programs", `${name}.mjs`);
    const program = new Program(spawn(process.execPath, [file, JSON.stringify(options)], { stdio: ["ignore", "pipe", "pipe"] }));
    afterwards(async () => {
      program.kill("SIGKILL");
      await program.ended;
    });
    return program;
  }

  /** The first thing of this name that the program said, or says. */
  async says(what: string, deadlineMs = 10_000): Promise<Record<string, unknown>> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const found = this.all(what)[0];
      if (found) return found;
      if (this.#child.exitCode !== null) throw new Error(`The program ended without saying "${what}":\n${this.#stderr}`);
      const heard = new Promise<void>((resolve) => this.#waiting.add(resolve));
      await within(heard, `a program to say "${what}"; ${this.#stderr}`, {
        deadlineMs: Math.max(1, deadline - performance.now()),
      });
    }
  }

  /** Everything of this name that was said so far. */
  all(what: string): Record<string, unknown>[] {
    return this.#said.filter(({ say }) => say === what);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
  }

  #hear(line: string): void {
    this.#said.push({ ...(JSON.parse(line) as Record<string, unknown>), at: performance.now() });
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
