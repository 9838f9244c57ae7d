import { WorkerProcess, type WorkerProcessOptions } from "datagraph/testing";

/** Something a program said, and when, as `performance.now()` says here. */
export interface Said {
  readonly say: string;
  readonly at: number;
  readonly [detail: string]: unknown;
}

type Details = Readonly<Record<string, unknown>>;

/** A program of the tests, on the built library, in a process of its own. It says things as lines of JSON: `{ "say": …, … }`. */
export class TalkingProgram extends WorkerProcess {
  readonly #said: Said[];

  /** @param details what it gets as its argument. */
  constructor(file: string, details: Details, options: WorkerProcessOptions = {}) {
    const said: Said[] = [];
    const hear = (line: string) => said.push({ ...(JSON.parse(line) as Said), at: performance.now() });
    super(file, { ...options, args: [JSON.stringify(details)], onLine: hear });
    this.#said = said;
  }

  /** The first thing with this name and these details that the program said, or says. */
  async says(what: string, details: Details = {}, deadlineMs = 20_000): Promise<Said> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const [found] = this.all(what, details);
      if (found) return found;
      await this.speaks(`${what} ${JSON.stringify(details)}`, { deadlineMs: deadline - performance.now() });
    }
  }

  /** Everything with this name and these details that was said so far. */
  all(what: string, details: Details = {}): Said[] {
    const matches = (said: Said) => Object.entries(details).every(([name, value]) => said[name] === value);
    return this.#said.filter((said) => said.say === what && matches(said));
  }
}
