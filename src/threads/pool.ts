import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import { EncodingError } from "../errors.ts";
import type { TaskContext } from "../processor/implementation.ts";
import { ThreadCall } from "./call.ts";
import { ThreadLostError } from "./errors.ts";
import { Held } from "./held.ts";
import type { CallRequest } from "./messages.ts";
import type { ThreadOptions } from "./options.ts";
import { Slots } from "./slots.ts";

/** A call and the task it belongs to. */
export interface PooledCall {
  readonly module: string;
  readonly session: string;
  readonly transfer: boolean;
  readonly task: TaskContext;
  readonly value: unknown;
  /** What threads hold for the task. */
  readonly held: Held;
}

const DEFAULT_GRACE_MS = 1_000;

/** The threads of one supervisor. Those that are idle keep no process alive. */
export class ThreadPool {
  readonly #piscina: Piscina;
  readonly #slots: Slots;
  readonly #loader: string | undefined;
  readonly #graceMs: number;
  readonly #held = new Held();

  constructor({ max = availableParallelism(), resourceLimits, loader, graceMs = DEFAULT_GRACE_MS }: ThreadOptions) {
    this.#slots = new Slots(max);
    this.#loader = loader === undefined ? undefined : String(loader);
    this.#graceMs = graceMs;
    this.#piscina = new Piscina({
      filename: new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url).href,
      name: "perform",
      // One is always there, so that a thread that dies while calls wait is replaced.
      minThreads: 1,
      maxThreads: max,
      // Threads keep the dependencies that live as long as the process.
      idleTimeout: Number.POSITIVE_INFINITY,
      // Else a thread without a call would stand still: timers and connections of its dependencies, too.
      atomics: "disabled",
      recordTiming: false,
      ...(resourceLimits && { resourceLimits }),
    });
    // A thread that dies between two calls: its next call gets another one.
    this.#piscina.on("error", () => undefined);
  }

  /**
   * Calls a handler in a thread; settles with what it emits.
   *
   * @throws what the handler throws; ThreadLostError when its thread dies; EncodingError for a value that cannot be cloned; the
   *   signal's reason when it does not end within the grace period.
   */
  async call(asked: PooledCall): Promise<Iterable<unknown> | AsyncIterable<unknown>> {
    const { signal, log } = asked.task;
    await this.#slots.acquire(signal);
    const call = new ThreadCall({
      log,
      holds: (until, port) => (until === "task" ? asked.held : this.#held).add(port),
    });
    const kill = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      call.abort(signal.reason);
      timer = setTimeout(() => kill.abort(), this.#graceMs);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#run(asked, call, kill.signal)
      .catch((error: unknown) => {
        call.fail(kill.signal.aborted ? signal.reason : explain(error, asked.task.processor));
      })
      .finally(() => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        this.#slots.release();
      });
    return call.results();
  }

  /** Has threads clean up, and ends them. */
  async close(): Promise<void> {
    try {
      await this.#held.release();
    } finally {
      await this.#piscina.destroy();
    }
  }

  #run({ module, session, transfer, task, value }: PooledCall, { port }: ThreadCall, signal: AbortSignal): Promise<unknown> {
    const { signal: _signal, log: _log, ...plain } = task;
    const request: CallRequest = { module, loader: this.#loader, session, task: plain, value, transfer, port };
    return this.#piscina.run(request, { signal, transferList: [port] });
  }
}

function explain(error: unknown, processor: string): Error {
  if (error instanceof DOMException && error.name === "DataCloneError") {
    return new EncodingError(`A value for processor "${processor}" cannot be handed to a thread: ${error.message}`, {
      cause: error,
    });
  }
  return new ThreadLostError(processor, { cause: error });
}
