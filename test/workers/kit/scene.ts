import { join } from "node:path";
import { type FlowRun, type Log, Supervisor } from "datagraph";
import type { WorkerProcessOptions } from "datagraph/testing";
import { Redis } from "ioredis";
import { expect, inject } from "vitest";
import { BullMQExecutor } from "../../../src/executors/bullmq.ts";
import { fresh } from "../../support/fresh.ts";
import { afterwards, within } from "./afterwards.ts";
import { Program } from "./program.ts";

export { afterwards, within };

/** Long versions of the tests, for `npm run test:soak`. */
export const SOAK = process.env.SOAK === "1";

/** How long a silent process is believed to live, in these tests. */
export const LEASE_MS = 2_000;

interface WorkerSettings {
  readonly concurrency?: number;
  readonly graceMs?: number;
  /** Where it kills itself: see `programs/fail.mjs`. */
  readonly failAt?: { readonly point: string; readonly at: number };
}

/** One system under test: a place in Redis, this process as a starter, and any number of other processes. */
export class Scene {
  readonly redis: string;
  readonly leaseMs: number;
  /** Begins every key of the streams; with a `q` behind it, every key of BullMQ. */
  readonly prefix = `${fresh()}:`;
  readonly log = new MemoryLog();
  #supervisor: Supervisor | undefined;

  constructor({ redis = inject("redisUrl"), leaseMs = LEASE_MS }: { redis?: string; leaseMs?: number } = {}) {
    this.redis = redis;
    this.leaseMs = leaseMs;
  }

  /** This process's supervisor. */
  get supervisor(): Supervisor {
    this.#supervisor ??= this.makeSupervisor();
    return this.#supervisor;
  }

  makeSupervisor(executor = this.executor()): Supervisor {
    const supervisor = new Supervisor({
      redis: { url: this.redis, prefix: this.prefix, client: { connectionName: this.prefix } },
      executor,
      leaseMs: this.leaseMs,
      log: this.log,
    });
    afterwards(() => within(supervisor.close(), "the supervisor to close"));
    return supervisor;
  }

  executor(): BullMQExecutor {
    return new BullMQExecutor();
  }

  /** A worker in a process of its own; it takes tasks when it says `works`. */
  worker(implement: readonly string[], { clockMs, execArgv = [], ...options }: WorkerSettings = {}): Program {
    const clock = clockOf(clockMs);
    const processOptions = { ...clock, execArgv: [...(clock.execArgv ?? []), ...execArgv] };
    return new Program("worker", { ...this.#shared, implement, ...options }, processOptions);
  }

  /** A worker of another program, which makes its processors of these options; settles when it takes tasks. */
  async startWorker(program: string, options: object): Promise<Program> {
    const worker = new Program(program, { ...this.#shared, options });
    await worker.says("works");
    return worker;
  }

  /** Another process that starts runs. */
  starter({ clockMs, ...options }: Readonly<Record<string, unknown>> & { clockMs?: number }): Program {
    return new Program("starter", { ...this.#shared, ...options }, clockOf(clockMs));
  }

  get #shared() {
    const { redis, prefix, leaseMs } = this;
    return { redis, prefix, leaseMs };
  }

  /** A client of its own, to look at the server. */
  client(): Redis {
    const redis = new Redis(this.redis);
    redis.on("error", () => undefined);
    afterwards(() => redis.disconnect());
    return redis;
  }
}

interface WorkerSettings {
  /** What the other processes call it. */
  readonly name?: string;
  readonly concurrency?: number;
  readonly graceMs?: number;
  /** How many milliseconds its clock is fast. */
  readonly clockMs?: number;
  /** How often it says how much memory it holds. */
  readonly heapEveryMs?: number;
  /** Another way to Redis. */
  readonly redis?: string;
  readonly execArgv?: readonly string[];
}

function clockOf(clockMs = 0): WorkerProcessOptions {
  if (clockMs === 0) return {};
  const clock = join(import.meta.dirname, "../programs/clock.mjs");
  return { execArgv: ["--import", clock], env: { ...process.env, CLOCK_SHIFT_MS: String(clockMs) } };
}

/** A log that can be read. */
class MemoryLog implements Log {
  readonly lines: string[] = [];
  debug = this.#keep("debug");
  info = this.#keep("info");
  warn = this.#keep("warn");
  error = this.#keep("error");

  #keep(level: keyof Log) {
    return (message: string, fields: Record<string, unknown> = {}): void => {
      this.lines.push([`${level}: ${message}`, ...Object.values(fields).map(String)].join(" "));
    };
  }
}

/** The first line of a worker's log with this text that it writes, or has written. */
export async function logged(worker: Program, text: string): Promise<string> {
  const found = () => worker.all("log").find((said) => String(said.text).includes(text))?.text;
  await expect.poll(found, { timeout: 20_000 }).toBeDefined();
  return String(found());
}

/** What a run ends with; `undefined` when it completes. */
export async function failureOf(run: Pick<FlowRun, "done">): Promise<unknown> {
  return run.done.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** A length of time that is itself what is tested: a process that is stopped for so long, say. */
export function lasting(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Prints a figure for the report. */
export function figure(promise: string, text: string): void {
  console.log(`[promise ${promise}] ${text}`);
}
