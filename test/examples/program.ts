import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { resolve } from "node:path";
import { onTestFinished } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** How a program ended, which it must do by itself. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A built example in a process of its own, as a user starts it. */
export class ExampleProgram {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessWithoutNullStreams;
  #stdout = "";
  #stderr = "";

  /** @param redis where its streams live; in its memory where there is none. @param more of its environment. */
  constructor(example: string, args: readonly string[] = [], redis?: string, more: NodeJS.ProcessEnv = {}) {
    const { REDIS_URL: _, NEO4J_URI: __, ...inherited } = process.env;
    const env = { ...inherited, ...(redis !== undefined && { REDIS_URL: redis }), ...more };
    this.#child = spawn(process.execPath, [`dist/examples/${example}/main.js`, ...args], { cwd: root, env });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
    // Nothing is left behind by a test that failed.
    onTestFinished(() => void this.#child.kill("SIGKILL"));
  }

  /** Settles when the program has printed so much, and goes on. */
  async printed(lines: number): Promise<void> {
    while (this.#stdout.split("\n").length <= lines) {
      await new Promise((resolve) => this.#child.stdout.once("data", resolve));
    }
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }
}
