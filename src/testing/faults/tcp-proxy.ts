import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Faults, ProxyLink } from "./tcp-link.ts";

/** Chooses requests by their bytes: `(bytes) => bytes.includes("EVALSHA")`. One call may hold several requests, or a part of one. */
export type RequestFilter = (bytes: Buffer) => boolean;

/**
 * A TCP proxy that breaks connections on purpose: it stands between a client and a real server.
 *
 * @example
 * await using proxy = await TcpProxy.start(redis.url);
 * const client = new Redis(proxy.url);
 * const dropped = proxy.resetAfterRequest(1);
 * await client.incr("n"); // performed by the server, but its reply is lost: what does the client do?
 * await dropped;
 */
export class TcpProxy {
  /** The target's URL with the proxy's host and port in it. */
  readonly url: string;
  readonly port: number;
  readonly #server: Server;
  readonly #links = new Set<ProxyLink>();
  readonly #faults: Faults = {
    latencyMs: 0,
    blackhole: false,
    rewrite: (bytes) => bytes,
    onRequest: (link, bytes) => this.#onRequest(link, bytes),
  };
  #armed: { toDoom: number; toReset: number; readonly matching: RequestFilter; readonly done: () => void } | undefined;
  #accepted = 0;
  #resets = 0;

  private constructor(server: Server, url: URL, port: number) {
    this.#server = server;
    this.port = port;
    const own = new URL(url);
    own.hostname = "127.0.0.1";
    own.port = String(port);
    this.url = own.href;
  }

  /** Listens on a free loopback port and forwards to the host and port of this URL. */
  static async start(target: string): Promise<TcpProxy> {
    const url = new URL(target);
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
    const proxy = new TcpProxy(server, url, address.port);
    server.on("connection", (client) => proxy.#accept(client, url));
    return proxy;
  }

  /** Connections open now, accepted ever, and broken by a fault. */
  get connections(): { readonly open: number; readonly accepted: number; readonly resets: number } {
    return { open: this.#links.size, accepted: this.#accepted, resets: this.#resets };
  }

  /**
   * The next `count` requests reach the server in full, but no byte of their replies comes back: when the server has
   * answered (so it has performed them), the connection is reset. Each connection counts once. Resolves when all were reset.
   */
  resetAfterRequest(count = 1, matching: RequestFilter = () => true): Promise<void> {
    if (this.#armed !== undefined) throw new Error("An earlier resetAfterRequest still waits for its requests");
    return new Promise((resolve) => {
      const done = () => {
        this.#armed = undefined;
        resolve();
      };
      this.#armed = { toDoom: count, toReset: count, matching, done };
    });
  }

  /** Resets every open connection, now. */
  resetAll(): void {
    for (const link of [...this.#links]) link.reset();
  }

  /**
   * While on: connections are accepted and stay open, and every byte in either direction vanishes, as does the end of
   * a connection. Turning it off resets those that lost something by it: no later byte could make sense to them.
   */
  blackhole(on: boolean): void {
    this.#faults.blackhole = on;
    if (!on) for (const link of [...this.#links]) link.leaveBlackhole();
  }

  /** Changes what the server answers, as it comes: one call may hold several replies, or a part of one. */
  rewrite(change: (bytes: Buffer) => Buffer): void {
    this.#faults.rewrite = change;
  }

  /** Every byte from now on arrives this much later, in each direction; the order stays. */
  latency(ms: number): void {
    this.#faults.latencyMs = ms;
  }

  /** Refuses new connections and resets the open ones. Safe to call twice. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, "close") : undefined;
    this.#server.close();
    this.resetAll();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(client: Socket, { hostname, port }: URL): void {
    this.#accepted += 1;
    const upstream = connect({ host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port), allowHalfOpen: true });
    const link = new ProxyLink(client, upstream, this.#faults, (broken) => {
      this.#links.delete(link);
      if (broken) this.#resets += 1;
    });
    this.#links.add(link);
  }

  #onRequest(link: ProxyLink, bytes: Buffer): void {
    const armed = this.#armed;
    if (armed === undefined || armed.toDoom === 0 || link.doomed || !armed.matching(bytes)) return;
    armed.toDoom -= 1;
    link.resetOnReply(() => {
      armed.toReset -= 1;
      if (armed.toReset === 0) armed.done();
    });
  }
}
