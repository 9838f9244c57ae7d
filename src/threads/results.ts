import { types } from "node:util";
import type { MessagePort } from "node:worker_threads";
import { estimateBytes } from "../streams/size.ts";
import { returnedByGenerator } from "../tasks/emitter.ts";
import { isAsyncIterable, isIterable, isPromise } from "../tasks/results.ts";
import { type CallMessage, type PackedEmission, packEmission } from "./messages.ts";
import type { Thrown } from "./thrown.ts";

/** Everything a handler's result emits. @throws HandlerError for what a generator returns at its end. */
export async function* emissionsOf(result: unknown, processor: string): AsyncGenerator<unknown> {
  const value = isPromise(result) ? await result : result;
  if (value === undefined) return;
  if (isAsyncIterable(value) || isIterable(value)) {
    const returned: unknown = yield* value;
    if (returned !== undefined) throw returnedByGenerator(processor, returned);
  } else yield value;
}

/** Sends a call's emissions in lists: at once when the handler waits for something, else many together. */
export class ResultSender {
  readonly #port: MessagePort;
  readonly #transfer: boolean;
  #gathered: PackedEmission[] = [];
  #bytes = 0;
  #since = 0;
  /** Lists that were sent and not yet taken. */
  #underWay = 0;
  #wake: (() => void) | undefined;
  #flush: NodeJS.Immediate | undefined;

  constructor(port: MessagePort, transfer: boolean) {
    this.#port = port;
    this.#transfer = transfer;
  }

  /** Settles when the next one may come. @throws DataCloneError for what cannot be cloned. */
  add(emission: unknown): Promise<void> | undefined {
    if (this.#gathered.push(packEmission(emission)) === 1) this.#since = performance.now();
    this.#bytes += estimateBytes(emission);
    this.#flush ??= setImmediate(() => this.#sendIfPossible());
    const isDue =
      this.#gathered.length >= MOST_AT_ONCE || this.#bytes >= MOST_BYTES || performance.now() - this.#since > LONGEST_MS;
    return isDue ? this.#sendInTurn() : undefined;
  }

  /** The rest, with the end. @throws DataCloneError. */
  end(): void {
    this.#post({ type: "done" });
  }

  /** The same for a call that has failed. What cannot be cloned of the rest is what it failed of. */
  fail(thrown: Thrown): void {
    try {
      this.#post({ type: "failed", thrown });
    } catch {
      this.#gathered = [];
      this.#post({ type: "failed", thrown });
    }
  }

  taken(): void {
    this.#underWay--;
    this.#wake?.();
  }

  async #sendInTurn(): Promise<void> {
    while (this.#underWay >= LISTS_UNDER_WAY) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#post({ type: "emissions" });
  }

  /** What cannot be sent now, or at all, is left to the next one who must. */
  #sendIfPossible(): void {
    this.#flush = undefined;
    if (this.#underWay >= LISTS_UNDER_WAY || this.#gathered.length === 0) return;
    try {
      this.#post({ type: "emissions" });
    } catch {
      // The end tries again, and there somebody hears of it.
    }
  }

  #post(what: { type: "emissions" | "done" } | { type: "failed"; thrown: Thrown }): void {
    const emissions = this.#gathered;
    const message: CallMessage = { ...what, emissions };
    this.#port.postMessage(message, this.#transfer ? buffersIn(emissions) : []);
    clearImmediate(this.#flush);
    this.#flush = undefined;
    this.#gathered = [];
    this.#bytes = 0;
    if (what.type === "emissions") this.#underWay++;
  }
}

const MOST_AT_ONCE = 256;
const MOST_BYTES = 1024 * 1024;
const LONGEST_MS = 20;
const LISTS_UNDER_WAY = 2;

/** The buffers of which values hold the whole; a part of a larger one (as small Node buffers are) stays with its owner. */
function buffersIn(emissions: readonly PackedEmission[]): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const look = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return;
    if (value instanceof ArrayBuffer) found.add(value);
    else if (ArrayBuffer.isView(value)) {
      const { buffer, byteLength } = value;
      if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) found.add(buffer);
    } else if (Array.isArray(value)) for (const item of value) look(item, depth + 1);
    else if (!types.isProxy(value)) for (const item of Object.values(value)) look(item, depth + 1);
  };
  for (const packed of emissions) if ("outputs" in packed) for (const [, value] of packed.outputs) look(value, 0);
  return [...found];
}

const MAX_DEPTH = 8;
