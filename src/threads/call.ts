import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { toFailure } from "../errors.ts";
import type { Log } from "../processor/implementation.ts";
import { type CallCommand, type CallMessage, type PackedEmission, unpackEmission } from "./messages.ts";
import { fromThrown } from "./thrown.ts";

/** What a call is told beside its results. */
export interface CallListener {
  readonly log: Log;
  holds(until: "task" | "process", port: MessagePort): void;
}

/** One call of a handler in a thread, as the main program sees it: its results as they come, its end, its failure. */
export class ThreadCall {
  /** The thread's side. */
  readonly port: MessagePort;
  readonly #port: MessagePort;
  readonly #listener: CallListener;
  readonly #lists: (readonly PackedEmission[])[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(listener: CallListener) {
    const { port1, port2 } = new MessageChannel();
    this.port = port2;
    this.#port = port1;
    this.#listener = listener;
    port1.on("message", (message: CallMessage) => this.#on(message));
  }

  /** Tells the handler's signal. */
  abort(reason: unknown): void {
    this.#tell({ type: "abort", reason: toFailure(reason, { run: "" }) });
  }

  /** Ends the call from this side, after what it has said before; the first end counts. */
  fail(error: unknown): void {
    for (let next = receiveMessageOnPort(this.#port); next && !this.#end; next = receiveMessageOnPort(this.#port))
      this.#on(next.message);
    this.#finish({ error });
  }

  /** What the handler emitted: a list where that is all, or emissions as they come. @throws what the handler threw. */
  async results(): Promise<Iterable<unknown> | AsyncIterable<unknown>> {
    const first = await this.#next();
    return this.#end && this.#lists.length === 0 && !("error" in this.#end) ? (first ?? []) : this.#stream(first ?? []);
  }

  async *#stream(first: Iterable<unknown>): AsyncGenerator<unknown> {
    try {
      for (let list: Iterable<unknown> | undefined = first; list; list = await this.#next()) yield* list;
    } finally {
      // Whoever leaves early wants no more of it.
      if (!this.#end) this.abort(new Error("its results are not read any more"));
    }
  }

  async #next(): Promise<readonly unknown[] | undefined> {
    while (this.#lists.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const list = this.#lists.shift();
    if (list) this.#tell({ type: "more" });
    else if (this.#end && "error" in this.#end) throw this.#end.error;
    return list?.map(unpackEmission);
  }

  #on(message: CallMessage): void {
    switch (message.type) {
      case "log":
        this.#listener.log[message.level](message.message, message.fields);
        break;
      case "holds":
        this.#listener.holds(message.until, message.port);
        break;
      case "emissions":
        this.#lists.push(message.emissions);
        this.#wake?.();
        break;
      case "done":
      case "failed":
        if (message.emissions.length > 0) this.#lists.push(message.emissions);
        this.#finish(message.type === "failed" ? { error: fromThrown(message.thrown) } : {});
        break;
    }
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    this.#port.close();
    this.#wake?.();
  }

  #tell(command: CallCommand): void {
    if (!this.#end) this.#port.postMessage(command);
  }
}
