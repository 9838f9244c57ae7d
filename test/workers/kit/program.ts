import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterwards, within } from "./afterwards.ts";

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Something a program said, and when, as `performance.now()` says here. */
export interface Said {
  readonly say: string;
  readonly at: number;
  readonly [detail: string]: unknown;
}

type Details = Readonly<Record<string, unknown>>;

/** A program of `test/workers/programs/`, on the built library, in a process of its own. It is killed after the test. */
export class Program {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #said: Said[] = [];
  readonly #waiting = new Set<() => void>();
  #stderr = "";

  constructor(name: string, options: Details) {
    const file = join(import.meta.dirname, "../programs", `${name}.mjs`);
    const child = spawn(process.execPath, [file, JSON.stringify(options)], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    createInterface({ input: child.stdout }).on("line", (line) => this.#hear(line));
    this.ended = new Promise((resolve) => {
      child.on("close", (code, signal) => {
        resolve({ code, signal, stderr: this.#stderr });
        this.#wakeAll();
      });
    });
    afterwards(async () => {
      this.kill("SIGKILL");
      await this.ended;
    });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The first thing with this name and these details that the program said, or says. */
  async says(what: string, details: Details = {}, deadlineMs = 20_000): Promise<Said> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const [found] = this.all(what, details);
      if (found) return found;
      const wanted = `${what} ${JSON.stringify(details)}`;
      if (!this.isAlive) throw new Error(`The program ended without saying ${wanted}:\n${this.#stderr}`);
      const heard = new Promise<void>((resolve) => this.#waiting.add(resolve));
      await within(heard, `a program to say ${wanted}`, Math.max(1, deadline - performance.now()));
    }
  }

  /** Everything with this name and these details that was said so far. */
  all(what: string, details: Details = {}): Said[] {
    const matches = (said: Said) => Object.entries(details).every(([name, value]) => said[name] === value);
    return this.#said.filter((said) => said.say === what && matches(said));
  }

  /** Sends a signal. A program that is stopped (SIGSTOP) ends only with SIGKILL. */
  kill(signal: NodeJS.Signals): void {
    if (this.isAlive) this.#child.kill(signal);
  }

  #hear(line: string): void {
    this.#said.push({ ...(JSON.parse(line) as Said), at: performance.now() });
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
