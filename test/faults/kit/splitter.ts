import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { TcpProxy } from "../../../src/testing/faults/tcp-proxy.ts";
import { afterwards } from "./scene.ts";

/**
 * Gives a store's two connections a proxy each, so that one of them can break alone. The store opens the one for commands
 * first; a connection that is made anew goes where one is missing.
 *
 * @returns a URL for the store.
 */
export async function splitConnections(commands: TcpProxy, notifications: TcpProxy): Promise<string> {
  const sockets = new Set<Socket>();
  const open = new Map<TcpProxy, number>([
    [commands, 0],
    [notifications, 0],
  ]);
  const server = createServer((socket) => {
    const proxy = (open.get(commands) ?? 0) <= (open.get(notifications) ?? 0) ? commands : notifications;
    open.set(proxy, (open.get(proxy) ?? 0) + 1);
    const upstream = connect({ host: "127.0.0.1", port: proxy.port });
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.pipe(to);
      from.on("close", () => to.destroy());
    }
    socket.on("close", () => open.set(proxy, (open.get(proxy) ?? 0) - 1));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterwards(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `redis://127.0.0.1:${(server.address() as { port: number }).port}`;
}
