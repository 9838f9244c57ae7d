import { randomUUID } from "node:crypto";
import { DeclarationError, MissingPackageError } from "../errors.ts";
import { type Dependencies, type DependencyFactory, depends } from "../processor/dependency.ts";
import type { Implementation, TaskContext } from "../processor/implementation.ts";
import { Held } from "./held.ts";
import type { ThreadOptions } from "./options.ts";
import type { ThreadPool } from "./pool.ts";

/** What a supervisor's threads are made with; it overrides this. */
const noOptions = (): ThreadOptions => ({});
const threadOptions = depends(noOptions, { scope: "process" });

/** The threads of a process's supervisor: started when the first isolated handler needs them, ended when the supervisor closes. */
const threadPool = depends(
  { threadOptions },
  async function* threads({ threadOptions }) {
    const pool = await openPool(threadOptions);
    yield pool;
    await pool.close();
  },
  { scope: "process" },
);

async function openPool(options: ThreadOptions): Promise<ThreadPool> {
  try {
    const { ThreadPool } = await import("./pool.ts");
    return new ThreadPool(options);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes("piscina"))
      throw new MissingPackageError("piscina", "A handler in a thread (isolate)", { cause: error });
    throw error;
  }
}

/** One attempt at a task whose handler is called in threads. */
const session = depends({ threadPool }, async function* session({ threadPool }) {
  const held = new Held();
  yield { pool: threadPool, held, id: randomUUID() };
  await held.release();
});

/** The overrides of dependencies by which a supervisor's threads get its options. @throws DeclarationError for what they cannot be. */
export function threadOverrides(options: ThreadOptions): [factory: DependencyFactory, replacement: () => unknown][] {
  const { max = 1, graceMs = 0 } = options;
  if (!Number.isInteger(max) || max < 1) throw new DeclarationError(`threads.max must be a whole number from 1, found ${max}.`);
  if (!(graceMs >= 0)) throw new DeclarationError(`threads.graceMs must be 0 or more milliseconds, found ${graceMs}.`);
  return [[noOptions, () => options]];
}

/**
 * The implementation with which a task is performed here: as it was declared, or with calls into threads in place of calls
 * of its handler. The loop over the values, the order of results and their checks stay in this thread.
 *
 * @param overridden factories that the supervisor overrides. No override reaches a thread: the task fails with a DeclarationError.
 */
export function performedInThreads(
  processor: string,
  implementation: Implementation,
  overridden: ReadonlySet<DependencyFactory>,
): Implementation {
  if (implementation.kind === "stream" || !implementation.isolate) return implementation;
  const name = needsOne(implementation.needs, overridden);
  if (name !== undefined) return { ...implementation, needs: {}, handler: refusal(processor, name) };
  const { module, transfer } = implementation.isolate;
  const handler = (value: unknown, context: { session: SessionValue }, task: TaskContext) => {
    const { pool, held, id } = context.session;
    return pool.call({ module, transfer, session: id, task, value, held });
  };
  return { ...implementation, needs: NEEDS, handler };
}

function refusal(processor: string, dependency: string): () => never {
  return () => {
    throw new DeclarationError(
      `Processor "${processor}" is isolated, and the supervisor's override of its dependency "${dependency}" cannot reach a thread. ` +
        "Give the supervisor { threads: false } to perform isolated handlers in this one.",
    );
  };
}

const NEEDS = { session };
interface SessionValue {
  readonly pool: ThreadPool;
  readonly held: Held;
  readonly id: string;
}

/** The name of a dependency, direct or not, that one of these factories makes. */
function needsOne(needs: Dependencies, factories: ReadonlySet<DependencyFactory>): string | undefined {
  for (const [name, dependency] of Object.entries(needs)) {
    if (factories.has(dependency.factory)) return name;
    const inner = needsOne(dependency.needs, factories);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
