import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A server process that ends with us, even if we are killed without a chance to clean up. */
export class GuardedProcess {
  readonly pid: number;
  /** Aborted, with what it printed, when the process has ended. */
  readonly ended: AbortSignal;
  readonly #child: ChildProcess;
  readonly #guard: ChildProcess;

  private constructor(child: ChildProcess, pid: number, guard: ChildProcess, ended: AbortSignal) {
    this.#child = child;
    this.pid = pid;
    this.#guard = guard;
    this.ended = ended;
  }

  /** Starts the program. `leftovers` is a folder to remove should this process die before it can do so itself. */
  static async start(program: string, parameters: readonly string[], leftovers: string): Promise<GuardedProcess> {
    // Detached: Ctrl-C in the terminal is for us, who then end it in order.
    const child = spawn(program, parameters, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new AbortController();
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      // Only the end is kept: it says why a server gave up.
      stream.setEncoding("utf8").on("data", (text: string) => (printed = (printed + text).slice(-4_000)));
      (stream as unknown as { unref(): void }).unref();
    }
    child.on("close", (code, signal) =>
      ended.abort(new Error(`${program} ended (${signal ?? `exit code ${code}`}):\n${printed}`)),
    );
    await once(child, "spawn");
    child.unref();
    const pid = child.pid as number;
    return new GuardedProcess(child, pid, startGuard(pid, leftovers), ended.signal);
  }

  signal(name: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) process.kill(this.pid, name);
  }

  /** Sends the signal and waits until the process has ended. Its process id is not watched any longer. */
  async end(name: NodeJS.Signals): Promise<void> {
    if (!this.ended.aborted) {
      const ended = once(this.ended, "abort");
      this.#child.ref();
      this.signal(name);
      await ended;
    }
    this.#guard.kill("SIGKILL");
  }
}

/**
 * A shell that waits for the end of its input. The system closes that pipe when we end, however we end;
 * then the shell ends the server and removes its folder.
 */
function startGuard(pid: number, leftovers: string): ChildProcess {
  const script = 'read -r _; kill -KILL "$1" 2>/dev/null; sleep 0.2; rm -rf "$2"';
  const guard = spawn("sh", ["-c", script, "sh", String(pid), leftovers], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return guard;
}
