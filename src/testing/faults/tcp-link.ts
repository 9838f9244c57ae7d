import type { Socket } from "node:net";

/** How long a server must be quiet before its answers count as complete. */
const quietMs = 20;

/** What the proxy does to all of its connections at this moment. */
export interface Faults {
  latencyMs: number;
  blackhole: boolean;
  /** What arrives of what the server answers. */
  rewrite: (bytes: Buffer) => Buffer;
  /** Called with what a client sends, before it is forwarded. */
  readonly onRequest: (link: ProxyLink, bytes: Buffer) => void;
}

/** One client's connection through the proxy, and its connection to the server. */
export class ProxyLink {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #faults: Faults;
  readonly #onClose: (broken: boolean) => void;
  #lostSomething = false;
  #onDoom: (() => void) | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(client: Socket, upstream: Socket, faults: Faults, onClose: (broken: boolean) => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#faults = faults;
    this.#onClose = onClose;
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    this.#forward(client, upstream, (bytes) => {
      faults.onRequest(this, bytes);
      return bytes;
    });
    this.#forward(upstream, client, (bytes) => (this.#withholds() ? undefined : faults.rewrite(bytes)));
  }

  /** Whether the server's next reply will break this connection. */
  get doomed(): boolean {
    return this.#onDoom !== undefined;
  }

  /** Forwards no reply from now on, and breaks the connection once the server has answered. */
  resetOnReply(done: () => void): void {
    this.#onDoom = done;
  }

  reset(): void {
    this.#close(true);
  }

  leaveBlackhole(): void {
    if (this.#lostSomething) this.reset();
  }

  /**
   * A reply may belong to an earlier request, and a reset makes the server drop what it has not read yet:
   * only a quiet server has performed everything it was sent.
   */
  #withholds(): boolean {
    if (!this.doomed) return false;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.reset(), quietMs);
    return true;
  }

  /** @param pass gives what is sent on of what came; `undefined` for nothing. */
  #forward(from: Socket, to: Socket, pass: (bytes: Buffer) => Buffer | undefined): void {
    const line = new DelayLine(this.#faults);
    from.on("data", (received: Buffer) => {
      const bytes = this.#swallows() ? undefined : pass(received);
      if (bytes === undefined) return;
      line.push(() => {
        if (!to.destroyed && !to.write(bytes)) {
          from.pause();
          to.once("drain", () => from.resume());
        }
      });
    });
    from.on("end", () => {
      if (!this.#swallows()) line.push(() => to.end());
    });
    from.on("error", () => {
      if (!this.#swallows()) this.#close(false);
    });
    from.on("close", () => {
      if (this.#swallows()) return;
      // Half-closed is not closed: only when both ends are gone is this connection over.
      if (to.destroyed) this.#close(false);
    });
  }

  #swallows(): boolean {
    if (this.#faults.blackhole) this.#lostSomething = true;
    return this.#faults.blackhole;
  }

  #close(broken: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#quiet);
    // A reset, not a FIN: the peers must not take this for an orderly end.
    for (const socket of [this.#client, this.#upstream]) socket.resetAndDestroy();
    this.#onClose(broken);
    this.#onDoom?.();
  }
}

/** Keeps what passes in order while it is late. */
class DelayLine {
  readonly #faults: Faults;
  readonly #waiting: (() => void)[] = [];

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  push(deliver: () => void): void {
    if (this.#faults.latencyMs === 0 && this.#waiting.length === 0) {
      deliver();
      return;
    }
    this.#waiting.push(deliver);
    // Timers of equal length fire in order. A shorter one may overtake, but it delivers whatever is first in line.
    setTimeout(() => this.#waiting.shift()?.(), this.#faults.latencyMs).unref();
  }
}
