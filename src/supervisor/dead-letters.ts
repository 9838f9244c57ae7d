import { DeadLetterError, DeclarationError, StreamFailedError } from "../errors.ts";
import { Flow } from "../flow/flow.ts";
import type { FlowShape } from "../flow/flow-types.ts";
import type { ResolvedFlow } from "../flow/resolved-flow.ts";
import { type AnyProcessor, Processor } from "../processor/processor.ts";
import type { Source } from "../run/feed.ts";
import type { FlowRun } from "../run/flow-run.ts";
import type { StartOptions } from "../run/options.ts";
import type { DeadLetter, DeadLetterStore } from "../streams/dead-letters.ts";

/** What the dead letters' front door needs of its supervisor. */
export interface DeadLetterHost {
  store(): Promise<DeadLetterStore>;
  /** A processor that is implemented in this process. */
  processor(name: string): AnyProcessor | undefined;
  start(flow: ResolvedFlow<FlowShape>, inputs: Readonly<Record<string, Source>>, options: StartOptions): Promise<FlowRun>;
}

/** @see DeadLetters.retry */
export interface RetryLetterOptions {
  /**
   * What the value goes through. Default: its processor alone. A flow that begins with its processor performs what is
   * downstream again as well.
   */
  readonly flow?: ResolvedFlow<FlowShape>;
  /** Values for the other inputs, where there are any. */
  readonly inputs?: Readonly<Record<string, Iterable<unknown> | AsyncIterable<unknown>>>;
}

/** The values that were set aside because handling them failed for good: `supervisor.deadLetters`. */
export class DeadLetters {
  readonly #host: DeadLetterHost;

  constructor(host: DeadLetterHost) {
    this.#host = host;
  }

  /** Those of one run or one processor, or all; in the order of their streams. @throws StoreError. */
  async *list({ run, processor }: { readonly run?: string; readonly processor?: string } = {}): AsyncGenerator<DeadLetter> {
    const store = await this.#host.store();
    for await (const letter of store.list(run)) if (processor === undefined || letter.processor === processor) yield letter;
  }

  /** @throws StoreError. */
  async get(id: string): Promise<DeadLetter | undefined> {
    return (await this.#host.store()).get(id);
  }

  /**
   * Handles a value again, in a run of its own, and forgets it when that run has completed. Settles then; the run's outputs
   * can be read from what it gives.
   *
   * @throws DeadLetterError when it is unknown, or has no value; StreamFailedError when it fails again: then it stays;
   *   FlowInputError, DeclarationError, NotImplementedHereError as `startFlow`.
   */
  async retry(id: string, { flow, inputs = {} }: RetryLetterOptions = {}): Promise<FlowRun> {
    const store = await this.#host.store();
    const letter = await store.get(id);
    if (!letter) throw new DeadLetterError(`There is no dead letter "${id}": it was retried or dropped, or has expired.`);
    if (!("value" in letter)) {
      throw new DeadLetterError(
        `The dead letter "${id}" has no value, only bytes that codec "${letter.codec}" wrote and that cannot be decoded here.`,
      );
    }
    const through = flow ?? this.#flowOf(letter);
    checkTakes(through, letter);
    const run = await this.#host.start(through, { ...inputs, [letter.stream]: [letter.value] }, { outputs: "all" });
    await run.done;
    const failed = await this.#setAsideAgain(run.id, letter.processor);
    if (failed) throw new StreamFailedError(failed.failure);
    await store.remove(id);
    return run;
  }

  /** Forgets a value for good; `false` when it is unknown. @throws StoreError. */
  async drop(id: string): Promise<boolean> {
    return (await this.#host.store()).remove(id);
  }

  /** A value that fails again is one dead letter, not two. */
  async #setAsideAgain(run: string, processor: string): Promise<DeadLetter | undefined> {
    const store = await this.#host.store();
    for await (const letter of store.list(run)) {
      if (letter.processor !== processor) continue;
      await store.remove(letter.id);
      return letter;
    }
    return undefined;
  }

  /** Its processor alone: as it is implemented here, else by name, for workers. */
  #flowOf({ processor: name, inputs, outputs }: DeadLetter): ResolvedFlow<FlowShape> {
    const processor = this.#host.processor(name);
    return Flow.fromProcessors(processor instanceof Processor ? processor : new Processor({ name, inputs, outputs })).resolve();
  }
}

function checkTakes({ floatingInputs }: ResolvedFlow<FlowShape>, { id, stream, processor }: DeadLetter): void {
  if (floatingInputs.includes(stream)) return;
  const found = floatingInputs.map((name) => `"${name}"`).join(", ") || "nothing";
  throw new DeclarationError(
    `The dead letter "${id}" is a value of stream "${stream}", for processor "${processor}": retry it through a flow that takes it. ` +
      `This one takes ${found}.`,
  );
}
