import { join } from "node:path";
import { TalkingProgram } from "../../support/program.ts";
import { afterwards } from "./scene.ts";

/** A program of `test/faults/programs/`, on the built library, in a process of its own. It is killed after the test. */
export class Program extends TalkingProgram {
  constructor(name: string, details: Readonly<Record<string, unknown>>) {
    super(join(import.meta.dirname, "../programs", `${name}.mjs`), details);
    afterwards(() => this.kill());
  }
}
