import { createHash } from "node:crypto";
import { type WorkerOptions as BullWorkerOptions, DelayedError, type Job, type JobsOptions, Queue } from "bullmq";
import type { Cluster, Redis } from "ioredis";
import { DeclarationError, SupervisorStateError } from "../errors.ts";
import { FORMAT } from "../streams/envelope.ts";
import { type Place, placeOf } from "../streams/redis/address.ts";
import { redisClient } from "../streams/redis/client.ts";
import type { RedisOptions } from "../streams/redis/options.ts";
import { QueueWorker } from "./bullmq/queue-worker.ts";
import { checkEnvelope, type TaskEnvelope } from "./bullmq/task-envelope.ts";
import { type Executor, type ExecutorHost, type Task, TaskLeftError, type TaskWorker, type WorkerOptions } from "./executor.ts";

/** Options of {@link BullMQExecutor}. Every field has a default. */
export interface BullMQOptions {
  /** How BullMQ reaches Redis. Default: as the supervisor does. */
  readonly redis?: string | RedisOptions;
  /**
   * Begins every key of BullMQ. Default: the supervisor's prefix and `q`, as in `dg:q`; on a cluster with the queue's name
   * as a hash tag, as in `dg:{q:parse}`, so that queues spread over its nodes. One of your own needs a hash tag there.
   */
  readonly prefix?: string;
  /** Options of every job: priority, delay, attempts, backoff. */
  readonly job?: Omit<JobsOptions, "jobId" | "removeOnComplete" | "removeOnFail">;
  /** Options of every BullMQ worker: rate limits, lock and stall settings. */
  readonly worker?: Omit<BullWorkerOptions, "connection" | "concurrency" | "autorun" | "prefix">;
}

/**
 * Hands tasks to workers in any process through BullMQ: one queue per processor, one job per attempt at a task. Job ids
 * follow from the task, so dispatching twice is dispatching once; finished jobs leave nothing behind. What a job has done
 * is in its run's streams, and whether its worker lives is told by the run's leases; BullMQ only carries it there.
 */
export class BullMQExecutor implements Executor {
  readonly local = false;
  readonly #options: BullMQOptions;
  readonly #queues = new Map<string, Queue>();
  readonly #workers = new Set<BullMQWorker>();
  /** Jobs that are being added or taken back. */
  readonly #changes = new Set<Promise<unknown>>();
  /** How many replicas are performed here, by run and processor. */
  readonly #performing = new Map<string, number>();
  #host: ExecutorHost | undefined;
  #client: Redis | Cluster | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: BullMQOptions = {}) {
    this.#options = options;
  }

  start(host: ExecutorHost): void {
    if (this.#host) throw new SupervisorStateError("This BullMQExecutor belongs to a supervisor already; make one for each.");
    if (!host.redis && this.#options.redis === undefined) {
      throw new DeclarationError("BullMQExecutor needs Redis: attach the supervisor with { redis: … }.");
    }
    const { prefix } = this.#options;
    if (prefix !== undefined && !HASH_TAG.test(prefix) && this.#placeAt(host).kind === "cluster") {
      throw new DeclarationError(
        `BullMQExecutor: the prefix ${JSON.stringify(prefix)} needs a hash tag on a cluster, as in "{${prefix}}": BullMQ's scripts use several keys of a queue.`,
      );
    }
    this.#host = host;
  }

  async dispatch(task: Task): Promise<void> {
    const { job } = this.#options;
    const added = this.#queue(task.processor).add(
      "task",
      { v: FORMAT, ...task },
      {
        ...job,
        jobId: jobId(task),
        removeOnComplete: true,
        removeOnFail: true,
      },
    );
    await this.#untilDone(added);
  }

  async withdraw(task: Task): Promise<void> {
    await this.#untilDone(this.#queue(task.processor).remove(jobId(task)));
  }

  /** Closing waits for it, too. */
  async #untilDone(change: Promise<unknown>): Promise<void> {
    this.#changes.add(change);
    await change.finally(() => this.#changes.delete(change));
  }

  async work({ processors, concurrency }: WorkerOptions): Promise<TaskWorker> {
    const host = this.#started();
    const workers = processors.map(
      (processor) =>
        new QueueWorker({
          queue: queueName(processor),
          processor,
          connection: this.#connection(),
          prefix: this.#prefixOf(processor),
          concurrency,
          options: { ...staleAfter(host.leaseMs), ...this.#options.worker, skipVersionCheck: true },
          host,
          perform: (job, task, token) => this.#perform(job, task, token),
        }),
    );
    const worker = new BullMQWorker(workers);
    this.#workers.add(worker);
    await Promise.all(workers.map((each) => each.ready()));
    return worker;
  }

  /** A task that is left to other workers is offered again later: another one may take it then, or a newer version of this one. */
  async #perform(job: Job<TaskEnvelope>, task: Task, token: string): Promise<void> {
    const host = this.#started();
    const { run, processor } = task;
    const processorOfRun = JSON.stringify([run, processor]);
    const replicasHere = this.#performing.get(processorOfRun) ?? 0;
    if (replicasHere > 0 && job.attemptsStarted <= OFFERS_TO_OTHERS) {
      // Another replica of what goes on here: let whoever is idle be faster.
      await job.moveToDelayed(Date.now() + SPREAD_MS, token);
      throw new DelayedError();
    }
    this.#performing.set(processorOfRun, replicasHere + 1);
    try {
      checkEnvelope(job.data);
      await host.perform(task);
    } catch (error) {
      if (!(error instanceof TaskLeftError)) throw error;
      // Each time again would fill the log with one mistake.
      host.log[job.attemptsStarted > 1 ? "debug" : "warn"](error.message);
      await job.moveToDelayed(Date.now() + offerAfterMs(job.attemptsStarted), token);
      throw new DelayedError();
    } finally {
      const left = (this.#performing.get(processorOfRun) ?? 1) - 1;
      if (left > 0) this.#performing.set(processorOfRun, left);
      else this.#performing.delete(processorOfRun);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.stop()));
    // What the last tasks have made ready, or given back.
    await Promise.allSettled(this.#changes);
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#client?.disconnect();
  }

  #queue(processor: string): Queue {
    const known = this.#queues.get(processor);
    if (known) return known;
    const queue = new Queue(queueName(processor), {
      connection: this.#connection(),
      prefix: this.#prefixOf(processor),
      // The supervisor has looked at the server; and nobody reads these events.
      skipVersionCheck: true,
      streams: { events: { maxLen: 1 } },
    });
    queue.on("error", (error) => {
      this.#host?.log.warn(`BullMQ queue of processor "${processor}": ${error.message}`);
    });
    this.#queues.set(processor, queue);
    return queue;
  }

  /** One connection for all queues; each worker adds the blocking one that BullMQ needs. */
  #connection(): Redis | Cluster {
    const host = this.#started();
    this.#client ??= connect(this.#redisOf(host));
    return this.#client;
  }

  /** Systems that share a server and differ in their prefix must not take each other's tasks. */
  #prefixOf(processor: string): string {
    const host = this.#started();
    const { prefix = "dg:" } = host.redis ?? {};
    const own = this.#placeAt(host).kind === "cluster" ? `${prefix}{q:${queueName(processor)}}` : `${prefix}q`;
    return this.#options.prefix ?? own;
  }

  #redisOf(host: ExecutorHost): RedisOptions {
    const { redis } = this.#options;
    return typeof redis === "string" ? { url: redis } : (redis ?? host.redis ?? {});
  }

  #placeAt(host: ExecutorHost): Place {
    return placeOf(this.#redisOf(host));
  }

  #started(): ExecutorHost {
    if (!this.#host || this.#closing)
      throw new SupervisorStateError("The executor is not running: it was never attached, or is closed.");
    return this.#host;
  }
}

