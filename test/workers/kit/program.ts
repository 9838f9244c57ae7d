import { join } from "node:path";
import type { WorkerProcessOptions } from "datagraph/testing";
import { TalkingProgram } from "../../support/program.ts";
import { afterwards } from "./afterwards.ts";

/** A program of `test/workers/programs/`, on the built library, in a process of its own. It is killed after the test. */
export class Program extends TalkingProgram {
  constructor(name: string, details: Readonly<Record<string, unknown>>, options: WorkerProcessOptions = {}) {
    super(join(import.meta.dirname, "../programs", `${name}.mjs`), details, options);
    afterwards(() => this.kill());
  }
}
