/**
 * Random flows on workers that are killed, stopped and cut off at random: the outputs are those of a plain sequential
 * evaluation, exactly. `TEST_SEED` (printed) repeats the flows and the faults, `RUNS` says how many flows, `FLOW` which
 * one alone, and `FAULTS=0` leaves the workers in peace.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Supervisor } from "datagraph";
import {
  blackHole,
  crashServer,
  type Fault,
  injectFaults,
  killWorker,
  planFaults,
  resetConnections,
  stopWorker,
  TcpProxy,
  WorkerPool,
} from "datagraph/testing";
import { inject, onTestFinished, test } from "vitest";
import { BullMQExecutor } from "../../src/executors/bullmq.ts";
import { build } from "../integration/random/build.ts";
import { expectOutputs, optionsOf, readAll, sizeOf, suppliesOf } from "../integration/random/perform.ts";
import { type FlowSpec, flows } from "../integration/random/spec.ts";
import { fc } from "../support/random.ts";
import { RedisServer } from "../support/redis.ts";
import { afterwards, within } from "./kit/afterwards.ts";
import { Program } from "./kit/program.ts";
import { figure, SOAK } from "./kit/scene.ts";

const LEASE_MS = 1_000;
const WORKERS = 3;
const FLOWS = Number(process.env.RUNS ?? (SOAK ? 300 : 12));
/** Flows for one set of workers: every worker has a queue for every processor. */
const FLOWS_PER_BATCH = 16;
const FLOWS_AT_ONCE = 4;
const MOST_VALUES = 1_000;
const DEADLINE_MS = Number(process.env.FLOW_DEADLINE_MS ?? 60_000);

test(`${FLOWS} random flows on ${WORKERS} workers, with faults`, { timeout: 60_000 + FLOWS * 20_000 }, async () => {
  const specs = fc.sample(flows.filter((spec) => sizeOf(spec) <= MOST_VALUES).map(deterministic), FLOWS);
  const wanted = process.env.FLOW === undefined ? specs : specs.slice(Number(process.env.FLOW)).slice(0, 1);
  const scene = await Scene.start();
  for (let first = 0; first < wanted.length; first += FLOWS_PER_BATCH) {
    await scene.perform(wanted.slice(first, first + FLOWS_PER_BATCH), first);
  }
  figure(
    "random flows",
    `${wanted.length} on ${WORKERS} workers, ${scene.faults} faults (${scene.kills} kills), ${scene.attempts} attempts more than tasks`,
  );
});

/**
 * The same flow, without what depends on who is faster: a plain handler that is performed again must give the same
 * values again.
 */
function deterministic(spec: FlowSpec): FlowSpec {
  const processors = spec.processors.map((processor) => ({
    ...processor,
    ordered: true,
    order: processor.order === "arrival" ? ("merged" as const) : processor.order,
  }));
  return { ...spec, processors };
}

/** A server and a proxy before it; workers for each batch of flows. */
class Scene {
  faults = 0;
  kills = 0;
  /** Attempts that were not the first of their task. */
  attempts = 0;
  readonly #server: RedisServer;
  readonly #proxies: readonly TcpProxy[];
  readonly #folder: string;

  private constructor(server: RedisServer, proxies: readonly TcpProxy[], folder: string) {
    this.#server = server;
    this.#proxies = proxies;
    this.#folder = folder;
  }

  static async start(): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), "datagraph-random-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const server = await RedisServer.start({ appendonly: "always" });
    afterwards(() => server.stop());
    const proxies = await Promise.all([TcpProxy.start(server.url), TcpProxy.start(server.url)]);
    for (const proxy of proxies) afterwards(() => proxy.close());
    return new Scene(server, proxies, folder);
  }

  /** Performs flows, some at once, while the workers suffer. `first` is the number of the first one. */
  async perform(specs: readonly FlowSpec[], first: number): Promise<void> {
    const place = { prefix: `from${first}:`, leaseMs: LEASE_MS };
    const file = join(this.#folder, `${first}.json`);
    writeFileSync(file, JSON.stringify(specs));
    let started = 0;
    const startWorker = async () => {
      const redis = this.#proxies[started++ % this.#proxies.length]?.url;
      const worker = new Program("random-worker", { ...place, redis, flows: file });
      await worker.says("works", {}, 30_000);
      return worker;
    };
    await using pool = await WorkerPool.start(WORKERS, startWorker);
    await using supervisor = new Supervisor({
      redis: { url: this.#server.url, prefix: place.prefix },
      executor: new BullMQExecutor(),
      leaseMs: LEASE_MS,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    });
    const done = new AbortController();
    const suffering = this.#suffer(pool, inject("seed") + first, done.signal);
    try {
      const left = [...specs.entries()];
      const lane = async () => {
        for (let next = left.shift(); next; next = left.shift()) await this.#performFlow(supervisor, next[1], next[0], first);
      };
      await Promise.race([Promise.all(Array.from({ length: FLOWS_AT_ONCE }, lane)), suffering.then(() => new Promise(() => {}))]);
    } finally {
      done.abort();
      await suffering.catch(() => undefined);
      this.kills += pool.kills;
    }
  }

  async #performFlow(supervisor: Supervisor, spec: FlowSpec, index: number, first: number): Promise<void> {
    const run = await supervisor.startFlow(build(spec, `f${index}.`), suppliesOf(spec), optionsOf(spec));
    const outcome = async () => {
      const found = await readAll(run.outputs, spec.oneByOne);
      await run.done;
      expectOutputs(spec, found);
    };
    const name = `flow ${first + index} of seed ${inject("seed")}`;
    await within(outcome(), name, DEADLINE_MS).catch(async (error: unknown) => {
      const { waits } = await run.status();
      const state = [JSON.stringify(spec), JSON.stringify(await run.progress()), ...waits].join("\n");
      throw new Error(`${name}: ${String(error)}\n${state}`, { cause: error });
    });
    const { tasks } = await run.progress();
    for (const { attempt } of Object.values(tasks)) this.attempts += attempt - 1;
  }

  async #suffer(pool: WorkerPool, seed: number, signal: AbortSignal): Promise<void> {
    if (process.env.FAULTS === "0") return;
    const faults = {
      kill: killWorker(pool),
      stop: stopWorker(pool),
      reset: resetConnections(this.#proxies),
      "black hole": blackHole(this.#proxies),
      crash: crashServer(this.#server),
    } satisfies Record<string, Fault>;
    const kinds = ["kill", "kill", "stop", "stop", "reset", "black hole", "crash"] as const;
    const schedule = planFaults({ seed, kinds, count: 1_000, pauseMs: [50, 500], lastsMs: [50, 1.5 * LEASE_MS] });
    this.faults += (await injectFaults(schedule, faults, { signal })).length;
  }
}

function quiet(): void {}
