import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type DeadlineOptions, within } from "../eventually.ts";

/** How to start a program. */
export interface WorkerProcessOptions {
  /** Its arguments. */
  readonly args?: readonly string[];
  /** Its environment. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Options of Node itself: `["--import", "./clock.mjs"]`. */
  readonly execArgv?: readonly string[];
  /** Told each line that it prints on its standard output. */
  readonly onLine?: (line: string) => void;
}

/** What ends a process. */
export type EndSignal = "SIGKILL" | "SIGTERM" | "SIGINT";

/** How a program ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** When, as `performance.now()` says here. */
  readonly at: number;
}

/**
 * A program in a process of its own, for a test to kill, to stop and to continue. It ends with this process at the latest.
 *
 * @example
 * const program = new URL("./worker.mjs", import.meta.url);
 * await using worker = await WorkerProcess.start(program, /^works/, { args: [redis] });
 * await worker.kill();
 */
export class WorkerProcess {
  /** Settles when the process has ended, however it did. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #stderr = "";

  /** Starts a JavaScript module, and does not wait until it is ready. */
  constructor(module: string | URL, { args = [], env, execArgv = [], onLine }: WorkerProcessOptions = {}) {
    const file = typeof module === "string" ? module : fileURLToPath(module);
    this.#child = spawn(process.execPath, [...execArgv, file, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      ...(env && { env }),
    });
    endWithThisProcess(this.#child);
    const { stdout, stderr } = this.#child;
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MOST_STDERR);
    });
    if (stdout) {
      createInterface({ input: stdout }).on("line", (line) => {
        this.#lines.push(line);
        if (this.#lines.length > MOST_LINES) this.#lines.shift();
        onLine?.(line);
        this.#wakeAll();
      });
    }
    this.ended = new Promise((resolve) => {
      this.#child.on("error", (error) => (this.#stderr += String(error)));
      this.#child.on("close", (code, signal) => {
        resolve({ code, signal, stderr: this.#stderr, at: performance.now() });
        this.#wakeAll();
      });
    });
  }

  /** Starts a JavaScript module and waits until it prints a line that matches. @throws Error when it ends, or does not in time. */
  static async start(
    module: string | URL,
    ready: RegExp,
    { deadlineMs = READY_MS, ...options }: WorkerProcessOptions & DeadlineOptions = {},
  ): Promise<WorkerProcess> {
    const started = new WorkerProcess(module, options);
    try {
      await started.prints(ready, { deadlineMs });
      return started;
    } catch (error) {
      await started.kill();
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it has not ended; it may stand still. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it has printed on its standard error, at least the end of it. */
  get stderr(): string {
    return this.#stderr;
  }

  /** The first line on its standard output that matches, printed already or from now on. @throws Error when it ends without it. */
  async prints(pattern: RegExp, { deadlineMs = READY_MS }: DeadlineOptions = {}): Promise<string> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const found = this.#lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      await this.speaks(`a line like ${pattern}`, { deadlineMs: deadline - performance.now() });
    }
  }

  /** Settles with the next line that it prints. @throws Error when it has ended, or does not in time; `what` completes "without". */
  async speaks(what: string, { deadlineMs = READY_MS }: DeadlineOptions = {}): Promise<void> {
    if (!this.isAlive) throw new Error(`The process ended without ${what}:\n${this.#stderr}`);
    const heard = new Promise<void>((resolve) => this.#waiting.add(resolve));
    await within(heard, `a process to print ${what}; ${this.#stderr}`, { deadlineMs: Math.max(1, deadlineMs) });
  }

  /** Ends it with a signal and waits until it has ended. SIGKILL ends it at once, also when it stands still. */
  kill(signal: EndSignal = "SIGKILL"): Promise<ProcessEnd> {
    this.#signal(signal);
    return this.ended;
  }

  /** Lets it stand still (SIGSTOP) until {@link resume}. */
  stop(): void {
    this.#signal("SIGSTOP");
  }

  resume(): void {
    this.#signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #signal(name: NodeJS.Signals): void {
    if (this.isAlive) this.#child.kill(name);
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

const READY_MS = 20_000;
/** What is kept of what a program says: a long test must not fill the memory. */
const MOST_LINES = 10_000;
const MOST_STDERR = 100_000;

const children = new Set<ChildProcess>();

function endWithThisProcess(child: ChildProcess): void {
  if (children.size === 0) process.once("exit", endAll);
  children.add(child);
  child.once("close", () => {
    children.delete(child);
    if (children.size === 0) process.off("exit", endAll);
  });
}

function endAll(): void {
  for (const child of children) child.kill("SIGKILL");
}
