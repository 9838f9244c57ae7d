import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { GuardedProcess } from "../redis/guarded-process.ts";
import { freePort } from "../redis/ports.ts";
import { run } from "../redis/run.ts";
import { fetchJars } from "./jars.ts";
import { findJavaTools } from "./java.ts";

export interface Neo4jServerOptions {
  /** Whether APOC's procedures are there. The default is `true`. */
  readonly apoc?: boolean;
  /** Of the user `neo4j`, at least 8 characters. */
  readonly password?: string;
  /** Anything else from Neo4j's configuration: `{ "server.databases.read_only": "neo4j" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * A real Neo4j Community server, from the jars of Maven Central. It listens on the loopback interface only, keeps its data in a folder
 * of its own, and ends with the process that started it at the latest. It takes about 400 MB of memory and starts within 5 to 10 seconds.
 */
export class Neo4jServer {
  readonly uri: string;
  readonly username = "neo4j";
  readonly password: string;
  readonly #launch: Launch;
  #process: GuardedProcess;

  private constructor(launch: Launch, password: string, process: GuardedProcess) {
    this.uri = `bolt://127.0.0.1:${launch.port}`;
    this.password = password;
    this.#launch = launch;
    this.#process = process;
  }

  /** Starts a server and waits until it answers. */
  static async start(options: Neo4jServerOptions = {}): Promise<Neo4jServer> {
    const server = await Neo4jServer.startIfPossible(options);
    if (server !== undefined) return server;
    throw new Error(
      "Tests that break their own Neo4j need Java 17 or 21 and Maven: install them (on Debian: apt-get install openjdk-17-jre-headless maven)",
    );
  }

  /** The same; `undefined` where this machine has no Java 17 or 21, or no Maven, and we may not install them. */
  static async startIfPossible({ apoc = true, password = "test-password", settings = {} }: Neo4jServerOptions = {}) {
    const tools = await findJavaTools();
    if (tools === undefined) return undefined;
    const jars = await fetchJars(tools.mvn);
    const folder = mkdtempSync(join(tmpdir(), "datagraph-neo4j-"));
    const launch = { java: tools.java, jars, folder, apoc, port: await freePort() };
    try {
      for (const name of ["conf", "plugins", "import", "logs"]) mkdirSync(join(folder, name));
      if (apoc) linkPlugins(jars, join(folder, "plugins"));
      configure(launch, settings);
      await setPassword(launch, password);
      return new Neo4jServer(launch, password, await spawnServer(launch));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Ends the server as a crash does. */
  async kill(): Promise<void> {
    await this.#process.end("SIGKILL");
  }

  /**
   * Starts the server again, on the same port and with its data; kills it first, if it runs. `settings` replace those of before:
   * with some it ends in good order, as a database that is read only could not recover from a crash.
   */
  async restart(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#process.end(Object.keys(settings).length > 0 ? "SIGTERM" : "SIGKILL");
    configure(this.#launch, settings);
    this.#process = await spawnServer(this.#launch);
  }

  /** Ends the server and removes its data. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#launch.folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

interface Launch {
  readonly java: string;
  readonly jars: string;
  readonly folder: string;
  readonly apoc: boolean;
  readonly port: number;
}

const jvm = [
  ...["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"],
  ...["java.nio", "java.io", "sun.nio.ch", "java.lang"].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
  "-Dio.netty.tryReflectionSetAccessible=true",
  "-Dlog4j2.disable.jmx=true",
];

function configure({ folder, port }: Launch, settings: Readonly<Record<string, string>>): void {
  const all = {
    "server.default_listen_address": "127.0.0.1",
    "server.bolt.listen_address": `127.0.0.1:${port}`,
    "server.bolt.advertised_address": `127.0.0.1:${port}`,
    "server.http.enabled": "false",
    "server.https.enabled": "false",
    "dbms.security.auth_enabled": "true",
    // Tests try wrong passwords on purpose; that must not lock out the others.
    "dbms.security.auth_max_failed_attempts": "0",
    "dbms.security.procedures.unrestricted": "apoc.*",
    "dbms.usage_report.enabled": "false",
    "server.memory.pagecache.size": "64m",
    "db.tx_log.rotation.size": "1m",
    "db.tx_log.preallocate": "false",
    ...settings,
  };
  writeFileSync(
    join(folder, "conf/neo4j.conf"),
    Object.entries(all)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
}

/** Procedures are looked for in this folder only; their classes come with all the others. */
function linkPlugins(jars: string, plugins: string): void {
  for (const jar of readdirSync(jars)) if (/^apoc-(core|common)-/.test(jar)) symlinkSync(join(jars, jar), join(plugins, jar));
}

function classPath({ jars, apoc }: Launch): string {
  const wanted = readdirSync(jars).filter((jar) => jar.endsWith(".jar") && (apoc || !jar.startsWith("apoc-")));
  return wanted.map((jar) => join(jars, jar)).join(":");
}

async function setPassword(launch: Launch, password: string): Promise<void> {
  const { java, folder } = launch;
  const command = ["org.neo4j.server.startup.Neo4jAdminCommand", "dbms", "set-initial-password", password];
  const env = { ...process.env, NEO4J_HOME: folder, NEO4J_CONF: join(folder, "conf") };
  await run(java, [...jvm, "-cp", classPath(launch), ...command], { env, timeout: 60_000 });
}

async function spawnServer(launch: Launch): Promise<GuardedProcess> {
  const { java, folder } = launch;
  const log = join(folder, "logs/neo4j.log");
  if (existsSync(log)) truncateSync(log);
  const home = [`--home-dir=${folder}`, `--config-dir=${join(folder, "conf")}`];
  const program = [...jvm, "-cp", classPath(launch), "org.neo4j.server.CommunityEntryPoint", ...home];
  const server = await GuardedProcess.start(java, program, folder);
  try {
    await untilStarted(log, server);
    return server;
  } catch (error) {
    await server.end("SIGKILL");
    throw error;
  }
}

/** The server says in its log when it takes connections. */
async function untilStarted(log: string, server: GuardedProcess, deadlineMs = 120_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const text = existsSync(log) ? readFileSync(log, "utf8") : "";
    if (/ Started\.\s/.test(text)) return;
    server.ended.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`Neo4j did not start within ${deadlineMs} ms. Its log:\n${text}`);
    await delay(50);
  }
}
