import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A program of this folder in a process of its own, that says things to its parent. */
export class Service implements AsyncDisposable {
  readonly process: ChildProcess;

  constructor(name: string) {
    this.process = fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)));
  }

  /** The first thing it says that fits, from now on. */
  async says(fits: (message: unknown) => boolean = () => true): Promise<unknown> {
    for (;;) {
      const ended = once(this.process, "exit").then(() => {
        throw new Error("A service has ended before it was ready");
      });
      const message = await Promise.race([once(this.process, "message").then(([first]) => first as unknown), ended]);
      if (fits(message)) return message;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill("SIGTERM");
    await once(this.process, "exit");
  }
}
