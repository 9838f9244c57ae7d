import type { Schema } from "../processor/schema.ts";
import type { ShareOutputs } from "../streams/share.ts";
import type { StreamWriter } from "../streams/store.ts";
import { emitAll } from "./emit-all.ts";
import { Emitter } from "./emitter.ts";
import { isAsyncIterable, isIterable } from "./results.ts";

type Outputs = Map<number, unknown[]>;

/** Gathers what calls give, each call's by itself: it is written together with their values being done. */
export class SharedOutputs {
  readonly #emitter: Emitter;
  /** Of the call whose emission is looked at. */
  #current: Outputs = new Map();

  /** @param streamOf index of an output's stream. */
  constructor(processor: string, outputs: ReadonlyMap<string, Schema | undefined>, streamOf: (output: string) => number) {
    this.#emitter = new Emitter(processor, outputs, (output) => this.#writer(streamOf(output)));
  }

  /** Throws what emitting this would throw. @throws HandlerError; ValidationError. */
  validate(emission: unknown): void {
    this.#emitter.validate(emission);
  }

  /** What a call gave, at once where it gave it at once. @throws HandlerError; ValidationError; what a generator throws. */
  of(result: unknown): ShareOutputs | Promise<ShareOutputs> {
    if (result === undefined) return NOTHING;
    const outputs: Outputs = new Map();
    const emit = (emission: unknown): void => {
      this.#current = outputs;
      this.#emitter.emit(emission);
    };
    if (!isAsyncIterable(result) && !isIterable(result)) {
      emit(result);
      return outputs;
    }
    const refuseReturned = (value: unknown) => this.#emitter.refuseReturned(value);
    return emitAll(result, { emit, refuseReturned, full: false, room: async () => {} }).then(() => outputs);
  }

  #writer(stream: number): StreamWriter {
    const values = (): unknown[] => {
      const known = this.#current.get(stream) ?? [];
      this.#current.set(stream, known);
      return known;
    };
    return {
      write: (value) => {
        values().push(value);
      },
      writeMany: (more) => {
        const all = values();
        for (const value of more) all.push(value);
      },
      credit: Number.POSITIVE_INFINITY,
      full: false,
      room: async () => {},
      flush: async () => {},
      end: async () => {},
    };
  }
}

const NOTHING: ShareOutputs = new Map();
