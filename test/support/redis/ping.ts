import { connect as connectPlain, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectSecure } from "node:tls";

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly password?: string | undefined;
  /** Certificate authority of the server, where it speaks TLS. */
  readonly ca?: string | undefined;
  readonly tls?: boolean;
}

/** The server that a `redis:` or `rediss:` URL names. */
export function targetOf(url: string): Target {
  const { protocol, hostname, port, password } = new URL(url);
  if (protocol !== "redis:" && protocol !== "rediss:") throw new Error(`Expected a URL like redis://host:6379, found "${url}"`);
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || 6379),
    password: password === "" ? undefined : decodeURIComponent(password),
    tls: protocol === "rediss:",
  };
}

/**
 * Waits until the server answers PING: it accepts connections and has loaded its data.
 * `giveUp` ends the wait early, with its reason, when the server cannot come up any more.
 */
export async function waitUntilReady(
  target: Target,
  { deadlineMs = 15_000, giveUp }: { deadlineMs?: number; giveUp?: AbortSignal } = {},
) {
  const end = performance.now() + deadlineMs;
  for (;;) {
    giveUp?.throwIfAborted();
    const answer = await ask(target, ["PING"], /\+PONG\r\n/, 1_000);
    if (answer.endsWith("+PONG")) return;
    if (performance.now() > end) {
      throw new Error(
        `Redis at ${target.host}:${target.port} did not answer PING within ${deadlineMs} ms; the last answer: ${answer}`,
      );
    }
    await delay(5);
  }
}

/** The id of the process that serves this target. It must be ready. */
export async function serverPid(target: Target): Promise<number> {
  const info = await ask(target, ["INFO", "server"], /process_id:\d+/, 5_000);
  return Number(/process_id:(\d+)/.exec(info)?.[1]);
}

/** What the server answers to one command, up to where it matches; or else what went wrong. */
function ask(target: Target, command: readonly string[], complete: RegExp, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = open(target);
    const finish = (answer: string) => {
      socket.destroy();
      resolve(answer);
    };
    let reply = "";
    socket.setTimeout(timeoutMs, () => finish("no answer"));
    socket.on("error", (error: Error) => finish(error.message));
    socket.on("close", () => finish(`connection closed ${reply}`));
    socket.on("data", (bytes) => {
      reply += bytes.toString();
      if (complete.test(reply) || /^-.*\r\n/m.test(reply)) finish(reply.trim());
    });
    if (target.password !== undefined) socket.write(encode(["AUTH", target.password]));
    socket.write(encode(command));
  });
}

function encode(command: readonly string[]): string {
  return `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join("")}`;
}

function open({ host, port, tls, ca }: Target): Socket {
  if (!tls) return connectPlain({ host, port });
  // Readiness is all that is asked here; whether to trust the certificate is for the client under test.
  return connectSecure({ host, port, ca, rejectUnauthorized: false });
}
