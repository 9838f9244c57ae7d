import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TcpProxy } from "./tcp-proxy.ts";

/** A server that remembers what it received and answers every chunk in upper case. */
class ShoutingServer {
  received = "";
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        this.received += bytes;
        socket.write(bytes.toString().toUpperCase());
      });
    });
  }

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `tcp://127.0.0.1:${(this.#server.address() as { port: number }).port}/3`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** A client that keeps what it hears, and how its connection ended. */
class Client {
  heard = "";
  ending: "open" | "end" | "reset" = "open";
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1" });
    this.socket.on("data", (bytes) => (this.heard += bytes));
    this.socket.on("end", () => (this.ending = "end"));
    this.socket.on("error", () => (this.ending = "reset"));
  }

  say(text: string): void {
    this.socket.write(text);
  }

  async hears(text: string): Promise<void> {
    while (!this.heard.endsWith(text)) await once(this.socket, "data");
  }

  async closes(): Promise<void> {
    // Not `once`, which would reject with the error that came before.
    if (!this.socket.closed) await new Promise((resolve) => this.socket.on("close", resolve));
  }
}

let server: ShoutingServer;
let proxy: TcpProxy;
const clients: Client[] = [];

function client(): Client {
  const made = new Client(proxy.port);
  clients.push(made);
  return made;
}

beforeEach(async () => {
  server = new ShoutingServer();
  proxy = await TcpProxy.start(await server.start());
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await proxy.close();
  await server.stop();
});

test("forwards both ways and counts connections", async () => {
  const [a, b] = [client(), client()];
  a.say("one");
  b.say("two");
  await Promise.all([a.hears("ONE"), b.hears("TWO")]);
  expect(proxy.connections).toEqual({ open: 2, accepted: 2, resets: 0 });
  a.socket.end();
  await a.closes();
  expect(a.ending).toBe("end");
  await expect.poll(() => proxy.connections.open).toBe(1);
});

test("its URL is the target's with another port", () => {
  expect(proxy.url).toBe(`tcp://127.0.0.1:${proxy.port}/3`);
});

test("forwards many bytes unharmed", async () => {
  const text = "abcdefghij".repeat(300_000);
  const a = client();
  a.say(text);
  while (a.heard.length < text.length) await once(a.socket, "data");
  expect(a.heard).toBe(text.toUpperCase());
});

test("resets after the request reached the server, before any reply is forwarded", async () => {
  const a = client();
  a.say("first");
  await a.hears("FIRST");
  const dropped = proxy.resetAfterRequest();
  a.say("second");
  await Promise.all([dropped, a.closes()]);
  expect(server.received).toBe("firstsecond");
  expect(a.heard).toBe("FIRST");
  expect(a.ending).toBe("reset");

  const b = client();
  b.say("third");
  await b.hears("THIRD");
  expect(proxy.connections).toEqual({ open: 1, accepted: 2, resets: 1 });
});

test("resets only as many connections, and only for requests that match", async () => {
  const dropped = proxy.resetAfterRequest(2, (bytes) => bytes.includes("write"));
  const [a, b, c, reader] = [client(), client(), client(), client()];
  reader.say("read");
  await reader.hears("READ");
  a.say("write a");
  b.say("write b");
  await dropped;
  c.say("write c");
  await c.hears("WRITE C");
  expect([a.heard, b.heard]).toEqual(["", ""]);
  expect(proxy.connections).toMatchObject({ open: 2, resets: 2 });
});

test("refuses to be armed twice", () => {
  void proxy.resetAfterRequest();
  expect(() => proxy.resetAfterRequest()).toThrow("still waits");
});

test("resets every open connection", async () => {
  const [a, b] = [client(), client()];
  a.say("a");
  b.say("b");
  await Promise.all([a.hears("A"), b.hears("B")]);
  proxy.resetAll();
  await Promise.all([a.closes(), b.closes()]);
  expect([a.ending, b.ending]).toEqual(["reset", "reset"]);
});

test("a black hole swallows bytes both ways without an end, and leaves no half-heard connection behind", async () => {
  const [used, idle] = [client(), client()];
  used.say("before");
  idle.say("idle");
  await Promise.all([used.hears("BEFORE"), idle.hears("IDLE")]);
  proxy.blackhole(true);
  used.say("lost");
  const late = client();
  late.say("lost too");
  // That nothing comes can only be seen by waiting for a while.
  await delay(50);
  expect(server.received).not.toContain("lost");
  expect([used.ending, late.ending]).toEqual(["open", "open"]);

  proxy.blackhole(false);
  await Promise.all([used.closes(), late.closes()]);
  idle.say("still here");
  await idle.hears("STILL HERE");
});

test("changes what the server answers, and nothing that it is asked", async () => {
  proxy.rewrite((bytes) => Buffer.from(bytes.toString().replace("NEW", "OLD")));
  const a = client();
  a.say("new version");
  await a.hears("OLD VERSION");
  expect(server.received).toBe("new version");
});

test("adds latency in each direction and keeps the order", async () => {
  const a = client();
  a.say("x");
  await a.hears("X");
  proxy.latency(40);
  const start = performance.now();
  a.say("1");
  // In a packet of its own.
  await delay(5);
  a.say("2");
  await a.hears("12");
  // Timers may fire a millisecond early.
  expect(performance.now() - start).toBeGreaterThanOrEqual(78);
  expect(a.heard).toBe("X12");
});

test("a target that refuses connections ends its clients", async () => {
  await server.stop();
  const a = client();
  await a.closes();
  expect(a.ending).toBe("reset");
  await server.start();
});
