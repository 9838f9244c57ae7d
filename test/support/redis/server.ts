import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, findRedisExecutable } from "./executable.ts";
import { GuardedProcess } from "./guarded-process.ts";
import { serverPid, type Target, waitUntilReady } from "./ping.ts";
import { freePort } from "./ports.ts";
import { run } from "./run.ts";

/** Where a certificate and its key are. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface RedisServerOptions {
  /** `"no"`: everything is lost with the process; `"always"`: nothing is. The default is `"no"`. */
  readonly appendonly?: "no" | "always" | "everysec";
  /** The default is a free one. */
  readonly port?: number;
  readonly requirepass?: string;
  /** As in Redis' configuration: `"20mb"`. */
  readonly maxmemory?: string;
  /** What happens when the memory is full. The default is `"noeviction"`. */
  readonly policy?: string;
  /** Speak TLS only, with this certificate, or one made for this server; `ca` is what clients must trust. */
  readonly tls?: boolean | Certificate;
  /** Anything else from Redis' configuration: `{ "cluster-enabled": "yes" }`. */
  readonly directives?: Readonly<Record<string, string>>;
}

/**
 * A real Redis (or Valkey) for one test to break. It listens on the loopback interface only, keeps its data in a folder
 * of its own, and ends with the test's process at the latest.
 *
 * @example
 * await using redis = await RedisServer.start({ appendonly: "always" });
 * await redis.kill();
 * await redis.restart(); // the same port and data
 */
export class RedisServer {
  readonly port: number;
  readonly url: string;
  /** The certificate that clients must trust; only with `tls`. */
  readonly ca: string | undefined;
  readonly #executable: string;
  readonly #folder: string;
  readonly #parameters: readonly string[];
  readonly #target: Target;
  #process: GuardedProcess;

  private constructor(launch: Launch, process: GuardedProcess) {
    this.port = launch.target.port;
    this.ca = launch.target.ca;
    this.url = urlOf(launch.target);
    this.#executable = launch.executable;
    this.#folder = launch.folder;
    this.#parameters = launch.parameters;
    this.#target = launch.target;
    this.#process = process;
  }

  /** Starts a server and waits until it answers. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const executable = findRedisExecutable();
    if (executable === undefined) {
      throw new Error("Tests that break their own Redis need redis-server or valkey-server on the PATH: install one of them");
    }
    // Another process may take the free port before Redis does: then it is another port's turn.
    for (let attempt = 1; ; attempt += 1) {
      const launch = await prepare(executable, options, options.port ?? (await freePort()));
      try {
        return new RedisServer(launch, await spawnServer(launch));
      } catch (error) {
        rmSync(launch.folder, { recursive: true, force: true });
        if (options.port !== undefined || attempt === 5 || !/already in use/i.test(String(error))) throw error;
      }
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Ends the server as a crash does: at once, and without a word to its clients or its disk. */
  async kill(): Promise<void> {
    await this.#process.end("SIGKILL");
  }

  /** Starts the server again, on the same port and with what its folder holds; ends it first, in order, if it runs. */
  async restart(): Promise<void> {
    await this.#end();
    this.#process = await spawnServer({
      executable: this.#executable,
      folder: this.#folder,
      parameters: this.#parameters,
      target: this.#target,
    });
  }

  /** Stops the server where it stands: its connections stay open and nothing is answered. */
  pause(): void {
    this.#process.signal("SIGSTOP");
  }

  resume(): void {
    this.#process.signal("SIGCONT");
  }

  /** Ends the server and removes its data. */
  async stop(): Promise<void> {
    await this.#end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #end(): Promise<void> {
    this.resume();
    await this.#process.end("SIGTERM");
  }
}

interface Launch {
  readonly executable: string;
  readonly folder: string;
  readonly parameters: readonly string[];
  readonly target: Target;
}

async function prepare(executable: string, options: RedisServerOptions, port: number): Promise<Launch> {
  const { appendonly = "no", policy = "noeviction", tls = false, requirepass, maxmemory, directives = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), "datagraph-redis-"));
  const certificate = tls === true ? await makeCertificate(folder) : tls || undefined;
  const settings: Record<string, string> = {
    bind: "127.0.0.1",
    port: certificate ? "0" : String(port),
    dir: folder,
    // No snapshots: a restart must bring back what the append-only file holds, and nothing else.
    save: "",
    appendonly: appendonly === "no" ? "no" : "yes",
    ...(appendonly === "no" ? {} : { appendfsync: appendonly }),
    "maxmemory-policy": policy,
    ...(maxmemory === undefined ? {} : { maxmemory }),
    ...(requirepass === undefined ? {} : { requirepass }),
    ...(certificate === undefined
      ? {}
      : {
          "tls-port": String(port),
          "tls-cert-file": certificate.cert,
          "tls-key-file": certificate.key,
          "tls-ca-cert-file": certificate.cert,
          "tls-auth-clients": "no",
        }),
    ...directives,
  };
  const parameters = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const ca = certificate === undefined ? undefined : readFileSync(certificate.cert, "utf8");
  return {
    executable,
    folder,
    parameters,
    target: { host: "127.0.0.1", port, password: requirepass, tls: certificate !== undefined, ca },
  };
}

async function spawnServer({ executable, folder, parameters, target }: Launch): Promise<GuardedProcess> {
  const process = await GuardedProcess.start(executable, parameters, folder);
  try {
    await waitUntilReady(target, { giveUp: process.ended });
    // Where the port was taken, it is the other server that answers, while ours is still about to give up.
    if ((await serverPid(target)) !== process.pid) throw new Error(`Port ${target.port} is already in use by another server`);
    return process;
  } catch (error) {
    await process.end("SIGKILL");
    throw error;
  }
}

function urlOf({ tls, password, host, port }: Target): string {
  const login = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  return `${tls ? "rediss" : "redis"}://${login}${host}:${port}`;
}

/** A certificate for this machine that certifies itself. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  if (findProgram("openssl") === undefined)
    throw new Error("A Redis that speaks TLS needs openssl on the PATH to make a certificate");
  const [cert, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  await run("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, "-keyout", key, "-out", cert]);
  return { cert, key };
}
