import { type Fault, pause } from "./inject.ts";
import { pickOne } from "./schedule.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** A server that a test can crash: one in a process or a container of its own. */
export interface CrashableServer {
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, with what it has kept; settles when it answers. */
  restart(): Promise<void>;
}

/** `kill -9` of a worker; another one takes its place. */
export function killWorker(pool: WorkerPool): Fault {
  return ({ pick }) => pool.replace(pick);
}

/** A worker stands still for a while (SIGSTOP, SIGCONT): longer than its lease, and it is taken for dead. */
export function stopWorker(pool: WorkerPool): Fault {
  return async ({ pick, lastsMs }, signal) => {
    const worker = pickOne(pool.alive, pick);
    worker?.stop();
    await pause(lastsMs, signal);
    worker?.resume();
  };
}

/** Every connection through one of the proxies breaks. */
export function resetConnections(proxies: readonly TcpProxy[]): Fault {
  return ({ pick }) => pickOne(proxies, pick)?.resetAll();
}

/** What goes through one of the proxies vanishes for a while, and nobody is told. */
export function blackHole(proxies: readonly TcpProxy[]): Fault {
  return async ({ pick, lastsMs }, signal) => {
    const proxy = pickOne(proxies, pick);
    proxy?.blackhole(true);
    await pause(lastsMs, signal);
    proxy?.blackhole(false);
  };
}

/** What goes through one of the proxies comes up to 100 ms late for a while. */
export function delayPackets(proxies: readonly TcpProxy[]): Fault {
  return async ({ pick, lastsMs }, signal) => {
    const proxy = pickOne(proxies, pick);
    proxy?.latency(pick * 100);
    await pause(lastsMs, signal);
    proxy?.latency(0);
  };
}

/** The server crashes, and is away for a while. */
export function crashServer(server: CrashableServer): Fault {
  return async ({ lastsMs }, signal) => {
    await server.kill();
    await pause(lastsMs, signal);
    await server.restart();
  };
}