/** When a task that a worker has left to others is offered again: soon, as another one may be there, then more and more seldom. */
function offerAfterMs(offers: number): number {
  return Math.min(FIRST_OFFER_MS * 2 ** (offers - 1), LAST_OFFER_MS);
}

/** So often a worker that performs a replica offers another one of the same processor and run to others before it takes it, too. */
const OFFERS_TO_OTHERS = 2;
const SPREAD_MS = 50;

const FIRST_OFFER_MS = 250;
const LAST_OFFER_MS = 15_000;

/** The BullMQ workers of one call of `work`. */
class BullMQWorker implements TaskWorker {
  readonly #workers: readonly QueueWorker[];
  #stopping: Promise<void> | undefined;

  constructor(workers: readonly QueueWorker[]) {
    this.#workers = workers;
  }

  stop(): Promise<void> {
    this.#stopping ??= Promise.all(this.#workers.map((worker) => worker.stop())).then(() => undefined);
    return this.#stopping;
  }
}

function connect(options: RedisOptions): Redis | Cluster {
  const { outageMs = DEFAULT_OUTAGE_MS } = options;
  // A node that is away is asked again, or another one that has its slots, as a single server is.
  const cluster = { retryDelayOnFailover: RETRY_MS, maxRedirections: Math.ceil(outageMs / RETRY_MS) };
  return redisClient(options, { connection: { maxRetriesPerRequest: null }, cluster });
}

const RETRY_MS = 100;
const DEFAULT_OUTAGE_MS = 5 * 60_000;
/** What of a key decides where it is in a cluster. */
const HASH_TAG = /^[^{]*\{[^}]+\}/;

/** A job whose worker died before it could claim its task is as lost as the task: the lease says when. */
function staleAfter(
  leaseMs: number | undefined,
): Pick<BullWorkerOptions, "lockDuration" | "stalledInterval" | "maxStalledCount"> {
  if (leaseMs === undefined) return {};
  return { lockDuration: leaseMs, stalledInterval: leaseMs / 2, maxStalledCount: 2 ** 30 };
}

/** BullMQ forbids colons in names and ids, and ours are any text. */
function queueName(processor: string): string {
  return /^[\w.-]{1,100}$/.test(processor) ? processor : `~${createHash("sha256").update(processor).digest("base64url")}`;
}

function jobId({ run, index, attempt }: Task): string {
  return `${createHash("sha256").update(run).digest("base64url")}.${index}.${attempt}`;
}
