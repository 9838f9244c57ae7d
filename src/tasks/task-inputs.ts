import { IO } from "../io/io.ts";
import type { AnyProcessor } from "../processor/processor.ts";
import type { ReaderOptions, RunStore, StreamReader } from "../streams/store.ts";
import { type Check, checkOf } from "./check.ts";
import { InputPositions } from "./input-positions.ts";
import { type HandlerReader, handlerReader } from "./input-reader.ts";

/** Whose inputs they are. */
export interface InputOwner {
  readonly run: RunStore;
  readonly processor: AnyProcessor;
  /** Index of the task in the run's record. */
  readonly task: number;
  /** Index of an input's stream. */
  readonly streamOf: (input: string) => number;
}

/** A task's inputs, as one handler reads them: all its readers, and where they are. */
export class TaskInputs {
  readonly #owner: InputOwner;
  readonly #readers = new Set<StreamReader>();
  readonly #positions: InputPositions;
  #closed: { readonly reason: unknown } | undefined;

  /** @param saved where its last checkpoint has left them, by stream. */
  constructor(owner: InputOwner, saved?: ReadonlyMap<number, number>) {
    this.#owner = owner;
    this.#positions = new InputPositions(saved);
  }

  /** By name, as a handler gets them. @param without the one that the runtime reads for it. */
  streams(without?: string): Record<string, IO<unknown>> {
    const names = [...this.#owner.processor.inputs.keys()].filter((name) => name !== without);
    return Object.fromEntries(names.map((name) => [name, new IO(name, (options) => this.open(name, options))]));
  }

  /** @param checks whether values pass the input's schema on their way. */
  open(
    input: string,
    { from: asked, ...options }: Omit<ReaderOptions, "consumer"> & { from: number },
    checks = true,
  ): HandlerReader {
    if (this.#closed) throw this.#closed.reason;
    const { run, task, streamOf } = this.#owner;
    const stream = streamOf(input);
    const from = this.#positions.first(stream, asked);
    const reader = run.reader(stream, { ...options, consumer: task, from });
    this.#readers.add(reader);
    const onClose = (position: number) => {
      this.#readers.delete(reader);
      this.#positions.closed(stream, forHandler, position);
    };
    const forHandler = handlerReader(reader, { from, check: checks ? this.checkOf(input) : undefined, onClose });
    if (!options.peek) this.#positions.opened(stream, forHandler);
    return forHandler;
  }

  /** What an input's values must be. */
  checkOf(input: string): Check | undefined {
    const { processor } = this.#owner;
    return checkOf(processor.inputs.get(input), input, `input of "${processor.declaration.name}"`);
  }

  /** Where the handler is, for a checkpoint that is made now. */
  save(): Map<number, number> {
    return this.#positions.save();
  }

  /** Closes all readers; whoever waits or reads on gets the reason thrown, as does who opens another one. */
  stop(reason: unknown): void {
    this.#closed ??= { reason };
    for (const reader of this.#readers) reader.close(reason);
  }

  /** Frees what readers hold that are still open. */
  close(): void {
    for (const reader of this.#readers) reader.close();
  }
}
